//go:build e2e

package openvino

import (
	"os"
	"slices"
	"testing"

	"braid/accel"
	"braid/accel/network"
	"braid/internal/testdata"
)

// relu is a Segment y = max(x, 0).
func relu(t testing.TB, shape ...int64) *accel.Segment {
	t.Helper()
	x := accel.TensorDesc{Name: "x", Type: accel.Float32, Shape: shape}
	y := accel.TensorDesc{Name: "y", Type: accel.Float32, Shape: shape}
	b := network.NewBuilder("relu", 13)
	b.Input(x)
	b.Node("Relu", []string{"x"}, []string{"y"})
	b.Output(y)
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return &accel.Segment{Name: "relu", ONNX: data, Inputs: []accel.TensorDesc{x}, Outputs: []accel.TensorDesc{y}}
}

// yoloxNano is the whole network as one Segment.
func yoloxNano(t testing.TB) *accel.Segment {
	t.Helper()
	data, err := os.ReadFile(testdata.Path(t, "models/yolox_nano.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	return &accel.Segment{
		Name:    "yolox-nano",
		ONNX:    data,
		Inputs:  []accel.TensorDesc{{Name: "images", Type: accel.Float32, Shape: []int64{1, 3, 416, 416}}},
		Outputs: []accel.TensorDesc{{Name: "output", Type: accel.Float32, Shape: []int64{1, 3549, 85}}},
	}
}

const cpu accel.DeviceID = "cpu/openvino"

// build compiles a Segment for the CPU.
func build(t testing.TB, b *Backend, s *accel.Segment) []byte {
	t.Helper()
	blob, err := b.Build(t.Context(), s, cpu, accel.BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return blob
}

// engineOf builds and loads a Segment for the CPU.
func engineOf(t testing.TB, b *Backend, s *accel.Segment, o accel.LoadOptions) *engine {
	t.Helper()
	e, err := b.Load(t.Context(), build(t, b, s), cpu, o)
	if err != nil {
		t.Fatal(err)
	}
	return e.(*engine)
}

// callsOf makes n Calls of one Engine, each of an Exec and Bindings of its own, and closes
// them at the test's end.
func callsOf(t testing.TB, b *Backend, e *engine, s *accel.Segment, n int) (list []*call) {
	t.Helper()
	for i := range n {
		x, err := e.NewExec()
		if err != nil {
			t.Fatal(err)
		}
		m, err := b.Alloc(cpu, slices.Concat(s.Inputs, s.Outputs))
		if err != nil {
			t.Fatal(err)
		}
		job := accel.NewBindings(i, m)
		in, _ := job.Tensor(s.Inputs[0].Name, host)
		for k := range in.Float32s() {
			in.Float32s()[k] = float32(k%255) - 100
		}
		c, err := x.Bind(job)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closed(t, c, x, job) })
		list = append(list, c.(*call))
	}
	return list
}

func start(t testing.TB, c *call) {
	t.Helper()
	ready, err := c.Start(t.Context(), nil)
	if err == nil {
		err = ready.Wait(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// closed closes in order and holds each to no error.
func closed(t testing.TB, list ...interface{ Close() error }) {
	t.Helper()
	for _, c := range list {
		if err := c.Close(); err != nil {
			t.Errorf("closing %T: %v", c, err)
		}
	}
}
