package video

import (
	"math"

	"braid/internal/frame"
)

// shift is the fraction bits of colour factors.
const shift = 16

// ink is a colour as the clip stores it: luma, and chroma around 128.
type ink struct{ y, u, v uint8 }

// black and white have no chroma, whatever the matrix.
var (
	black = ink{16, 128, 128}
	white = ink{235, 128, 128}
)

// stored is the colorimetry of a clip that begins with a picture: its matrix, or
// that of a screen of its size, and always the limited range, which every player
// takes.
func stored(f *frame.Frame) frame.Colorimetry {
	c := frame.Colorimetry{Matrix: f.Color.Matrix}
	if f.Format == frame.RGB {
		c.Matrix = frame.BT601
		if f.Height >= 720 {
			c.Matrix = frame.BT709
		}
	}
	return c
}

// encode turns red, green and blue of 0..1 into luma of 0..1 and chroma of
// -0.5..0.5.
func encode(m frame.Matrix, r, g, b float64) (y, cb, cr float64) {
	kr, kb := m.Weights()
	y = kr*r + (1-kr-kb)*g + kb*b
	return y, (b - y) / (2 * (1 - kb)), (r - y) / (2 * (1 - kr))
}

// decode is the inverse of encode.
func decode(m frame.Matrix, y, cb, cr float64) (r, g, b float64) {
	kr, kb := m.Weights()
	r, b = y+2*(1-kr)*cr, y+2*(1-kb)*cb
	return r, (y - kr*r - kb*b) / (1 - kr - kb), b
}

// mix is the ink of red, green and blue of 0..1.
func mix(m frame.Matrix, r, g, b float64) ink {
	y, cb, cr := encode(m, r, g, b)
	return ink{round(16 + 219*y), round(128 + 224*cb), round(128 + 224*cr)}
}

func round(v float64) uint8 { return uint8(math.Round(min(max(v, 0), 255))) }

func factor(v float64) int32 { return int32(math.Round(v * (1 << shift))) }

func clamp(v int32) uint8 { return uint8(min(max(v, 0), 255)) }

// label is the colour of a class and of the text on it.
type label struct{ plate, text ink }

// labelOf gives every class a colour of its own, the same in every clip.
func labelOf(m frame.Matrix, class int) label {
	r, g, b := classColor(class)
	l := label{plate: mix(m, r, g, b), text: white}
	// Relative luminance as WCAG 2.2 has it, roughly: at 0.18 black and white are
	// equally far.
	if 0.2126*math.Pow(r, 2.2)+0.7152*math.Pow(g, 2.2)+0.0722*math.Pow(b, 2.2) > 0.18 {
		l.text = black
	}
	return l
}

// classColor goes round the hues in ten wide steps, dark and light in turn, so
// that classes of near numbers look unlike, and turns a little with every round.
func classColor(class int) (r, g, b float64) {
	hue, lightness := math.Mod(float64(108*class+9*(class/10)), 360), 0.5
	if class%2 == 1 {
		lightness = 0.68
	}
	channel := func(n float64) float64 { // HSL to RGB, CSS Color 4, section 7.1
		const saturation = 0.9
		k := math.Mod(n+hue/30, 12)
		return lightness - saturation*min(lightness, 1-lightness)*max(-1, min(k-3, 9-k, 1))
	}
	return channel(0), channel(8), channel(4)
}

