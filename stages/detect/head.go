package detect

import (
	"fmt"
	"math"
	"strings"

	"braid/accel"
)

// decoder reads the outputs of one kind of head. A row is one of its boxes;
// rows count in the order of the outputs' memory.
type decoder interface {
	// candidates offers every class of every row whose score is above the
	// threshold, in the order of rows and classes, or only a row's best class.
	candidates(outputs [][]float32, to *best)
	// box is a row's box in pixels of the input.
	box(outputs [][]float32, row int) corners
}

// corners are x and y of a box's upper left and lower right corner.
type corners [4]float64

// centered is the box of a centre and a size.
func centered(x, y, w, h float64) corners {
	return corners{x - w/2, y - h/2, x + w/2, y + h/2}
}

// sound says whether the corners are finite, and in their order: what the network
// decodes itself may be anything.
func (c corners) sound() bool {
	sum := math.Abs(c[0]) + math.Abs(c[1]) + math.Abs(c[2]) + math.Abs(c[3])
	return sum-sum == 0 && c[0] <= c[2] && c[1] <= c[3]
}

// heads are the kinds of heads. A new kind is a row here.
var heads = []struct {
	kind string
	make func(Config) (decoder, error)
}{
	{"yolox", newYOLOX},
	{"darknet", newDarknet},
	{"yolov5", newYOLOv5},
	{"yolov8", newYOLOv8},
	{"end2end", newEnd2End},
	{"nanodet", newNanoDet},
}

// newDecoder chooses the decoder.
func newDecoder(c Config) (decoder, error) {
	if c.Width < 1 || c.Height < 1 || c.Classes < 1 {
		return nil, fmt.Errorf("input %dx%d with %d labels: none may be 0", c.Width, c.Height, c.Classes)
	}
	var kinds []string
	for _, h := range heads {
		if h.kind == c.Head.Kind {
			return h.make(c)
		}
		kinds = append(kinds, h.kind)
	}
	return nil, fmt.Errorf("head kind %q is unknown; there are %s", c.Head.Kind, strings.Join(kinds, ", "))
}

// outputCount refuses a graph with too many or too few outputs.
func (c Config) outputCount(want int) error {
	if len(c.Outputs) == want {
		return nil
	}
	names := make([]string, len(c.Outputs))
	for i, o := range c.Outputs {
		names[i] = fmt.Sprintf("%q %v", o.Name, o.Shape)
	}
	return fmt.Errorf("head %s wants %d outputs; the graph has %d: %s",
		c.Head.Kind, want, len(names), strings.Join(names, ", "))
}

// misfit is the error for an output that is not of the shape that a head wants.
func misfit(head, want string, o accel.TensorDesc) error {
	return fmt.Errorf("head %s wants an output %s; output %q is %v", head, want, o.Name, o.Shape)
}
