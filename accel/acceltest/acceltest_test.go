package acceltest

import (
	"math"
	"slices"
	"testing"

	"braid/accel"
	"braid/accel/network"
)

// TestReference holds the reference against numbers worked out by hand.
func TestReference(t *testing.T) {
	a := array{1, 2, 4, []float32{1, -2, 3, 0, -1, 5, -6, 2}}
	b := array{1, 2, 4, []float32{1, 1, 1, 1, 2, 2, 2, 2}}
	two := array{2, 1, 2, []float32{1, 2, 10, 20}}
	edge := []float32{0, 0, 0, 0, 1, 0, 0, 0, 2} // centre, and twice the lower right neighbour
	for name, c := range map[string]struct{ got, want array }{
		"relu":     {relu(a), array{1, 2, 4, []float32{1, 0, 3, 0, 0, 5, 0, 2}}},
		"add":      {add(a, b), array{1, 2, 4, []float32{2, -1, 4, 1, 1, 7, -4, 4}}},
		"concat":   {concat(two, array{1, 1, 2, []float32{7, 8}}), array{3, 1, 2, []float32{1, 2, 10, 20, 7, 8}}},
		"max pool": {maxPool(a), array{1, 1, 2, []float32{5, 3}}},
		"conv 3x3": {conv(a, edge, []float32{100}, 3), array{1, 2, 4, []float32{111, 86, 107, 100, 99, 105, 94, 102}}},
		"conv 1x1": {conv(two, []float32{1, 1, -1, 0}, []float32{0, 5}, 1), array{2, 1, 2, []float32{11, 22, 4, 3}}},
	} {
		if c.got.c != c.want.c || c.got.h != c.want.h || c.got.w != c.want.w || !slices.Equal(c.got.v, c.want.v) {
			t.Errorf("%s = %v, want %v", name, c.got, c.want)
		}
	}
}

func TestDifference(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		got, want []float32
		diff      float64
	}{
		{[]float32{1, 2}, []float32{1, 2}, 0},
		{[]float32{1, 3}, []float32{1, -4}, 7.0 / 4},
		{[]float32{0}, []float32{0}, 0},
		{[]float32{1}, []float32{0}, math.Inf(1)},
		{[]float32{nan}, []float32{1}, math.Inf(1)},
		{[]float32{1}, []float32{1, 1}, math.Inf(1)},
	} {
		if got := difference(c.got, c.want); got != c.diff {
			t.Errorf("difference(%v, %v) = %v, want %v", c.got, c.want, got, c.diff)
		}
	}
}

// TestNetworks: what build writes is a network with the tensors that it states.
func TestNetworks(t *testing.T) {
	s, layers := simple(t)
	n, err := network.Parse(s.ONNX)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(n.Inputs(), s.Inputs, accel.TensorDesc.Equal) || !slices.EqualFunc(n.Outputs(), s.Outputs, accel.TensorDesc.Equal) {
		t.Errorf("tensors %v, %v, want %v, %v", n.Inputs(), n.Outputs(), s.Inputs, s.Outputs)
	}
	if got := len(n.Layers()); got != len(layers) {
		t.Errorf("%d layers, want %d", got, len(layers))
	}
	x := newArray(2, 6, 6)
	fill(x.v, 1)
	values := map[string]array{"x": x}
	evaluate(layers, values)
	if y := values["y"]; len(y.v) != 3*6*6 || slices.Max(y.v) <= 0 || slices.Min(y.v) != 0 {
		t.Errorf("y = %v: want positive numbers and zeros", y.v)
	}
}
