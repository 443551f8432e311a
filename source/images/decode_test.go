package images

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"slices"
	"strings"
	"testing"

	"braid/internal/frame"
	"braid/internal/testdata"
)

// picture is 3 x 2 pixels that are all different.
func picture() *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	for i := range 6 {
		m.Set(i%3, i/3, color.NRGBA{uint8(40 * i), uint8(255 - 30*i), uint8(7 * i), 255})
	}
	return m
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// decodeAll returns size and pixels of a file's bytes.
func decodeAll(t testing.TB, data []byte) (w, h int, rgb []byte) {
	t.Helper()
	var d decoder
	if err := d.decode(data); err != nil {
		t.Fatal(err)
	}
	f := frame.NewPool(1, frame.Heap).TryGet()
	if err := d.fill(f); err != nil {
		t.Fatal(err)
	}
	return f.Width, f.Height, f.Planes[0].Data
}

// tiff is an EXIF body with the orientation as its second entry.
func tiff(order binary.AppendByteOrder, o uint16) []byte {
	b := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 2)
	for _, entry := range [][2]uint16{{0x0100, 640}, {0x0112, o}} {
		b = order.AppendUint16(b, entry[0])
		b = order.AppendUint16(b, 3)
		b = order.AppendUint32(b, 1)
		b = order.AppendUint16(b, entry[1])
		b = order.AppendUint16(b, 0)
	}
	return order.AppendUint32(b, 0)
}

// withEXIF puts an EXIF body into a JPEG or PNG file.
func withEXIF(data, exif []byte) []byte {
	if kindOf(data) == jpegFile {
		body := append([]byte("Exif\x00\x00"), exif...)
		segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2))
		return slices.Concat(data[:2], []byte{0xff, 0xfe, 0, 4, 'h', 'i'}, segment, body, data[2:])
	}
	chunk := append([]byte("eXIf"), exif...)
	const ihdr = 8 + 25
	length := binary.BigEndian.AppendUint32(nil, uint32(len(exif)))
	sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(chunk))
	return slices.Concat(data[:ihdr], length, chunk, sum, data[ihdr:])
}

// sides is the table of the EXIF standard: on which side of the upright picture
// the first row and the first column of the stored one lie.
var sides = [][2]string{
	{"top", "left"},
	{"top", "right"},
	{"bottom", "right"},
	{"bottom", "left"},
	{"left", "top"},
	{"right", "top"},
	{"right", "bottom"},
	{"left", "bottom"},
}

// stored is m as a camera with the given orientation would store it.
func stored(m *image.NRGBA, row, column string) *image.NRGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	sw, sh := w, h
	if row == "left" || row == "right" {
		sw, sh = h, w
	}
	out := image.NewNRGBA(image.Rect(0, 0, sw, sh))
	place := func(side string, i int, x, y *int) {
		switch side {
		case "top":
			*y = i
		case "bottom":
			*y = h - 1 - i
		case "left":
			*x = i
		case "right":
			*x = w - 1 - i
		}
	}
	for r := range sh {
		for c := range sw {
			var x, y int
			place(row, r, &x, &y)
			place(column, c, &x, &y)
			out.Set(c, r, m.At(x, y))
		}
	}
	return out
}

func TestOrientation(t *testing.T) {
	m := picture()
	_, _, want := decodeAll(t, pngOf(t, m))
	for i, side := range sides {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			exif := tiff(order, uint16(i+1))
			turned := stored(m, side[0], side[1])
			w, h, got := decodeAll(t, withEXIF(pngOf(t, turned), exif))
			if w != 3 || h != 2 || !bytes.Equal(got, want) {
				t.Errorf("PNG, orientation %d, %v: %dx%d %v, want %v", i+1, order, w, h, got, want)
			}
			if got := jpegOrientation(withEXIF(jpegOf(t, turned), exif)); got != orientation(i+1) {
				t.Errorf("JPEG, orientation %d, %v: got %d", i+1, order, got)
			}
		}
	}
	w, h, _ := decodeAll(t, withEXIF(jpegOf(t, m), tiff(binary.BigEndian, 6)))
	if w != 2 || h != 3 {
		t.Errorf("turned JPEG is %dx%d, want 2x3", w, h)
	}
}

