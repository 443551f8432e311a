package prep_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"braid/accel"
	"braid/internal/frame"
	"braid/stages"
	"braid/stages/prep"
)

// compare returns the largest and the mean difference in raw grey levels.
func compare(c prep.Config, got []float32, want []float64) (worst, mean float64) {
	n := c.Width * c.Height
	for i, w := range want {
		d := math.Abs(float64(got[i])-w) * float64(c.Std[i/n]/c.Scale)
		if !(d <= worst) { // also where it is NaN
			worst = d
		}
		mean += d / float64(len(want))
	}
	return worst, mean
}

func TestAgainstReference(t *testing.T) {
	sides := rapid.OneOf(rapid.IntRange(1, 5), rapid.IntRange(1, 60))
	rapid.Check(t, func(rt *rapid.T) {
		std := rapid.Float32Range(0.2, 60)
		mean := rapid.Float32Range(-120, 120)
		c := prep.Config{
			Input: "images", Device: "cpu",
			Width: sides.Draw(rt, "width"), Height: sides.Draw(rt, "height"),
			Color: rapid.SampledFrom([]prep.Order{prep.RGB, prep.BGR}).Draw(rt, "color"),
			Scale: rapid.SampledFrom([]float32{1, 1. / 255}).Draw(rt, "scale"),
			Mean:  [3]float32{mean.Draw(rt, "m0"), mean.Draw(rt, "m1"), mean.Draw(rt, "m2")},
			Std:   [3]float32{std.Draw(rt, "s0"), std.Draw(rt, "s1"), std.Draw(rt, "s2")},

			Resize: rapid.SampledFrom([]prep.Resize{prep.Letterbox, prep.Stretch}).Draw(rt, "resize"),
			Align:  rapid.SampledFrom([]prep.Align{prep.TopLeft, prep.Center}).Draw(rt, "align"),
			Pad:    114,
		}
		if c.Scale < 1 {
			c.Mean = [3]float32{0.4, 0.5, 0.6}
		}
		f := newFrame(t, rapid.SampledFrom([]frame.PixelFormat{frame.RGB, frame.NV12, frame.I420}).Draw(rt, "format"),
			sides.Draw(rt, "w"), sides.Draw(rt, "h"), rapid.IntRange(0, 9).Draw(rt, "padding"), rapid.Uint64().Draw(rt, "seed"))
		f.Color = frame.Colorimetry{
			Matrix:    rapid.SampledFrom([]frame.Matrix{frame.BT601, frame.BT709, frame.BT2020}).Draw(rt, "matrix"),
			FullRange: rapid.Bool().Draw(rt, "full"),
		}
		want := reference(c, f)
		got, _ := run(t, c, f)
		if worst, mean := compare(c, got, want); !(worst <= 0.5 && mean <= 0.12) {
			rt.Fatalf("%v %dx%d -> %dx%d: off by %.3f, %.3f on average", f.Format, f.Width, f.Height, c.Width, c.Height, worst, mean)
		}
	})
}

// TestFlat: a picture of one colour stays exactly that colour.
func TestFlat(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {7, 5}, {64, 64}} {
		f := newFrame(t, frame.RGB, size[0], size[1], 0, 1)
		for i := range f.Planes[0].Data {
			f.Planes[0].Data[i] = [3]byte{3, 114, 255}[i%3]
		}
		got, _ := run(t, raw(9, 9), f)
		for i, v := range got {
			if want := [3]float32{3, 114, 255}[i/81]; v != want {
				t.Fatalf("%v: value %d is %g, want %g", size, i, v, want)
			}
		}
	}
}

