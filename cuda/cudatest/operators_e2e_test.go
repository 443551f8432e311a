//go:build e2e

package cudatest

import (
	"log/slog"
	"math"
	"math/rand/v2"
	"testing"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/ort"
	"braid/internal/testdata"
)

// TestAsONNXRuntime holds convolutions and pools of all shapes to what ONNX
// Runtime computes.
func TestAsONNXRuntime(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	backend, err := ort.Open(testdata.ORT(t), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	for range 40 {
		group, kernel := 1+r.Int64N(2), 1+r.Int64N(3)
		c, o := group*(1+r.Int64N(3)), group*(1+r.Int64N(3))
		stride, dilation, pad := 1+r.Int64N(3), 1+r.Int64N(2), r.Int64N(2)
		b := network.NewBuilder("random", 13)
		b.Input(desc("x", 1, c, 9, 8))
		weights := make([]float32, o*c/group*kernel*kernel)
		fill(r, weights)
		b.Floats("w", []int64{o, c / group, kernel, kernel}, weights)
		b.Node("Conv", []string{"x", "w"}, []string{"v"}, network.AttrInt("group", group), network.AttrInts("strides", stride, stride),
			network.AttrInts("dilations", dilation, dilation), network.AttrInts("pads", pad, 1, pad, 1))
		b.Node("MaxPool", []string{"v"}, []string{"y"}, network.AttrInts("kernel_shape", 2, 2), network.AttrInts("strides", 1, 2), network.AttrInts("pads", 1, 1, 1, 0))
		b.Output(accel.TensorDesc{Name: "y", Type: accel.Float32, Shape: []int64{-1, -1, -1, -1}})
		onnx, err := b.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		compare(t, backend, r, onnx)
	}
}

func fill(r *rand.Rand, v []float32) {
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
}

func compare(t *testing.T, backend *ort.Backend, r *rand.Rand, onnx []byte) {
	t.Helper()
	n, err := network.Parse(onnx)
	if err != nil {
		t.Fatal(err)
	}
	segments, err := n.Split(t.Context(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := segments[0]
	blob, err := backend.Build(t.Context(), s, "cpu", accel.BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := backend.Load(t.Context(), blob, "cpu", accel.LoadOptions{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	memory, err := backend.Alloc("cpu", []accel.TensorDesc{s.Inputs[0], s.Outputs[0]})
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	x, y := memory.Tensors()[0].Float32s(), memory.Tensors()[1].Float32s()
	fill(r, x)
	exec, err := engine.NewExec()
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Close()
	call, err := exec.Bind(accel.NewBindings(0, memory))
	if err != nil {
		t.Fatal(err)
	}
	defer call.Close()
	if _, err := call.Start(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	got := make([]float32, len(y))
	if err := Run(s.ONNX, map[string][]float32{"x": x}, map[string][]float32{"y": got}); err != nil {
		t.Fatal(err)
	}
	for i := range y {
		if math.Abs(float64(y[i]-got[i])) > 1e-4 {
			t.Fatalf("element %d of %v is %v, want %v", i, s.Outputs[0].Shape, got[i], y[i])
		}
	}
}