func TestOddEXIFIsUpright(t *testing.T) {
	good := tiff(binary.LittleEndian, 6)
	tests := map[string][]byte{
		"empty": {}, "no header": []byte("hello, world"), "nine": tiff(binary.BigEndian, 9), "none": tiff(binary.BigEndian, 0),
		"cut": good[:30], "header alone": good[:4], "no entries": good[:8],
		"far offset": slices.Concat(good[:4], []byte{255, 255, 255, 255}, good[8:]),
	}
	for name, exif := range tests {
		if got := tiffOrientation(exif); got != upright {
			t.Errorf("%s: orientation %d", name, got)
		}
	}
}

func TestFormats(t *testing.T) {
	at := image.Rect(0, 0, 2, 1)
	set := func(m interface {
		image.Image
		Set(x, y int, c color.Color)
	}, a, b color.Color,
	) image.Image {
		m.Set(0, 0, a)
		m.Set(1, 0, b)
		return m
	}
	clear := color.NRGBA{10, 20, 30, 0}
	half := color.NRGBA64{0x0a12, 0x1434, 0x1e56, 0x8000}
	tests := map[string]struct {
		m    image.Image
		want []byte
	}{
		"gray":            {set(image.NewGray(at), color.Gray{7}, color.Gray{200}), []byte{7, 7, 7, 200, 200, 200}},
		"gray 16":         {set(image.NewGray16(at), color.Gray16{0x07ff}, color.Gray16{0xc800}), []byte{7, 7, 7, 200, 200, 200}},
		"no transparency": {set(image.NewRGBA(at), color.RGBA{1, 2, 3, 255}, color.RGBA{4, 5, 6, 255}), []byte{1, 2, 3, 4, 5, 6}},
		"transparent":     {set(image.NewNRGBA(at), clear, color.NRGBA{4, 5, 6, 128}), []byte{10, 20, 30, 4, 5, 6}},
		"transparent 16":  {set(image.NewNRGBA64(at), half, half), []byte{10, 20, 30, 10, 20, 30}},
		"no transparency 16": {
			set(image.NewRGBA64(at), color.RGBA64{0x01ff, 0x02ff, 0x03ff, 0xffff}, color.RGBA64{0x0400, 0x0500, 0x0600, 0xffff}),
			[]byte{1, 2, 3, 4, 5, 6},
		},
		"palette": {
			set(image.NewPaletted(at, color.Palette{color.NRGBA{9, 8, 7, 255}, clear}), clear, color.NRGBA{9, 8, 7, 255}),
			[]byte{10, 20, 30, 9, 8, 7},
		},
	}
	for name, tc := range tests {
		if _, _, got := decodeAll(t, pngOf(t, tc.m)); !bytes.Equal(got, tc.want) {
			t.Errorf("%s: got %v, want %v", name, got, tc.want)
		}
	}
	for name, m := range map[string]image.Image{
		"inks":    set(image.NewCMYK(at), color.CMYK{0, 255, 255, 0}, color.CMYK{0, 0, 255, 128}),
		"another": uniform{color.NRGBA{255, 0, 0, 9}, color.NRGBA{127, 127, 0, 255}},
	} {
		got := make([]byte, 6)
		rowsOf(m)(got, 0)
		if want := []byte{255, 0, 0, 127, 127, 0}; !bytes.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// uniform is an image of a type that no decoder returns.
type uniform [2]color.NRGBA

func (u uniform) ColorModel() color.Model { return color.NRGBAModel }
func (u uniform) Bounds() image.Rectangle { return image.Rect(5, 5, 7, 6) }
func (u uniform) At(x, _ int) color.Color { return u[x-5] }

// The .png files are what OpenCV 5.0 (libjpeg-turbo) reads from the .jpg files.
// What is left between the two is the rounding of the inverse DCT.
func TestChromaIsThatOfLibjpeg(t *testing.T) {
	for _, ratio := range []string{"444", "422", "420", "440"} {
		read := func(ext string) []byte {
			data, err := os.ReadFile("testdata/chroma-" + ratio + ext)
			if err != nil {
				t.Fatal(err)
			}
			_, _, rgb := decodeAll(t, data)
			return rgb
		}
		got, want := read(".jpg"), read(".png")
		if len(got) != len(want) {
			t.Fatalf("%s: %d bytes, want %d", ratio, len(got), len(want))
		}
		most, sum := 0, 0
		for i := range got {
			d := max(int(got[i])-int(want[i]), int(want[i])-int(got[i]))
			most, sum = max(most, d), sum+d
		}
		if mean := float64(sum) / float64(len(got)); most > 3 || mean > 0.1 {
			t.Errorf("%s: differs by %d at most, %.3f on average", ratio, most, mean)
		}
	}
}

func TestOtherChromaRatios(t *testing.T) {
	m := image.NewYCbCr(image.Rect(0, 0, 8, 2), image.YCbCrSubsampleRatio410)
	for i := range m.Y {
		m.Y[i] = 100
	}
	copy(m.Cb, []byte{128, 228})
	copy(m.Cr, []byte{128, 128})
	got := make([]byte, 24)
	rowsOf(m)(got, 1)
	want := append(bytes.Repeat([]byte{100, 100, 100}, 4), bytes.Repeat([]byte{100, 66, 255}, 4)...)
	if !bytes.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestHugePictureIsRefused(t *testing.T) {
	data := pngOf(t, picture())
	binary.BigEndian.PutUint32(data[16:], 30000)
	binary.BigEndian.PutUint32(data[20:], 30000)
	binary.BigEndian.PutUint32(data[29:], crc32.ChecksumIEEE(data[12:29]))
	var d decoder
	if err := d.decode(data); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("got %v", err)
	}
}

// TestPictureWithoutPixelsIsRefused: Go decodes a JPEG whose frame header says a width or height of 0.
func TestPictureWithoutPixelsIsRefused(t *testing.T) {
	for _, zero := range [][2]int{{5, 2}, {7, 2}, {5, 4}} { // height, width, both
		data := jpegOf(t, picture())
		header := bytes.Index(data, []byte{0xff, 0xc0})
		clear(data[header+zero[0]:][:zero[1]])
		var d decoder
		if err := d.decode(data); err == nil || !strings.Contains(err.Error(), "no pixels") {
			t.Errorf("bytes %v: got %v", zero, err)
		}
	}
}

func FuzzOrientation(f *testing.F) {
	f.Add(tiff(binary.LittleEndian, 8))
	f.Add(withEXIF(jpegOf(f, picture()), tiff(binary.BigEndian, 3)))
	f.Add(withEXIF(pngOf(f, picture()), tiff(binary.LittleEndian, 5)))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, o := range []orientation{tiffOrientation(data), jpegOrientation(data), pngOrientation(data)} {
			if o < 1 || o > 8 {
				t.Errorf("orientation %d", o)
			}
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(withEXIF(jpegOf(f, picture()), tiff(binary.BigEndian, 6)))
	f.Add(withEXIF(pngOf(f, picture()), tiff(binary.LittleEndian, 7)))
	pool := frame.NewPool(1, frame.Heap)
	f.Fuzz(func(t *testing.T, data []byte) {
		var d decoder
		if d.decode(data) != nil {
			return
		}
		fr := pool.TryGet()
		defer fr.Release()
		if err := d.fill(fr); err != nil {
			t.Errorf("decoded, but: %v", err)
		}
	})
}

func BenchmarkImage(b *testing.B) {
	data, err := os.ReadFile(testdata.Path(b, "images/well-known/dog.jpg"))
	if err != nil {
		b.Fatal(err)
	}
	var d decoder
	fr := frame.NewPool(1, frame.Heap).TryGet()
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			if err := d.decode(data); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("fill", func(b *testing.B) {
		for b.Loop() {
			if err := d.fill(fr); err != nil {
				b.Fatal(err)
			}
		}
	})
}
