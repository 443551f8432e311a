package network_test

import (
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/testnet"
)

// TestWork multiplies by hand. Each network has one node with work, "y".
func TestWork(t *testing.T) {
	type tensor struct {
		name  string
		shape []int64
	}
	for _, tt := range []struct {
		name, op string
		inputs   []tensor
		weights  []tensor
		attrs    []network.Attr
		want     int64
	}{
		{"convolution", "Conv", []tensor{{"x", []int64{1, 3, 8, 8}}}, []tensor{{"w", []int64{5, 3, 3, 3}}}, nil, 5 * 6 * 6 * 3 * 9},
		{"padding counts", "Conv", []tensor{{"x", []int64{1, 3, 8, 8}}}, []tensor{{"w", []int64{5, 3, 3, 3}}}, []network.Attr{network.AttrInts("pads", 1, 1, 1, 1)}, 5 * 8 * 8 * 3 * 9},
		{"depthwise", "Conv", []tensor{{"x", []int64{1, 6, 8, 8}}}, []tensor{{"w", []int64{6, 1, 3, 3}}}, []network.Attr{network.AttrInt("group", 6)}, 6 * 6 * 6 * 9},
		{"transposed", "ConvTranspose", []tensor{{"x", []int64{1, 3, 8, 8}}}, []tensor{{"w", []int64{3, 5, 2, 2}}}, []network.Attr{network.AttrInts("strides", 2, 2)}, 3 * 8 * 8 * 5 * 4},
		{"matrices", "MatMul", []tensor{{"x", []int64{2, 3, 4}}}, []tensor{{"w", []int64{4, 5}}}, nil, 2 * 3 * 5 * 4},
		{"two inputs", "MatMul", []tensor{{"x", []int64{3, 4}}, {"v", []int64{4}}}, nil, nil, 3 * 4},
		{"gemm", "Gemm", []tensor{{"x", []int64{3, 4}}}, []tensor{{"w", []int64{4, 5}}, {"b", []int64{5}}}, nil, 3 * 5 * 4},
		{"gemm, transposed", "Gemm", []tensor{{"x", []int64{4, 3}}}, []tensor{{"w", []int64{5, 4}}}, []network.Attr{network.AttrInt("transA", 1), network.AttrInt("transB", 1)}, 3 * 5 * 4},
		{"element by element", "Sigmoid", []tensor{{"x", []int64{3, 4}}}, nil, nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := network.NewBuilder("work", testnet.Opset)
			var in []string
			for _, x := range tt.inputs {
				in = append(in, b.Input(accel.TensorDesc{Name: x.name, Type: accel.Float32, Shape: x.shape}))
			}
			bytes := int64(0)
			for _, w := range tt.weights {
				d := accel.TensorDesc{Type: accel.Float32, Shape: w.shape}
				in = append(in, b.Floats(w.name, w.shape, make([]float32, d.Elems())))
				bytes += d.Bytes()
			}
			b.Node(tt.op, in, []string{"y"}, tt.attrs...)
			b.Output(accel.TensorDesc{Name: "y", Type: accel.Float32, Shape: []int64{-1}})
			data, err := b.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			n := parse(t, data)
			l := n.Layers()[0]
			if l.Work != tt.want || l.ParameterBytes != bytes || l.ActivationBytes != l.Outputs[0].Bytes() || l.ActivationBytes <= 0 {
				t.Errorf("got %+v, not %d multiply-adds and %d bytes of parameters", l, tt.want, bytes)
			}
			if s := n.Summary(); s.Work != tt.want || s.ParameterBytes != bytes {
				t.Errorf("the summary says %+v", s)
			}
		})
	}
}

