package detect_test

import (
	"math"
	"testing"

	"braid/accel"
	"braid/stages"
	"braid/stages/detect"
)

// memory is host memory of tensors.
type memory []accel.Tensor

func (m memory) Tensors() []accel.Tensor { return m }
func (memory) Close() error              { return nil }

func desc(name string, shape ...int64) accel.TensorDesc {
	return accel.TensorDesc{Name: name, Type: accel.Float32, Shape: shape}
}

// newJob makes a Job with the outputs of c on "cpu", for a frame of the input's
// size, and returns the data of those that are floats.
func newJob(c detect.Config) (*stages.Job, [][]float32) {
	var m memory
	var data [][]float32
	for _, o := range c.Outputs {
		t := accel.Tensor{TensorDesc: o, Device: "cpu", Data: make([]byte, o.Bytes())}
		m = append(m, t)
		if o.Type == accel.Float32 {
			data = append(data, t.Float32s())
		}
	}
	j := stages.NewJob(accel.NewBindings(0, m))
	j.Width, j.Height = c.Width, c.Height
	j.Geometry = stages.Geometry{ScaleX: 1, ScaleY: 1}
	return j, data
}

func newStage(t testing.TB, c detect.Config) *detect.Stage {
	t.Helper()
	s, err := detect.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func process(t testing.TB, s *detect.Stage, j *stages.Job) []stages.Object {
	t.Helper()
	if err := s.Process(t.Context(), j); err != nil || j.Err != nil {
		t.Fatalf("processing: %v, %v", err, j.Err)
	}
	return j.Objects
}

// sound is what holds for every result, whatever the network says.
func sound(t testing.TB, c detect.Config, objects []stages.Object) {
	t.Helper()
	if len(objects) > c.NMS.Max {
		t.Errorf("%d objects, more than %d", len(objects), c.NMS.Max)
	}
	last := float32(math.MaxFloat32)
	for _, o := range objects {
		b := o.Box
		inside := b[0] >= 0 && b[1] >= 0 && b[2] >= 0 && b[3] >= 0 && b[0]+b[2] <= 1 && b[1]+b[3] <= 1
		if !inside || !(o.Score > c.NMS.Score && o.Score <= last) || o.Class < 0 || o.Class >= c.Classes {
			t.Errorf("unsound object %+v after score %g", o, last)
		}
		last = o.Score
	}
}

func greedy() detect.NMS {
	return detect.NMS{Kind: "greedy", IoU: 0.65, Score: 0.25, PerClass: true, Max: 300}
}

// yolox is a head over a square input.
func yolox(size, classes int) detect.Config {
	rows := size*size/64 + size*size/256 + size*size/1024
	return detect.Config{
		Head:    detect.Head{Kind: "yolox", Strides: []int{8, 16, 32}},
		Outputs: []accel.TensorDesc{desc("output", 1, int64(rows), int64(5+classes))},
		Device:  "cpu", Width: size, Height: size, Classes: classes, NMS: greedy(),
	}
}

// yoloFastest has the two heads of yolo-fastest-1.1-xl.
func yoloFastest(size, classes int) detect.Config {
	grid, channels := int64(size/32), int64(3*(5+classes))
	return detect.Config{
		Head: detect.Head{Kind: "darknet", Outputs: []detect.Output{
			{Type: "yolo", Anchors: [][2]float32{{115, 73}, {119, 199}, {242, 238}}},
			{Type: "yolo", Anchors: [][2]float32{{12, 18}, {37, 49}, {52, 132}}},
		}},
		Outputs: []accel.TensorDesc{desc("yolo0", 1, channels, grid, grid), desc("yolo1", 1, channels, 2*grid, 2*grid)},
		Device:  "cpu", Width: size, Height: size, Classes: classes, NMS: greedy(),
	}
}

// everyHead has a head of each kind over a square input.
func everyHead(size, classes int) []detect.Config {
	with := func(h detect.Head, outputs ...accel.TensorDesc) detect.Config {
		return detect.Config{
			Head: h, Outputs: outputs, Device: "cpu", Width: size, Height: size, Classes: classes, NMS: greedy(),
		}
	}
	n, grid := int64(classes), int64(size/16)
	anchors := [][2]float32{{1.5, 2}, {3, 1}}
	region := with(detect.Head{Kind: "darknet", Outputs: []detect.Output{{Type: "region", Anchors: anchors}}}, desc("region", 1, 2*(5+n), grid, grid))
	diou := yolox(size, classes)
	diou.NMS.Kind, diou.NMS.Beta = "diou", 0.6
	ended := with(detect.Head{Kind: "end2end"}, desc("output", 1, 100, 6))
	ended.NMS.Kind = "none"
	return []detect.Config{
		yolox(size, classes), yoloFastest(size, classes), region, diou, ended,
		with(detect.Head{Kind: "yolov5"}, desc("output", 1, 500, 5+n)),
		with(detect.Head{Kind: "yolov5", Outputs: []detect.Output{{Anchors: anchors}}}, desc("output", 1, 2, grid, grid, 5+n)),
		with(detect.Head{Kind: "yolov8"}, desc("output", 1, 4+n, 500)),
		with(detect.Head{Kind: "nanodet", Strides: []int{16}}, desc("scores", 1, grid*grid, n), desc("sides", 1, grid*grid, 32)),
		with(detect.Head{Kind: "nanodet", Strides: []int{16}}, desc("output", 1, grid*grid, n+32)),
	}
}

// wholeNumbers is end2end with four outputs, of which how many and the classes are
// whole numbers.
func wholeNumbers() detect.Config {
	count, classes := desc("count", 1, 1), desc("classes", 1, 9)
	count.Type, classes.Type = accel.Int32, accel.Int64
	return detect.Config{
		Head: detect.Head{Kind: "end2end"}, Device: "cpu", Width: 64, Height: 64, Classes: 3, NMS: greedy(),
		Outputs: []accel.TensorDesc{count, desc("boxes", 1, 9, 4), desc("scores", 1, 9), classes},
	}
}
