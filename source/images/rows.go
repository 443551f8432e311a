package images

import (
	"image"
	"image/color"
)

// rows writes row y of a picture, counted from its top, as RGB into dst.
type rows func(dst []byte, y int)

// rowsOf chooses the conversion for what the decoders return. Transparency is
// left out, as image viewers for training data do: the colours under it count.
func rowsOf(img image.Image) rows {
	b := img.Bounds()
	switch m := img.(type) {
	case *image.YCbCr:
		return newYCbCr(m).row
	case *image.Gray:
		return func(dst []byte, y int) { spread(dst, m.Pix[m.PixOffset(b.Min.X, b.Min.Y+y):], 1) }
	case *image.Gray16:
		return func(dst []byte, y int) { spread(dst, m.Pix[m.PixOffset(b.Min.X, b.Min.Y+y):], 2) }
	case *image.RGBA: // only for pictures without transparency
		return func(dst []byte, y int) { pick(dst, m.Pix[m.PixOffset(b.Min.X, b.Min.Y+y):], 1) }
	case *image.NRGBA:
		return func(dst []byte, y int) { pick(dst, m.Pix[m.PixOffset(b.Min.X, b.Min.Y+y):], 1) }
	case *image.RGBA64:
		return func(dst []byte, y int) { pick(dst, m.Pix[m.PixOffset(b.Min.X, b.Min.Y+y):], 2) }
	case *image.NRGBA64:
		return func(dst []byte, y int) { pick(dst, m.Pix[m.PixOffset(b.Min.X, b.Min.Y+y):], 2) }
	case *image.Paletted:
		colours := flatten(m.Palette)
		return func(dst []byte, y int) { lookUp(dst, m.Pix[m.PixOffset(b.Min.X, b.Min.Y+y):], &colours) }
	case *image.CMYK:
		return func(dst []byte, y int) { inks(dst, m.Pix[m.PixOffset(b.Min.X, b.Min.Y+y):]) }
	}
	return func(dst []byte, y int) {
		for x := range len(dst) / 3 {
			c := straight(img.At(b.Min.X+x, b.Min.Y+y))
			copy(dst[3*x:], c[:])
		}
	}
}

// spread writes grey samples of `bytes` bytes, the high one first.
func spread(dst, src []byte, bytes int) {
	for x := range len(dst) / 3 {
		v := src[x*bytes]
		dst[3*x], dst[3*x+1], dst[3*x+2] = v, v, v
	}
}

// pick leaves the fourth channel out, of samples of `bytes` bytes.
func pick(dst, src []byte, bytes int) {
	for x := range len(dst) / 3 {
		p := src[4*bytes*x:]
		dst[3*x], dst[3*x+1], dst[3*x+2] = p[0], p[bytes], p[2*bytes]
	}
}

func lookUp(dst, src []byte, colours *[256][3]byte) {
	for x := range len(dst) / 3 {
		copy(dst[3*x:3*x+3], colours[src[x]][:])
	}
}

// inks is the plain formula of colour.CMYKToRGB, without profiles.
func inks(dst, src []byte) {
	for x := range len(dst) / 3 {
		p := src[4*x : 4*x+4]
		white := 255 - uint32(p[3])
		for c := range 3 {
			dst[3*x+c] = byte(((255-uint32(p[c]))*white + 127) / 255)
		}
	}
}

func flatten(p color.Palette) (t [256][3]byte) {
	for i, c := range p {
		if i < len(t) {
			t[i] = straight(c)
		}
	}
	return t
}

// straight is a colour without its transparency.
func straight(c color.Color) [3]byte {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return [3]byte{n.R, n.G, n.B}
}
