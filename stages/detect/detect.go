// Package detect turns the outputs of a network into Objects: a decoder for the
// kind of head, then the same for all of them: the best candidates, boxes on
// the frame, non-maximum suppression. It owns no memory but its own lists.
package detect

import (
	"context"
	"encoding/binary"
	"fmt"

	"braid/accel"
	"braid/stages"
)

// Config is a network's head as its card describes it, and the graph it has to
// fit.
type Config struct {
	Head    Head
	Outputs []accel.TensorDesc // of the network, in the graph's order: float32, or whole numbers of end2end
	Device  accel.DeviceID     // whose copies of them; the host must see their memory

	Width, Height int // of the network's input, pixels
	Classes       int // number of labels
	NMS           NMS
}

// Head says how to read the outputs.
type Head struct {
	Kind    string   // "yolox", "darknet", "yolov5", "yolov8", "end2end", "nanodet"
	Strides []int    // yolox, nanodet: of its levels, in the order of the rows
	Outputs []Output // darknet, raw yolov5: of its outputs, in the graph's order
}

// Output says how to read one output of a darknet network, or, by its anchors
// alone, of a raw yolov5.
type Output struct {
	Type      string       // darknet: "yolo" or "region"
	Anchors   [][2]float32 // width and height: pixels of the input for yolo, cells for region
	ScaleXY   float32      // scale_x_y; 0 means 1
	NewCoords bool         // new_coords: the network has applied the sigmoid itself
}

// NMS says which of the decoded boxes are results.
type NMS struct {
	Kind       string  // "greedy", "diou" or "none"
	IoU        float32 // an overlap above it suppresses the lesser box
	Beta       float32 // diou: exponent of the distance
	Score      float32 // a candidate's score is above it
	PerClass   bool    // boxes suppress only boxes of their class
	MultiLabel bool    // every class of a box that passes; otherwise only the best
	Max        int     // most results of a frame
}

// Stage is the detect step. Each worker has its own.
type Stage struct {
	cfg     Config
	head    decoder
	outputs [][]float32 // of the Job at hand
	whole   [][]float32 // memory of those that are whole numbers in the network
	best    best
	kept    []kept
}

var _ stages.Stage = (*Stage)(nil)

// New checks the Config against the outputs; its error names the output, its
// shape and the shape that the head wants.
func New(c Config) (*Stage, error) {
	head, err := newDecoder(c)
	if err == nil {
		err = c.validate()
	}
	if err != nil {
		return nil, fmt.Errorf("making detect: %w", err)
	}
	s := &Stage{cfg: c, head: head, outputs: make([][]float32, len(c.Outputs)), whole: make([][]float32, len(c.Outputs))}
	for i, o := range c.Outputs {
		if o.Type != accel.Float32 {
			s.whole[i] = make([]float32, o.Elems())
		}
	}
	return s, nil
}

func (c Config) validate() error {
	for _, o := range c.Outputs {
		whole := c.Head.Kind == "end2end" && (o.Type == accel.Int32 || o.Type == accel.Int64)
		if o.Type != accel.Float32 && !whole {
			return fmt.Errorf("output %q is %v, want float32", o.Name, o.Type)
		}
	}
	n := c.NMS
	switch {
	case n.Kind != "greedy" && n.Kind != "diou" && n.Kind != "none":
		return fmt.Errorf("nms kind %q is unknown; there are greedy, diou and none", n.Kind)
	case n.Kind == "diou" && !(n.Beta > 0 && n.Beta <= 10):
		return fmt.Errorf("nms beta %g must be within 0..10, and more than 0", n.Beta)
	case !(n.IoU >= 0 && n.IoU <= 1) || !(n.Score >= 0 && n.Score <= 1):
		return fmt.Errorf("nms iou %g and score %g must be within 0..1", n.IoU, n.Score)
	case n.Max < 1:
		return fmt.Errorf("nms max %d must be at least 1", n.Max)
	}
	return nil
}

// Process waits for j.Ready and puts what it finds into j.Objects, best first;
// of equal scores the lower class and the earlier row come first. An error of
// the event is the frame's, unless the device is lost; a missing or unfit
// tensor would fail every frame and is an error of the graph.
func (s *Stage) Process(ctx context.Context, j *stages.Job) error {
	j.Objects = j.Objects[:0]
	if err := j.Await(ctx); err != nil || j.Err != nil {
		return err
	}
	if j.Width < 1 || j.Height < 1 {
		j.Err = fmt.Errorf("detecting: frame size %dx%d is out of range", j.Width, j.Height)
		return nil
	}
	if err := s.find(j.Bindings); err != nil {
		return err
	}
	s.best.reset()
	s.head.candidates(s.outputs, &s.best)
	s.collect(j)
	return nil
}

// Close does nothing: a Stage owns only Go memory.
func (s *Stage) Close() error { return nil }

// find looks the outputs up.
func (s *Stage) find(b *accel.Bindings) error {
	for i, want := range s.cfg.Outputs {
		t, ok := b.Tensor(want.Name, s.cfg.Device)
		if !ok {
			return fmt.Errorf("detecting: no tensor %q on %s", want.Name, s.cfg.Device)
		}
		if !t.Equal(want) || int64(len(t.Data)) != want.Bytes() {
			return fmt.Errorf("detecting: tensor %q is %v %v with %d bytes on the host, want %v %v",
				t.Name, t.Type, t.Shape, len(t.Data), want.Type, want.Shape)
		}
		s.outputs[i] = s.floats(i, t)
	}
	return nil
}

// floats are the values of output i. Whole numbers, few and small, become floats.
func (s *Stage) floats(i int, t accel.Tensor) []float32 {
	to := s.whole[i]
	switch t.Type {
	case accel.Int32:
		for k := range to {
			to[k] = float32(int32(binary.LittleEndian.Uint32(t.Data[4*k:])))
		}
	case accel.Int64:
		for k := range to {
			to[k] = float32(int64(binary.LittleEndian.Uint64(t.Data[8*k:])))
		}
	default:
		return t.Float32s()
	}
	return to
}