func TestGeometry(t *testing.T) {
	stretch, center := yolox(), yolox()
	stretch.Resize, center.Align = prep.Stretch, prep.Center
	for _, c := range []struct {
		name string
		cfg  prep.Config
		w, h int
		want stages.Geometry
	}{
		{"wide", yolox(), 832, 416, stages.Geometry{ScaleX: 2, ScaleY: 2}},
		{"tall, up", yolox(), 104, 208, stages.Geometry{ScaleX: 0.5, ScaleY: 0.5}},
		{"center wide", center, 832, 416, stages.Geometry{ScaleX: 2, ScaleY: 2, OffY: 104}},
		{"center tall", center, 416, 832, stages.Geometry{ScaleX: 2, ScaleY: 2, OffX: 104}},
		{"one ratio although the sides are rounded", yolox(), 960, 541, stages.Geometry{ScaleX: 960. / 416, ScaleY: 960. / 416}},
		{"stretch", stretch, 832, 208, stages.Geometry{ScaleX: 2, ScaleY: 0.5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, got := run(t, c.cfg, newFrame(t, frame.I420, c.w, c.h, 0, 1))
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// TestSharedBindings: workers that take turns on one Bindings with pictures of
// different sizes leave nothing of each other's behind.
func TestSharedBindings(t *testing.T) {
	c := yolox()
	c.Width, c.Height, c.Align = 40, 40, prep.Center
	j := job(t, c)
	var workers [2]*prep.Stage
	for i := range workers {
		var err error
		if workers[i], err = prep.New(c); err != nil {
			t.Fatal(err)
		}
	}
	for i, size := range [][2]int{{80, 60}, {60, 80}, {80, 44}, {33, 33}, {20, 80}, {80, 60}} {
		f := newFrame(t, frame.NV12, size[0], size[1], 0, uint64(i))
		want := reference(c, f)
		j.Frame = f
		if err := workers[i%2].Process(t.Context(), j); err != nil || j.Err != nil {
			t.Fatal(err, j.Err)
		}
		if worst, _ := compare(c, output(t, j), want); !(worst <= 0.5) {
			t.Errorf("%v: off by %g", size, worst)
		}
	}
}

func TestBadFrames(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(f *frame.Frame)
		want  string
	}{
		"no size":    {func(f *frame.Frame) { f.Width = 0 }, "size 0x8 is out of range"},
		"huge":       {func(f *frame.Frame) { f.Height = 1 << 20 }, "out of range"},
		"format":     {func(f *frame.Frame) { f.Format = 9 }, "PixelFormat(9)"},
		"matrix":     {func(f *frame.Frame) { f.Color.Matrix = 9 }, "color matrix 9"},
		"short luma": {func(f *frame.Frame) { f.Planes[0].Data = f.Planes[0].Data[:63] }, "plane 0 has 63 bytes"},
		"stride":     {func(f *frame.Frame) { f.Planes[1].Stride = 3 }, "plane 1"},
		"short v":    {func(f *frame.Frame) { f.Planes[2].Data = nil }, "plane 2"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := prep.New(yolox())
			if err != nil {
				t.Fatal(err)
			}
			f := newFrame(t, frame.I420, 8, 8, 0, 1)
			c.spoil(f)
			j := job(t, yolox())
			j.Frame = f
			if err := s.Process(t.Context(), j); err != nil {
				t.Fatalf("the graph was stopped: %v", err)
			}
			if j.Err == nil || !strings.Contains(j.Err.Error(), c.want) || j.Frame != f {
				t.Errorf("got %v and frame %v, want %q", j.Err, j.Frame, c.want)
			}
		})
	}
}

func TestNoFrame(t *testing.T) {
	s, err := prep.New(yolox())
	if err != nil {
		t.Fatal(err)
	}
	j := job(t, yolox())
	if err := s.Process(t.Context(), j); err != nil || j.Err == nil {
		t.Errorf("got %v and %v, want a failed frame", err, j.Err)
	}
}

func TestBadTensors(t *testing.T) {
	s, err := prep.New(yolox())
	if err != nil {
		t.Fatal(err)
	}
	double := input(416, 416)
	double.Type = accel.Float64
	for name, b := range map[string]*accel.Bindings{
		"missing": bindings(t),
		"size":    bindings(t, input(416, 320)),
		"type":    bindings(t, double),
		"no host": accel.NewBindings(0, memory{{TensorDesc: input(416, 416), Device: "cpu"}}),
	} {
		j := stages.NewJob(b)
		j.Frame = newFrame(t, frame.I420, 8, 8, 0, 1)
		if err := s.Process(t.Context(), j); err == nil || !strings.Contains(err.Error(), `tensor "images"`) {
			t.Errorf("%s: got %v, want an error about the tensor", name, err)
		}
	}
}

func TestBadConfigs(t *testing.T) {
	for want, spoil := range map[string]func(c *prep.Config){
		"no name":              func(c *prep.Config) { c.Input = "" },
		"size 0x416":           func(c *prep.Config) { c.Width = 0 },
		"resize 7":             func(c *prep.Config) { c.Resize = 7 },
		"std [0 1 1]":          func(c *prep.Config) { c.Std[0] = 0 },
		"scale 0":              func(c *prep.Config) { c.Scale = 0 },
		"pad +Inf":             func(c *prep.Config) { c.Pad = float32(math.Inf(1)) },
		"usable values in pla": func(c *prep.Config) { c.Mean[2] = float32(math.NaN()) },
	} {
		c := yolox()
		spoil(&c)
		_, err := prep.New(c)
		if err == nil || !strings.Contains(fmt.Sprintf("%v, std %v", err, c.Std), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	for _, p := range []frame.PixelFormat{frame.RGB, frame.NV12, frame.I420} {
		s, err := prep.New(yolox())
		if err != nil {
			t.Fatal(err)
		}
		pool := frame.NewPool(1, frame.Heap)
		j := job(t, yolox())
		step := func() {
			j.Frame = pool.TryGet()
			if err := j.Frame.Shape(p, 64, 48); err != nil {
				t.Fatal(err)
			}
			if err := s.Process(t.Context(), j); err != nil || j.Err != nil {
				t.Fatal(err, j.Err)
			}
			j.ReleaseFrame()
		}
		step()
		if n := testing.AllocsPerRun(20, step); n > 0 {
			t.Errorf("%v: %g allocations a frame", p, n)
		}
	}
}
