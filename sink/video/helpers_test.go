package video

import (
	"context"
	"errors"
	"flag"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"braid/internal/frame"
	"braid/internal/gst"
)

var update = flag.Bool("update", false, "write the golden pictures anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newFrame is a picture of a smooth gradient, in any layout and colorimetry.
func newFrame(t testing.TB, p frame.PixelFormat, w, h int, c frame.Colorimetry) *frame.Frame {
	t.Helper()
	f := blank()
	if err := f.Shape(p, w, h); err != nil {
		t.Fatal(err)
	}
	f.Color = c
	at := func(x, y int) (r, g, b float64) {
		return 0.2 + 0.6*float64(x)/float64(w), 0.3 + 0.5*float64(y)/float64(h), 0.8 - 0.5*float64(x+y)/float64(w+h)
	}
	if p == frame.RGB {
		for y := range h {
			for x := range w {
				r, g, b := at(x, y)
				copy(f.Planes[0].Data[y*f.Planes[0].Stride+3*x:], []byte{round(255 * r), round(255 * g), round(255 * b)})
			}
		}
		return f
	}
	low, luma, chroma := 16.0, 219.0, 224.0
	if c.FullRange {
		low, luma, chroma = 0, 255, 255
	}
	for y := range h {
		for x := range w {
			r, g, b := at(x, y)
			v, _, _ := encode(c.Matrix, r, g, b)
			f.Planes[0].Data[y*f.Planes[0].Stride+x] = round(low + luma*v)
		}
	}
	for y := range (h + 1) / 2 {
		for x := range (w + 1) / 2 {
			r, g, b := at(2*x, 2*y)
			_, cb, cr := encode(c.Matrix, r, g, b)
			u, v := round(128+chroma*cb), round(128+chroma*cr)
			if p == frame.NV12 {
				copy(f.Planes[1].Data[y*f.Planes[1].Stride+2*x:], []byte{u, v})
				continue
			}
			f.Planes[1].Data[y*f.Planes[1].Stride+x], f.Planes[2].Data[y*f.Planes[2].Stride+x] = u, v
		}
	}
	return f
}

// pixel is a pixel of an I420 picture of the limited range, in 0..255.
func pixel(f *frame.Frame, x, y int) color.RGBA {
	luma := float64(f.Planes[0].Data[y*f.Planes[0].Stride+x])
	cb := float64(f.Planes[1].Data[y/2*f.Planes[1].Stride+x/2])
	cr := float64(f.Planes[2].Data[y/2*f.Planes[2].Stride+x/2])
	r, g, b := decode(f.Color.Matrix, (luma-16)/219, (cb-128)/224, (cr-128)/224)
	return color.RGBA{round(255 * r), round(255 * g), round(255 * b), 255}
}

// picture is an I420 picture as a PNG can hold it.
func picture(f *frame.Frame) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, f.Width, f.Height))
	for y := range f.Height {
		for x := range f.Width {
			out.SetRGBA(x, y, pixel(f, x, y))
		}
	}
	return out
}

// golden compares a picture with the one in testdata, to the few levels that
// processors differ by.
func golden(t *testing.T, name string, f *frame.Frame) {
	t.Helper()
	path, got := filepath.Join("testdata", name+".png"), picture(f)
	if *update {
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(png.Encode(file, got), file.Close()); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	want, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if want.Bounds() != got.Bounds() {
		t.Fatalf("%s is %v, want %v", name, got.Bounds(), want.Bounds())
	}
	for y := range f.Height {
		for x := range f.Width {
			if w := color.RGBAModel.Convert(want.At(x, y)).(color.RGBA); apart(w, got.RGBAAt(x, y)) > 6 {
				t.Fatalf("%s: pixel %d,%d is %v, want %v; -update writes it anew", name, x, y, got.RGBAAt(x, y), w)
			}
		}
	}
}

// apart is the largest difference of two colours.
func apart(a, b color.RGBA) int {
	d := func(x, y uint8) int { return int(math.Abs(float64(x) - float64(y))) }
	return max(d(a.R, b.R), d(a.G, b.G), d(a.B, b.B))
}

// fakeEncoder keeps what it is given.
type fakeEncoder struct {
	cfg    gst.WriterConfig
	times  []time.Duration
	luma   []byte // of the pixel in the middle of each picture
	wait   chan struct{}
	err    error
	refuse error // of the first open
	opened int
	closed bool
}

func (e *fakeEncoder) open(_ context.Context, c gst.WriterConfig) (encoder, error) {
	e.cfg = c
	if e.opened++; e.opened == 1 && e.refuse != nil {
		return nil, e.refuse
	}
	return e, nil
}

func (e *fakeEncoder) Write(ctx context.Context, planes [3]frame.Plane, pts time.Duration) error {
	if e.wait != nil {
		select {
		case <-e.wait:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if e.err != nil {
		return e.err
	}
	e.times = append(e.times, pts)
	e.luma = append(e.luma, planes[0].Data[e.cfg.Height/2*planes[0].Stride+e.cfg.Width/2])
	return nil
}

func (e *fakeEncoder) Close(context.Context) error {
	e.closed = true
	return e.err
}
