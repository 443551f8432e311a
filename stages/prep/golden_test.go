package prep_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"braid/internal/frame"
	"braid/stages/prep"
)

// raws are 8-bit values, which JSON holds as a list of numbers.
type raws []int

func (r raws) bytes() []byte {
	b := make([]byte, len(r))
	for i, v := range r {
		b[i] = byte(v)
	}
	return b
}

// golden is what testdata/resize.py had OpenCV compute.
type golden struct {
	Width, Height int
	RGB           raws
	Cases         []struct {
		Width, Height int
		RGB           raws
	}
	I420 struct {
		Width, Height int
		Planes        raws
		To            [2]int
		RGB           raws
	}
}

func load(t *testing.T) (g golden) {
	t.Helper()
	data, err := os.ReadFile("testdata/resize.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// raw is a config that leaves the grey levels as they are.
func raw(w, h int) prep.Config {
	return prep.Config{
		Input: "images", Device: "cpu", Width: w, Height: h, Color: prep.RGB,
		Scale: 1, Std: [3]float32{1, 1, 1}, Resize: prep.Stretch,
	}
}

// matches compares a tensor with OpenCV's picture. That is rounded to whole
// grey levels, and cut rather than rounded on the way there.
func matches(t *testing.T, got []float32, want raws, limit float64) {
	t.Helper()
	plane := len(want) / 3
	var worst, sum float64
	for i, w := range want {
		d := math.Abs(float64(got[i%3*plane+i/3]) - float64(w))
		worst, sum = max(worst, d), sum+d
	}
	if mean := sum / float64(len(want)); !(worst <= limit && mean <= 0.35) {
		t.Errorf("%d pixels: off by up to %.3f grey levels, %.3f on average", plane, worst, mean)
	}
}

func TestResizeIsOpenCVs(t *testing.T) {
	g := load(t)
	for _, c := range g.Cases {
		f := newFrame(t, frame.RGB, g.Width, g.Height, 0, 1)
		copy(f.Planes[0].Data, g.RGB.bytes())
		got, _ := run(t, raw(c.Width, c.Height), f)
		matches(t, got, c.RGB, 0.8)
	}
}

func TestColorIsOpenCVs(t *testing.T) {
	g := load(t).I420
	f := newFrame(t, frame.I420, g.Width, g.Height, 0, 1)
	data := g.Planes.bytes()
	for _, p := range f.Planes {
		data = data[copy(p.Data, data):]
	}
	got, _ := run(t, raw(g.To[0], g.To[1]), f)
	matches(t, got, g.RGB, 1.2)
}
