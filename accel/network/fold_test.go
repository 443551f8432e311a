package network_test

import (
	"slices"
	"strings"
	"testing"

	"braid/accel/network"
	"braid/accel/network/testnet"
)

// TestComputedShapesAreFolded wants the nodes that compute shapes out of the way
// once the input has a size.
func TestComputedShapesAreFolded(t *testing.T) {
	n := parse(t, testnet.ComputedShapes(t))
	if err := n.FixInput("in", []int64{1, 3, 10, 6}); err != nil {
		t.Fatal(err)
	}
	var at []string
	for _, c := range n.Cuts() {
		at = append(at, c.At)
		if len(c.Tensors) != 1 {
			t.Errorf("%q crosses the cut at %s", c.Tensors, c.At)
		}
	}
	if want := []string{"a", "up", "b"}; !slices.Equal(at, want) {
		t.Fatalf("cut points %q, not %q", at, want)
	}
	segments := split(t, n, at...)
	for i, want := range []string{"a:a.w", "up:sizes", "b:b.w", "rows:to"} {
		m := decode(t, segments[i].ONNX)
		var nodes, weights []string
		for _, p := range m.Graph.Node {
			nodes = append(nodes, p.GetName())
		}
		for _, w := range m.Graph.Initializer {
			weights = append(weights, w.GetName())
		}
		if got := strings.Join(nodes, " ") + ":" + strings.Join(weights, " "); got != want {
			t.Errorf("segment %d has %s, not %s", i, got, want)
		}
		parse(t, segments[i].ONNX)
	}
	if got := segments[3].Outputs[0].Shape; !slices.Equal(got, []int64{1, 6, 20 * 12}) {
		t.Errorf("the output is %v", got)
	}
}

func TestSymbolicShapesAreNotFolded(t *testing.T) {
	for _, l := range parse(t, testnet.ComputedShapes(t)).Layers() {
		if l.Constant {
			t.Errorf("%s is folded before the input has a size", l.Name)
		}
	}
}

func TestLayersOfComputedShapes(t *testing.T) {
	n := parse(t, testnet.ComputedShapes(t))
	if err := n.FixInput("in", []int64{1, 3, 10, 6}); err != nil {
		t.Fatal(err)
	}
	layers := n.Layers()
	i := slices.IndexFunc(layers, func(l network.Layer) bool { return l.Name == "sizes" })
	if l := layers[i]; !l.Constant || l.ActivationBytes != 0 || l.ParameterBytes != 0 {
		t.Errorf("got %+v", l)
	}
	i = slices.IndexFunc(layers, func(l network.Layer) bool { return l.Name == "b" })
	if l := layers[i]; l.Work != 6*4*20*12 || l.ParameterBytes != 6*4*4 || l.ActivationBytes != 6*20*12*4 {
		t.Errorf("got %+v", l)
	}
}
