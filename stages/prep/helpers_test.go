package prep_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"braid/accel"
	"braid/internal/frame"
	"braid/stages"
	"braid/stages/prep"
)

// memory is host memory that is 64-bit aligned, as backends give it.
type memory []accel.Tensor

func (m memory) Tensors() []accel.Tensor { return m }
func (memory) Close() error              { return nil }

func bindings(t testing.TB, tensors ...accel.TensorDesc) *accel.Bindings {
	t.Helper()
	var m memory
	for _, d := range tensors {
		m = append(m, accel.Tensor{TensorDesc: d, Device: "cpu", Data: make([]byte, d.Bytes())})
	}
	return accel.NewBindings(0, m)
}

func input(w, h int) accel.TensorDesc {
	return accel.TensorDesc{Name: "images", Type: accel.Float32, Shape: []int64{1, 3, int64(h), int64(w)}}
}

func job(t testing.TB, c prep.Config) *stages.Job {
	t.Helper()
	return stages.NewJob(bindings(t, input(c.Width, c.Height)))
}

func output(t testing.TB, j *stages.Job) []float32 {
	t.Helper()
	tensor, ok := j.Bindings.Tensor("images", "cpu")
	if !ok {
		t.Fatal("the input tensor is gone")
	}
	return tensor.Float32s()
}

func yolox() prep.Config {
	return prep.Config{
		Input: "images", Device: "cpu", Width: 416, Height: 416, Color: prep.BGR,
		Scale: 1, Std: [3]float32{1, 1, 1}, Resize: prep.Letterbox, Pad: 114,
	}
}

func yoloFastest() prep.Config {
	return prep.Config{
		Input: "images", Device: "cpu", Width: 320, Height: 320, Color: prep.RGB,
		Scale: 1. / 255, Std: [3]float32{1, 1, 1}, Resize: prep.Stretch,
	}
}

// newFrame takes a Frame out of a Pool of one. Its rows are pad bytes longer
// than needed, and the bytes between them are noise.
func newFrame(t testing.TB, p frame.PixelFormat, w, h, pad int, seed uint64) *frame.Frame {
	t.Helper()
	f := frame.NewPool(1, frame.Heap).TryGet()
	if err := f.Shape(p, w, h); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	for i, plane := range f.Planes {
		if len(plane.Data) == 0 {
			continue
		}
		rows := len(plane.Data) / plane.Stride
		stride := plane.Stride + pad
		data := make([]byte, rows*stride-pad) // the last row ends with its pixels
		for k := range data {
			data[k] = byte(rng.Uint32())
		}
		f.Planes[i] = frame.Plane{Data: data, Stride: stride}
	}
	return f
}

// run processes a Frame and returns the tensor.
func run(t testing.TB, c prep.Config, f *frame.Frame) ([]float32, stages.Geometry) {
	t.Helper()
	s, err := prep.New(c)
	if err != nil {
		t.Fatal(err)
	}
	j := job(t, c)
	out := output(t, j)
	for i := range out {
		out[i] = float32(math.NaN()) // every value must be written
	}
	j.Frame = f
	if err := s.Process(t.Context(), j); err != nil || j.Err != nil {
		t.Fatalf("processing: %v, %v", err, j.Err)
	}
	if j.Frame != f {
		t.Error("the frame was given away")
	}
	return out, j.Geometry
}
