//go:build cgo && linux

package trt

import (
	"fmt"
	"testing"

	"braid/accel"
	"braid/accel/network"
	"braid/cuda/cudatest"
)

// relu is a Segment that keeps what is not negative of x.
func relu(t testing.TB, x, y accel.TensorDesc) *accel.Segment {
	t.Helper()
	b := network.NewBuilder("relu", 13)
	b.Input(x)
	b.Node("Relu", []string{x.Name}, []string{y.Name})
	b.Output(y)
	data, err := b.Bytes()
	must(t, err)
	return &accel.Segment{Name: "infer of " + y.Name, ONNX: data, Inputs: []accel.TensorDesc{x}, Outputs: []accel.TensorDesc{y}, Layers: 1}
}

// proveCrossings has tensors of n values go from gpu:0 to gpu:1, as a part of every run and on demand.
func proveCrossings(t *testing.T, b *Backend, n int64) {
	line := func(name string) accel.TensorDesc {
		return accel.TensorDesc{Name: name, Type: accel.Float32, Shape: []int64{1, 1, 1, n}}
	}
	x, a, y := line("x"), line("a"), line("y")
	for name, writers := range map[string][]accel.DeviceID{"each": {"gpu:0"}, "on demand": {"gpu:0", "gpu:1"}} {
		for _, load := range []accel.LoadOptions{{}, {Eager: true}} {
			t.Run(fmt.Sprintf("%d %s eager=%t", n, name, load.Eager), func(t *testing.T) {
				on := bound(t, b, map[accel.DeviceID][]accel.TensorDesc{"cpu": {x, y}, "gpu:0": {x, a}, "gpu:1": {a, y}})
				on.SetRoute("a", writers, []accel.DeviceID{"gpu:1"})
				first := readyWith(t, b, relu(t, x, a), "gpu:0", accel.BuildOptions{}, load, on)
				second := readyWith(t, b, relu(t, a, y), "gpu:1", accel.BuildOptions{}, load, on)
				in, _ := on.Tensor("x", host)
				out, _ := on.Tensor("y", host)
				for round := range 2 {
					given, got := in.Float32s(), out.Float32s()
					for i := range given {
						given[i] = float32((i+round)%1000 + 1)
					}
					clear(got)
					after, err := first.Start(t.Context(), nil)
					must(t, err)
					after, err = second.Start(t.Context(), after)
					must(t, err)
					must(t, after.Wait(t.Context()))
					for i, v := range got {
						if v != given[i] {
							t.Fatalf("round %d: y[%d] is %v, want %v", round, i, v, given[i])
						}
					}
				}
			})
		}
	}
}

// crossings are numbers of values around what a kernel copies at once: bytes behind the last word of 16, one block,
// several, all of them and more than one turn of each.
var crossings = []int64{1, 3, 4, 5, 8191, 8192, 8195, 131071, 131072, 131073, 1<<20 + 3}

func TestCrossings(t *testing.T) {
	b := onFake(t, cudatest.New(t))
	t.Cleanup(func() { must(t, b.Close()) })
	for _, n := range crossings {
		proveCrossings(t, b, n)
	}
}
