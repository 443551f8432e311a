package video

import (
	"image/color"
	"math"
	"testing"

	"pgregory.net/rapid"

	"braid/internal/frame"
)

// hueOf is the colour of a class.
func hueOf(class int) color.RGBA {
	r, g, b := classColor(class)
	return color.RGBA{round(255 * r), round(255 * g), round(255 * b), 255}
}

// A picture looks the same in the clip, however it came.
func TestColorsOfEveryLayout(t *testing.T) {
	want := newFrame(t, frame.RGB, 70, 50, frame.Colorimetry{})
	for _, p := range []frame.PixelFormat{frame.RGB, frame.NV12, frame.I420} {
		for _, c := range []frame.Colorimetry{{}, {FullRange: true}, {Matrix: frame.BT709}, {Matrix: frame.BT709, FullRange: true}, {Matrix: frame.BT2020}} {
			first := newFrame(t, frame.I420, 70, 50, frame.Colorimetry{Matrix: frame.BT709})
			cv := &canvas{}
			if err := cv.begin(first); err != nil {
				t.Fatal(err)
			}
			f := newFrame(t, p, 70, 50, c)
			if err := cv.paint(&cv.tiles[0], &shot{frame: f}); err != nil {
				t.Fatal(err)
			}
			for y := 30; y < 50; y++ { // below the title
				for x := range 70 {
					w := want.Planes[0].Data[y*want.Planes[0].Stride+3*x:]
					if got := pixel(cv.picture, x, y); apart(got, color.RGBA{w[0], w[1], w[2], 255}) > 8 {
						t.Fatalf("%v %+v at %d,%d: %v, want %v", p, c, x, y, got, w[:3])
					}
				}
			}
		}
	}
}

func TestStored(t *testing.T) {
	for _, c := range []struct {
		format frame.PixelFormat
		color  frame.Colorimetry
		height int
		want   frame.Matrix
	}{
		{frame.I420, frame.Colorimetry{Matrix: frame.BT709, FullRange: true}, 240, frame.BT709},
		{frame.NV12, frame.Colorimetry{}, 1080, frame.BT601},
		{frame.RGB, frame.Colorimetry{}, 480, frame.BT601},
		{frame.RGB, frame.Colorimetry{}, 720, frame.BT709},
	} {
		f := &frame.Frame{Format: c.format, Color: c.color}
		f.Height = c.height
		if got := stored(f); got != (frame.Colorimetry{Matrix: c.want}) {
			t.Errorf("%+v: %+v", c, got)
		}
	}
}

// Text is legible on its plate, and classes with near numbers look unlike.
func TestClassColors(t *testing.T) {
	luminance := func(c color.RGBA) float64 { // WCAG 2.2
		channel := func(v uint8) float64 {
			s := float64(v) / 255
			if s <= 0.04045 {
				return s / 12.92
			}
			return math.Pow((s+0.055)/1.055, 2.4)
		}
		return 0.2126*channel(c.R) + 0.7152*channel(c.G) + 0.0722*channel(c.B)
	}
	for class := range 80 {
		c := hueOf(class)
		l := labelOf(frame.BT709, class)
		contrast := (luminance(c) + 0.05) / 0.05
		if l.text == white {
			contrast = 1.05 / (luminance(c) + 0.05)
		}
		if contrast < 4.5 {
			t.Errorf("class %d: text has a contrast of %.1f", class, contrast)
		}
		for other := range class {
			if d := apart(c, hueOf(other)); d < 12 || class-other < 8 && d < 78 {
				t.Errorf("classes %d and %d differ by %d only", other, class, d)
			}
		}
		if again := labelOf(frame.BT709, class); again != l {
			t.Errorf("class %d has two colours", class)
		}
	}
}

func TestDecodeInvertsEncode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom([]frame.Matrix{frame.BT601, frame.BT709, frame.BT2020}).Draw(t, "matrix")
		v := rapid.Float64Range(0, 1)
		r, g, b := v.Draw(t, "r"), v.Draw(t, "g"), v.Draw(t, "b")
		y, cb, cr := encode(m, r, g, b)
		r2, g2, b2 := decode(m, y, cb, cr)
		if max(math.Abs(r-r2), math.Abs(g-g2), math.Abs(b-b2), math.Abs(cb)-0.5, math.Abs(cr)-0.5) > 1e-9 {
			t.Fatalf("%v %v %v became %v %v %v by %v %v %v", r, g, b, r2, g2, b2, y, cb, cr)
		}
	})
}
