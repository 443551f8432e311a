package darknet

import (
	"errors"
	"fmt"
)

// InputName is the tensor that takes the picture, [1, 3, Height, Width].
const InputName = "images"

// What a cfg file may ask for at most. Larger ones are slips of the pen, and
// would overflow.
const (
	maxSide     = 8192 // of the input, as a model card has it
	maxChannels = 1 << 20
	maxExtent   = 1 << 16 // of a tensor's height and width
	maxElements = 1 << 30 // of a tensor
)

// Shape is the shape of one picture's tensor: channels, height, width.
type Shape struct{ C, H, W int }

func (s Shape) String() string { return fmt.Sprintf("%dx%dx%d", s.C, s.H, s.W) }

// dims is the shape with a batch of 1.
func (s Shape) dims() []int64 { return []int64{1, int64(s.C), int64(s.H), int64(s.W)} }

// elements is the number of values.
func (s Shape) elements() int { return s.C * s.H * s.W }

// Network is what a cfg file describes.
type Network struct {
	Width, Height int  // of the input in pixels
	Letterbox     bool // darknet keeps the picture's aspect
	layers        []layer
	heads         []Head
}

// Layers is the number of sections behind [net].
func (n *Network) Layers() int { return len(n.layers) }

// layer is a section behind [net].
type layer struct {
	section    string // its full name
	line       int
	from       []int // layers whose tensors it reads, in order; -1 is the picture
	out        Shape
	op         op // nil for another name of from[0]'s tensor
	activation activation
}

// op is what a layer computes, but for its activation.
type op interface {
	// stem is the first part of the tensor's name, which the layer's index follows.
	stem() string
	// emit adds the nodes, the last of which writes out, and says which layer it is
	// of: in are the tensors that it reads, shape is that of the result.
	emit(e *emitter, out string, in []string, shape Shape)
}

// Parse reads a cfg file. Errors are one line with the file's name, the line's
// number and the section.
func Parse(data []byte, file string) (*Network, error) {
	sections, err := readSections(data, file)
	if err != nil {
		return nil, err
	}
	n := &Network{}
	for i := range sections {
		s := &sections[i]
		if err := n.add(s, i == 0); err != nil {
			line := s.line
			if at := (*lineError)(nil); errors.As(err, &at) {
				line = at.line
			}
			return nil, fmt.Errorf("%s:%d: [%s] %w", file, line, s.name, err)
		}
	}
	switch {
	case len(sections) == 0:
		return nil, fmt.Errorf("%s: the file has no sections, want a darknet cfg", file)
	case len(n.heads) == 0:
		return nil, fmt.Errorf("%s: no [yolo] and no [region] section: only detectors can be imported", file)
	}
	return n, nil
}

// add takes the next section; the first one must be [net].
func (n *Network) add(s *section, first bool) error {
	if err := checkSection(s); err != nil {
		return err
	}
	v := &values{section: s}
	switch {
	case first != (s.name == "net"):
		return errors.New("the first section, and no other, is [net]")
	case first:
		n.Width, n.Height = v.required("width", 8, maxSide), v.required("height", 8, maxSide)
		v.integer("channels", 3, 3, 3)
		n.Letterbox = v.flag("letter_box")
		return v.err
	}
	l := parsers[s.name](n, v)
	if v.err != nil {
		return v.err
	}
	if l.out.C > maxChannels || l.out.H > maxExtent || l.out.W > maxExtent || l.out.elements() > maxElements {
		return fmt.Errorf("its output of %v is too large", l.out)
	}
	l.section, l.line = s.name, s.line
	n.layers = append(n.layers, l)
	return nil
}

// parsers read the sections. Each gives a layer without section and line; what
// is wrong it leaves in the values.
var parsers = map[string]func(*Network, *values) layer{
	"convolutional": parseConvolution, "maxpool": parseMaxPool, "avgpool": parseAvgPool,
	"route": parseRoute, "shortcut": parseShortcut, "scale_channels": parseScaleChannels, "sam": parseSAM,
	"upsample": parseUpsample, "reorg": parseReorg, "reorg3d": parseReorg, "dropout": parseDropout,
	"yolo": parseYolo, "region": parseRegion,
}

// last is the layer that the next section reads: -1 at the start.
func (n *Network) last() int { return len(n.layers) - 1 }

// shape is that of a layer's tensor; -1 is the picture.
func (n *Network) shape(layer int) Shape {
	if layer < 0 {
		return Shape{3, n.Height, n.Width}
	}
	return n.layers[layer].out
}

// reference resolves a number by which a section calls an earlier one: from 0
// behind [net], or below 0 from the section itself backwards.
func (n *Network) reference(v *values, key string, number int) int {
	at := number
	if number < 0 {
		at = len(n.layers) + number
	}
	if at < 0 || at >= len(n.layers) {
		v.fail(key, "%s=%d is no earlier layer: this is layer %d", key, number, len(n.layers))
		return n.last()
	}
	return at
}
