package network_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"braid/accel"
	"braid/accel/network"
	"braid/internal/testdata"
)

// TestRealFiles cuts the detectors of the test data at random pairs of cuts.
func TestRealFiles(t *testing.T) {
	for _, tt := range []struct {
		file         string
		nodes, cuts  int
		parameters   int64
		inputs, outs int
	}{
		{"models/yolox_nano.onnx", 369, 368, 904_481, 1, 1},
		{"models/yolo-fastest-1.1-xl.onnx", 164, 163, 886_290, 1, 2},
	} {
		t.Run(tt.file, func(t *testing.T) {
			n, err := network.Load(testdata.Path(t, tt.file))
			if err != nil {
				t.Fatal(err)
			}
			cuts, s := n.Cuts(), n.Summary()
			if s.Nodes != tt.nodes || len(cuts) != tt.cuts || s.Parameters != tt.parameters || len(s.Inputs) != tt.inputs || len(s.Outputs) != tt.outs {
				t.Errorf("%d cuts, summary %+v", len(cuts), s)
			}
			// The file of the second states no shapes; any will do here.
			probe := func(_ context.Context, _ []byte, tensors []string) (ds []accel.TensorDesc, _ error) {
				for _, name := range tensors {
					ds = append(ds, accel.TensorDesc{Name: name, Type: accel.Float32, Shape: []int64{1}})
				}
				return ds, nil
			}
			rng := rand.New(rand.NewPCG(1, 2))
			for range 10 {
				a := rng.IntN(len(cuts) - 1)
				at := []string{cuts[a].At, cuts[a+1+rng.IntN(len(cuts)-1-a)].At}
				segments, err := n.Split(t.Context(), at, probe)
				if err != nil {
					t.Fatal(err)
				}
				checkSegments(t, n, at, segments)
			}
		})
	}
}

// BenchmarkSplit cuts a network of 64 MB of weights in two. Bytes allocated
// must stay near those of the weights.
func BenchmarkSplit(b *testing.B) {
	const weights = 16 << 20
	nb := network.NewBuilder("large", 13)
	d := accel.TensorDesc{Name: "in", Type: accel.Float32, Shape: []int64{1, 4096}}
	last := nb.Input(d)
	for _, name := range []string{"a", "b", "c", "d"} {
		w := nb.Floats(name+".w", []int64{4096, weights / 4 / 4096}, make([]float32, weights/4))
		nb.Node("Mul", []string{last, w}, []string{name})
		d.Name = name
		nb.ValueInfo(d)
		last = name
	}
	nb.Output(d)
	data, err := nb.Bytes()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if s := split(b, parse(b, data), "b"); len(s) != 2 {
			b.Fatal("not two segments")
		}
	}
}