// fromRGB fills an I420 picture of the same size from an RGB one.
func fromRGB(to, from *frame.Frame) {
	var f [3][3]int32 // luma, blue and red difference of red, green and blue
	for c := range 3 {
		var unit [3]float64
		unit[c] = 1
		y, cb, cr := encode(to.Color.Matrix, unit[0], unit[1], unit[2])
		f[0][c], f[1][c], f[2][c] = factor(y*219/255), factor(cb*224/255), factor(cr*224/255)
	}
	luma, src, w, h := to.Planes[0], from.Planes[0], from.Width, from.Height
	for y := range h {
		row := src.Data[y*src.Stride:][:3*w]
		out := luma.Data[y*luma.Stride:][:w]
		for x := range out {
			r, g, b := int32(row[3*x]), int32(row[3*x+1]), int32(row[3*x+2])
			out[x] = uint8((f[0][0]*r + f[0][1]*g + f[0][2]*b + 16<<shift + 1<<(shift-1)) >> shift)
		}
	}
	for y := range (h + 1) / 2 {
		top, bottom := src.Data[2*y*src.Stride:], src.Data[min(2*y+1, h-1)*src.Stride:]
		for x := range (w + 1) / 2 {
			i, j := 6*x, 3*min(2*x+1, w-1)
			var sum [3]int32
			for c := range sum {
				sum[c] = int32(top[i+c]) + int32(top[j+c]) + int32(bottom[i+c]) + int32(bottom[j+c])
			}
			for p := 1; p <= 2; p++ {
				v := f[p][0]*sum[0] + f[p][1]*sum[1] + f[p][2]*sum[2]
				to.Planes[p].Data[y*to.Planes[p].Stride+x] = uint8((v + 128<<(shift+2) + 1<<(shift+1)) >> (shift + 2))
			}
		}
	}
}

// fromNV12 fills an I420 picture of the same size from an NV12 one.
func fromNV12(to, from *frame.Frame) {
	to.Planes[0].Copy(from.Planes[0])
	uv, w := from.Planes[1], (from.Width+1)/2
	for y := range (from.Height + 1) / 2 {
		row := uv.Data[y*uv.Stride:][:2*w]
		u := to.Planes[1].Data[y*to.Planes[1].Stride:][:w]
		v := to.Planes[2].Data[y*to.Planes[2].Stride:][:w]
		for x := range u {
			u[x], v[x] = row[2*x], row[2*x+1]
		}
	}
}

// recolor turns a part of an I420 picture from one colorimetry into that of the
// picture. Chroma alone decides on chroma: grey stays grey.
func recolor(f *frame.Frame, part rect, from frame.Colorimetry) {
	if f.Color == from {
		return
	}
	low, luma, chroma := int32(16), 219.0, 224.0
	if from.FullRange {
		low, luma, chroma = 0, 255, 255
	}
	through := func(y, cb, cr float64) (float64, float64, float64) {
		r, g, b := decode(from.Matrix, y, cb, cr)
		return encode(f.Color.Matrix, r, g, b)
	}
	yu, uu, vu := through(0, 1, 0)
	yv, uv, vv := through(0, 0, 1)
	yFactor := factor(219 / luma)
	factors := [3][2]int32{
		{factor(yu * 219 / chroma), factor(yv * 219 / chroma)},
		{factor(uu * 224 / chroma), factor(uv * 224 / chroma)},
		{factor(vu * 224 / chroma), factor(vv * 224 / chroma)},
	}
	y, u, v := f.Planes[0], f.Planes[1], f.Planes[2]
	for row := part.y0 / 2; row < (part.y1+1)/2; row++ {
		us, vs := u.Data[row*u.Stride:], v.Data[row*v.Stride:]
		for x := part.x0 / 2; x < (part.x1+1)/2; x++ {
			cb, cr := int32(us[x])-128, int32(vs[x])-128
			add := factors[0][0]*cb + factors[0][1]*cr + 16<<shift + 1<<(shift-1)
			for i := range 4 {
				px, py := 2*x+i%2, 2*row+i/2
				if px < part.x1 && py < part.y1 {
					at := &y.Data[py*y.Stride+px]
					*at = clamp((yFactor*(int32(*at)-low) + add) >> shift)
				}
			}
			us[x] = clamp((factors[1][0]*cb + factors[1][1]*cr + 128<<shift + 1<<(shift-1)) >> shift)
			vs[x] = clamp((factors[2][0]*cb + factors[2][1]*cr + 128<<shift + 1<<(shift-1)) >> shift)
		}
	}
}
