//go:build e2e

package ort

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/testnet"
	"braid/internal/testdata"
)

// chain loads segments, binds them to one set of tensors and gives the function
// that runs them in order.
func chain(t *testing.T, b *Backend, segments []*accel.Segment) (bindings *accel.Bindings, run func()) {
	t.Helper()
	var all []accel.TensorDesc
	for _, s := range segments {
		for _, d := range slices.Concat(s.Inputs, s.Outputs) {
			if !slices.ContainsFunc(all, d.Equal) {
				all = append(all, d)
			}
		}
	}
	m, err := b.Alloc(cpu, all)
	if err != nil {
		t.Fatal(err)
	}
	bindings = accel.NewBindings(0, m)
	t.Cleanup(func() { closed(t, bindings) })
	var list []accel.Call
	for _, s := range segments {
		e := load(t, b, s, accel.LoadOptions{Threads: 1})
		x, err := e.NewExec()
		if err != nil {
			t.Fatal(err)
		}
		c, err := x.Bind(bindings)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closed(t, c, x, e) })
		list = append(list, c)
	}
	return bindings, func() {
		var ready accel.Event
		for _, c := range list {
			if ready, err = c.Start(t.Context(), ready); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestCutNetwork cuts a real network, whose file states no inner shapes, in
// three at seeded places: the chain gives what the whole gives.
func TestCutNetwork(t *testing.T) {
	n, err := network.Load(testdata.Path(t, "models/yolox_nano.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	b := open(t)
	t.Cleanup(func() { closed(t, b) })
	wholeBindings, whole := chain(t, b, []*accel.Segment{yoloxNano(t)})
	in, _ := wholeBindings.Tensor("images", cpu)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range in.Float32s() {
		in.Float32s()[i] = float32(random.IntN(256))
	}
	whole()
	want, _ := wholeBindings.Tensor("output", cpu)
	cuts := n.Cuts()
	for range 3 {
		i, j := random.IntN(len(cuts)-1), 0
		j = i + 1 + random.IntN(len(cuts)-1-i)
		at := []string{cuts[i].At, cuts[j].At}
		segments, err := n.Split(t.Context(), at, b.Probe)
		if err != nil {
			t.Fatalf("cut at %v: %v", at, err)
		}
		bindings, run := chain(t, b, segments)
		images, _ := bindings.Tensor("images", cpu)
		copy(images.Data, in.Data)
		run()
		got, _ := bindings.Tensor("output", cpu)
		if d := farthest(got.Float32s(), want.Float32s()); d > 1e-5 {
			t.Errorf("cut at %v: differs by %g of the largest value", at, d)
		}
	}
}

// TestCutComputedShapes cuts a network that computes shapes at each of its cut
// points: what was folded for the input's size gives what the file as it is gives.
func TestCutComputedShapes(t *testing.T) {
	n, err := network.Parse(testnet.ComputedShapes(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := n.FixInput("in", []int64{1, 3, 10, 6}); err != nil {
		t.Fatal(err)
	}
	file, err := n.WithOutputs(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := open(t)
	t.Cleanup(func() { closed(t, b) })
	wholeBindings, whole := chain(t, b, []*accel.Segment{{Name: "whole", ONNX: file, Inputs: n.Inputs(), Outputs: n.Outputs()}})
	in, _ := wholeBindings.Tensor("in", cpu)
	random := rand.New(rand.NewPCG(3, 4))
	for i := range in.Float32s() {
		in.Float32s()[i] = random.Float32()
	}
	whole()
	want, _ := wholeBindings.Tensor("rows", cpu)
	for _, c := range n.Cuts() {
		segments, err := n.Split(t.Context(), []string{c.At}, nil)
		if err != nil {
			t.Fatal(err)
		}
		bindings, run := chain(t, b, segments)
		x, _ := bindings.Tensor("in", cpu)
		copy(x.Data, in.Data)
		run()
		got, _ := bindings.Tensor("rows", cpu)
		if d := farthest(got.Float32s(), want.Float32s()); d > 1e-5 {
			t.Errorf("cut at %s: differs by %g of the largest value", c.At, d)
		}
	}
}

// farthest is max|a-b| / max|b|.
func farthest(a, b []float32) float64 {
	var diff, scale float64
	for i := range b {
		diff = max(diff, math.Abs(float64(a[i]-b[i])))
		scale = max(scale, math.Abs(float64(b[i])))
	}
	return diff / scale
}
