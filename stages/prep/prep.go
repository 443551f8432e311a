// Package prep fills a network's input tensor from a decoded picture: resize,
// colour conversion and normalisation in one pass over the output, on the CPU.
// It reads the Frame and leaves it in the Job; it owns no memory but its tables.
package prep

import (
	"context"
	"fmt"

	"braid/accel"
	"braid/internal/frame"
	"braid/stages"
)

// Order is the order of the tensor's three planes.
type Order uint8

// The orders of a card's input.color.
const (
	BGR Order = iota
	RGB
)

// Resize is how a picture is brought to the size of the network's input.
type Resize uint8

// The ways of a card's input.resize.
const (
	Letterbox Resize = iota // keep the aspect, fill the rest with Pad
	Stretch                 // fill the input, whatever the aspect
)

// Align is where a letterboxed picture lies in the input.
type Align uint8

// The places of a card's input.align.
const (
	TopLeft Align = iota
	Center
)

// Config is the input of a network as its card describes it.
type Config struct {
	Input  string         // name of the tensor to fill: float32 [1 3 Height Width]
	Device accel.DeviceID // whose copy of it; the host must see its memory

	Width, Height int // of the network's input, pixels
	Color         Order
	// The value of a pixel is (raw*Scale - Mean) / Std, raw being 0..255, with
	// Mean and Std in the order of Color.
	Scale     float32
	Mean, Std [3]float32
	Resize    Resize
	Pad       float32 // raw value around a letterboxed picture
	Align     Align
}

const maxSide = 1 << 14

func (c Config) validate() error {
	switch {
	case c.Input == "":
		return fmt.Errorf("input has no name")
	case c.Width < 1 || c.Height < 1 || c.Width > maxSide || c.Height > maxSide:
		return fmt.Errorf("input size %dx%d is not within 1..%d", c.Width, c.Height, maxSide)
	case c.Color > RGB || c.Resize > Stretch || c.Align > Center:
		return fmt.Errorf("color %d, resize %d or align %d is unknown", c.Color, c.Resize, c.Align)
	}
	for i := range 3 {
		lo, hi := c.value(i, 0), c.value(i, 255)
		if !finite(lo) || !finite(hi) || !finite(c.value(i, c.Pad)) || lo == hi {
			return fmt.Errorf("scale %g, mean %g, std %g and pad %g give no usable values in plane %d",
				c.Scale, c.Mean[i], c.Std[i], c.Pad, i)
		}
	}
	return nil
}

// value is the tensor's value of a raw one in plane i.
func (c Config) value(i int, raw float32) float32 { return (raw*c.Scale - c.Mean[i]) / c.Std[i] }

func finite(v float32) bool { return v-v == 0 }

// Stage is the prep step. Each worker has its own.
type Stage struct {
	cfg  Config
	want []int64    // shape of the tensor
	luts [3]*levels // values of red, green and blue
	to   [3]int     // planes of red, green and blue

	made  picture // what the tables below were made for
	fit   fit
	xs    taps   // luma, or the bytes of RGB
	ys    taps   // rows
	cs    taps   // chroma
	rows  chroma // chroma rows resized horizontally
	luma  []uint32
	color matrix
}

var _ stages.Stage = (*Stage)(nil)

// picture is what the tables depend on.
type picture struct {
	width, height int
	format        frame.PixelFormat
	color         frame.Colorimetry
}

// New checks the Config and makes the table of values.
func New(c Config) (*Stage, error) {
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("making prep of input %q: %w", c.Input, err)
	}
	s := &Stage{cfg: c, want: []int64{1, 3, int64(c.Height), int64(c.Width)}, to: [3]int{0, 1, 2}}
	if c.Color == BGR {
		s.to = [3]int{2, 1, 0}
	}
	for i, plane := range s.to {
		s.luts[i] = s.levels(plane, s.luts[:i])
	}
	return s, nil
}

// levels shares the table of an earlier channel with the same values: it then
// takes a third of the cache.
func (s *Stage) levels(plane int, earlier []*levels) *levels {
	c := s.cfg
	for i, l := range earlier {
		if p := s.to[i]; c.Mean[p] == c.Mean[plane] && c.Std[p] == c.Std[plane] {
			return l
		}
	}
	return newLevels(func(raw float32) float32 { return c.value(plane, raw) })
}

// Process fills the input tensor from j.Frame and sets j.Geometry. A picture of
// another size, layout or colorimetry than the one before rebuilds the tables;
// otherwise nothing is allocated. A missing or unfit tensor is an error of the graph: it would fail
// every frame.
func (s *Stage) Process(_ context.Context, j *stages.Job) error {
	dst, err := s.tensor(j.Bindings)
	if err != nil {
		return err
	}
	if err := check(j.Frame); err != nil {
		j.Err = fmt.Errorf("preparing a frame: %w", err)
		return nil
	}
	s.prepare(j.Frame)
	s.paint(dst)
	if j.Frame.Format == frame.RGB {
		s.fromRGB(dst, j.Frame)
	} else {
		s.fromYUV(dst, j.Frame)
	}
	j.Geometry = s.fit.geometry
	return nil
}

// Close does nothing: a Stage owns only Go memory.
func (s *Stage) Close() error { return nil }

// tensor finds the three planes to fill.
func (s *Stage) tensor(b *accel.Bindings) (planes [3][]float32, err error) {
	t, ok := b.Tensor(s.cfg.Input, s.cfg.Device)
	if !ok {
		return planes, fmt.Errorf("preparing a frame: no tensor %q on %s", s.cfg.Input, s.cfg.Device)
	}
	n := s.cfg.Width * s.cfg.Height
	if t.Type != accel.Float32 || !sameShape(t.Shape, s.want) || len(t.Data) != 12*n {
		return planes, fmt.Errorf("preparing a frame: tensor %q is %v %v with %d bytes on the host, want float32 %v",
			t.Name, t.Type, t.Shape, len(t.Data), s.want)
	}
	all := t.Float32s()
	for i := range planes {
		planes[i] = all[i*n : (i+1)*n : (i+1)*n]
	}
	return planes, nil
}

func sameShape(a, b []int64) bool {
	return len(a) == 4 && a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3]
}

// prepare makes the tables for f where the last picture's do not serve.
func (s *Stage) prepare(f *frame.Frame) {
	p := picture{f.Width, f.Height, f.Format, f.Color}
	if p == s.made {
		return
	}
	s.made = p
	s.fit = s.cfg.place(p.width, p.height)
	s.ys = newTaps(s.fit.height, p.height)
	s.xs = newTaps(s.fit.width, p.width)
	switch p.format {
	case frame.RGB:
		s.xs.spread(3)
		return
	case frame.NV12:
		s.cs = s.xs.halved(p.width)
		s.cs.spread(2)
	case frame.I420:
		s.cs = s.xs.halved(p.width)
	}
	s.color = newMatrix(p.color)
	s.rows = newChroma(s.fit.width)
	s.luma = make([]uint32, s.fit.width)
}
