//go:build e2e

package quantize_test

import (
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"testing"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/quantize"
	"braid/accel/network/testnet"
	"braid/accel/ort"
	"braid/internal/testdata"
)

func openORT(t *testing.T) *ort.Backend {
	t.Helper()
	b, err := ort.Open(testdata.ORT(t), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// compute runs a network of one input in ONNX Runtime and returns the named outputs.
func compute(t *testing.T, b *ort.Backend, onnx []byte, x []float32, want ...string) map[string][]float32 {
	t.Helper()
	n, err := network.Parse(onnx)
	if err != nil {
		t.Fatal(err)
	}
	segments, err := n.Split(t.Context(), nil, b.Probe)
	if err != nil {
		t.Fatal(err)
	}
	s := segments[0]
	blob, err := b.Build(t.Context(), s, "cpu", accel.BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := b.Load(t.Context(), blob, "cpu", accel.LoadOptions{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	mem, err := b.Alloc("cpu", append(append([]accel.TensorDesc{}, s.Inputs...), s.Outputs...))
	if err != nil {
		t.Fatal(err)
	}
	bindings := accel.NewBindings(0, mem)
	exec, err := engine.NewExec()
	if err != nil {
		t.Fatal(err)
	}
	in, _ := bindings.Tensor(s.Inputs[0].Name, "cpu")
	copy(in.Float32s(), x)
	call, err := exec.Bind(bindings)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := call.Start(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	out := map[string][]float32{}
	for _, name := range want {
		v, ok := bindings.Tensor(name, "cpu")
		if !ok {
			t.Fatalf("no output %q", name)
		}
		out[name] = append([]float32{}, v.Float32s()...)
	}
	for _, c := range []interface{ Close() error }{call, exec, bindings, engine} {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	return out
}

// TestRaisedComputesTheSame holds operators of older opsets against what they became.
func TestRaisedComputesTheSame(t *testing.T) {
	b := openORT(t)
	x := uniform(rand.New(rand.NewPCG(1, 2)), 32, 2)
	for _, o := range olds {
		t.Run(o.name, func(t *testing.T) {
			onnx := around(t, o.opset, o.node)
			want, got := compute(t, b, onnx, x, "y")["y"], compute(t, b, raised(t, onnx), x, "y")["y"]
			if len(want) != len(got) || len(want) == 0 {
				t.Fatalf("%d values, were %d", len(got), len(want))
			}
			for i := range want {
				if math.Abs(float64(want[i]-got[i])) > 1e-6 {
					t.Fatalf("y[%d] is %g, was %g", i, got[i], want[i])
				}
			}
		})
	}
}

// TestFormsOnRuntime: each form of int8 of a chain of convolutions and Relu loads in
// ONNX Runtime, and what it computes is near to float32: within a fifth of the
// outputs' deviation, root mean square.
func TestFormsOnRuntime(t *testing.T) {
	b := openORT(t)
	onnx := testnet.Chain(t, 6, 16, 5)
	n, err := network.Parse(onnx)
	if err != nil {
		t.Fatal(err)
	}
	in, y := n.Inputs()[0], n.Outputs()[0].Name
	x := uniform(rand.New(rand.NewPCG(3, 4)), int(in.Elems()), 1)
	want := compute(t, b, onnx, x, y)[y]
	for _, runtime := range quantize.Runtimes() {
		for _, kind := range quantize.Methods {
			t.Run(fmt.Sprint(runtime, " ", kind), func(t *testing.T) {
				r := recipe(t, runtime)
				r.Bits = 7 // ONNX Runtime overflows with 8 where there is no VNNI
				q, err := quantize.New(onnx, quantize.Options{Recipe: r})
				if err != nil {
					t.Fatal(err)
				}
				watch(t, b, q, in.Name, x)
				got := compute(t, b, write(t, q, quantize.Method{Kind: kind, Percent: 99.99}), x, y)[y]
				if d := apart(want, got); d > 0.2 || d == 0 {
					t.Errorf("it is %.3g deviations away", d)
				}
			})
		}
	}
}

func watch(t *testing.T, b *ort.Backend, q *quantize.Quantizer, input string, x []float32) {
	t.Helper()
	data, err := q.Raised()
	if err != nil {
		t.Fatal(err)
	}
	n, err := network.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	open, err := n.WithOutputs(q.Activations())
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range compute(t, b, open, x, q.Activations()...) {
		if err := q.Watch(name, values); err != nil {
			t.Fatal(err)
		}
	}
}

// apart is the root mean square of differences, in standard deviations of the first.
func apart(want, got []float32) float64 {
	var sum, squares, diff float64
	for i, v := range want {
		sum, squares = sum+float64(v), squares+float64(v)*float64(v)
		diff += math.Pow(float64(v-got[i]), 2)
	}
	n := float64(len(want))
	return math.Sqrt(diff / (squares - sum*sum/n))
}