// TestSharedParameters are counted at each reader, but once for the network, and
// through folded nodes.
func TestSharedParameters(t *testing.T) {
	n := parse(t, testnet.Folded(t)) // x, y and out read scale*offset; offset is an initialiser of 16 bytes
	for _, l := range n.Layers() {
		want := int64(16)
		switch l.Name {
		case "scale", "bias":
			want = 0 // folded
		case "a":
			want = 4*4*9*4 + 16
		}
		if l.ParameterBytes != want {
			t.Errorf("%s reads %d bytes of parameters, not %d", l.Name, l.ParameterBytes, want)
		}
	}
	if s := n.Summary(); s.ParameterBytes != 4*4*9*4+16+16 {
		t.Errorf("the network has %d bytes of parameters", s.ParameterBytes)
	}
}

func TestPeakActivation(t *testing.T) {
	const tensor = 4 * 8 * 8 * 4
	// At c: in, which is read at the end, a, which sum reads, b and c.
	if s := parse(t, testnet.Skip(t)).Summary(); s.PeakActivationBytes != 4*tensor {
		t.Errorf("%d bytes, not %d", s.PeakActivationBytes, 4*tensor)
	}
}

// TestCutsAddUp holds sums of layers against what cuts say.
func TestCutsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := parse(t, testnet.RandomDAG(t, rapid.Uint64().Draw(t, "seed"), rapid.IntRange(1, 40).Draw(t, "nodes")))
		layers, known := n.Layers(), map[string]accel.TensorDesc{}
		for _, d := range n.Inputs() {
			known[d.Name] = d
		}
		for _, l := range layers {
			for _, d := range l.Outputs {
				known[d.Name] = d
			}
		}
		for _, c := range n.Cuts() {
			var work [2]int64
			var count [2]int
			for _, l := range layers {
				side := 0
				if l.Index >= c.Index {
					side = 1
				}
				work[side] += l.Work
				if !l.Constant {
					count[side]++
				}
			}
			var bytes int64
			for _, name := range c.Tensors {
				bytes += known[name].Bytes()
			}
			if work != [2]int64{c.WorkBefore, c.WorkAfter} || count != [2]int{c.LayersBefore, c.LayersAfter} || bytes != c.Bytes {
				t.Fatalf("cut %+v: %v work, %v layers, %d bytes", c, work, count, bytes)
			}
		}
	})
}

func TestResolve(t *testing.T) {
	n := parse(t, testnet.Unstated(t))
	if c := n.Cuts(); len(c) != 2 || c[0].Bytes != -1 {
		t.Fatalf("cuts %+v before a probe", c)
	}
	probe := &fakeProbe{t: t, shape: []int64{1, 3, 8, 8}}
	for range 2 {
		if err := n.Resolve(t.Context(), probe.probe); err != nil {
			t.Fatal(err)
		}
	}
	if c := n.Cuts(); c[0].Bytes != 768 || c[1].Bytes != 768 || probe.calls != 1 {
		t.Errorf("cuts %+v after %d probes", c, probe.calls)
	}
	known := parse(t, testnet.Skip(t))
	never := func(context.Context, []byte, []string) ([]accel.TensorDesc, error) {
		t.Error("a probe for shapes that follow from the input's")
		return nil, nil
	}
	if err := known.Resolve(t.Context(), never); err != nil {
		t.Error(err)
	}
}

// TestStatedShapes come in where an operator has no rule, and go where the input
// says otherwise.
func TestStatedShapes(t *testing.T) {
	b := network.NewBuilder("stated", testnet.Opset)
	d := func(name string, shape ...int64) accel.TensorDesc {
		return accel.TensorDesc{Name: name, Type: accel.Float32, Shape: shape}
	}
	b.Node("LpNormalization", []string{b.Input(d("in", 2, 3))}, []string{"a"})
	b.ValueInfo(d("a", 2, 3))
	b.Node("Relu", []string{"a"}, []string{"b"})
	b.ValueInfo(d("b", 7, 7)) // stale
	b.Node("Neg", []string{"b"}, []string{"out"})
	b.Output(d("out", 2, 3))
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	got, err := parse(t, data).Describe(t.Context(), []string{"a", "b"}, nil)
	if err != nil || !slices.Equal(got[0].Shape, []int64{2, 3}) || !slices.Equal(got[1].Shape, []int64{2, 3}) {
		t.Errorf("got %v, %v", got, err)
	}
}
