package network_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/testnet"
	"braid/internal/testdata"
)

// TestRealFiles cuts the detectors of the test data at random pairs of cuts.
func TestRealFiles(t *testing.T) {
	for _, tt := range []struct {
		file         string
		nodes, cuts  int
		parameters   int64
		work         int64 // counted apart from braid: by onnx's own shape inference, and by the maker of the second file
		inputs, outs int
	}{
		{"models/yolox_nano.onnx", 369, 368, 904_481, 522_553_408, 1, 1},
		{"models/yolo-fastest-1.1-xl.onnx", 164, 163, 886_290, 361_700_800, 1, 2},
	} {
		t.Run(tt.file, func(t *testing.T) {
			n, err := network.Load(testdata.Path(t, tt.file))
			if err != nil {
				t.Fatal(err)
			}
			cuts, s := n.Cuts(), n.Summary()
			if s.Nodes != tt.nodes || len(cuts) != tt.cuts || s.Parameters != tt.parameters || s.Work != tt.work || len(s.Inputs) != tt.inputs || len(s.Outputs) != tt.outs {
				t.Errorf("%d cuts, summary %+v", len(cuts), s)
			}
			if i := slices.IndexFunc(cuts, func(c network.Cut) bool { return c.Bytes <= 0 }); i >= 0 {
				t.Errorf("%d bytes cross at %s", cuts[i].Bytes, cuts[i].At)
			}
			rng := rand.New(rand.NewPCG(1, 2))
			for range 10 {
				a := rng.IntN(len(cuts) - 1)
				at := []string{cuts[a].At, cuts[a+1+rng.IntN(len(cuts)-1-a)].At}
				segments, err := n.Split(t.Context(), at, nil)
				if err != nil {
					t.Fatal(err)
				}
				checkSegments(t, n, at, segments)
			}
		})
	}
}

// BenchmarkCuts lists the cut points of a network that has about as many nodes as
// the largest detectors, from its bytes on.
func BenchmarkCuts(b *testing.B) {
	data := testnet.RandomDAG(b, 1, 700)
	b.ReportAllocs()
	for b.Loop() {
		if c := parse(b, data).Cuts(); len(c) < 500 {
			b.Fatalf("%d cut points", len(c))
		}
	}
}

// BenchmarkSplit cuts a network of 64 MB of weights in two. Bytes allocated
// must stay near those of the weights.
func BenchmarkSplit(b *testing.B) {
	const side = 2048 // of four matrices
	nb := network.NewBuilder("large", 13)
	d := accel.TensorDesc{Name: "in", Type: accel.Float32, Shape: []int64{1, side}}
	last := nb.Input(d)
	for _, name := range []string{"a", "b", "c", "d"} {
		w := nb.Floats(name+".w", []int64{side, side}, make([]float32, side*side))
		nb.Node("MatMul", []string{last, w}, []string{name})
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
