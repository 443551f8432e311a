package acceltest

import (
	"math/rand/v2"
	"testing"

	"braid/accel"
	"braid/accel/network"
)

// opset is an operator set that every runtime of these years has.
const opset = 13

// layer is one node of a test network and what Go says that it computes.
type layer struct {
	op      string
	in      []string
	out     string
	attrs   []network.Attr
	weights map[string]array   // initialisers that in names; c, h, w hold no meaning
	shapes  map[string][]int64 // of the weights
	eval    func(in []array) array
}

// build makes a Segment of layers.
func build(t testing.TB, name string, layers []layer, in, out []accel.TensorDesc) *accel.Segment {
	t.Helper()
	b := network.NewBuilder(name, opset)
	for _, d := range in {
		b.Input(d)
	}
	for _, l := range layers {
		for _, input := range l.in {
			if w, ok := l.weights[input]; ok {
				b.Floats(input, l.shapes[input], w.v)
			}
		}
		b.Node(l.op, l.in, []string{l.out}, l.attrs...)
	}
	for _, d := range out {
		b.Output(d)
	}
	data, err := b.Bytes()
	if err != nil {
		t.Fatalf("writing network %s: %v", name, err)
	}
	return &accel.Segment{Name: name, ONNX: data, Inputs: in, Outputs: out, Layers: len(layers)}
}

// evaluate computes layers in Go. It reads and extends values.
func evaluate(layers []layer, values map[string]array) {
	for _, l := range layers {
		var in []array
		for _, name := range l.in {
			if a, ok := values[name]; ok {
				in = append(in, a)
			}
		}
		values[l.out] = l.eval(in)
	}
}

// desc describes a float32 tensor 1 x c x h x w.
func desc(name string, c, h, w int64) accel.TensorDesc {
	return accel.TensorDesc{Name: name, Type: accel.Float32, Shape: []int64{1, c, h, w}}
}

// convLayer is a Conv of k x k with fixed weights, seeded by its output's name.
func convLayer(in, out string, from, to, k int) layer {
	weights, bias := newArray(to*from, k, k), newArray(to, 1, 1)
	fill(weights.v, uint64(len(out)+to))
	fill(bias.v, uint64(len(out)+from))
	pad := int64(k / 2)
	w, b := out+".w", out+".b"
	return layer{
		op: "Conv", in: []string{in, w, b}, out: out,
		attrs:   []network.Attr{network.AttrInts("kernel_shape", int64(k), int64(k)), network.AttrInts("pads", pad, pad, pad, pad)},
		weights: map[string]array{w: weights, b: bias},
		shapes:  map[string][]int64{w: {int64(to), int64(from), int64(k), int64(k)}, b: {int64(to)}},
		eval:    func(in []array) array { return conv(in[0], weights.v, bias.v, k) },
	}
}

func reluLayer(in, out string) layer {
	return layer{op: "Relu", in: []string{in}, out: out, eval: func(in []array) array { return relu(in[0]) }}
}

func addLayer(a, b, out string) layer {
	return layer{op: "Add", in: []string{a, b}, out: out, eval: func(in []array) array { return add(in[0], in[1]) }}
}

func concatLayer(a, b, out string) layer {
	return layer{
		op: "Concat", in: []string{a, b}, out: out,
		attrs: []network.Attr{network.AttrInt("axis", 1)},
		eval:  func(in []array) array { return concat(in[0], in[1]) },
	}
}

func maxPoolLayer(in, out string) layer {
	return layer{
		op: "MaxPool", in: []string{in}, out: out,
		attrs: []network.Attr{network.AttrInts("kernel_shape", 2, 2), network.AttrInts("strides", 2, 2)},
		eval:  func(in []array) array { return maxPool(in[0]) },
	}
}

// fill writes seeded numbers: eighths from -2 to 2, so that float32 sums of
// their products are exact in any order.
func fill(v []float32, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range v {
		v[i] = float32(r.IntN(33)-16) / 8
	}
}

// simple is a network of one input x and one output y that most parts use.
func simple(t testing.TB) (*accel.Segment, []layer) {
	layers := []layer{convLayer("x", "c", 2, 3, 3), reluLayer("c", "y")}
	return build(t, "simple", layers, []accel.TensorDesc{desc("x", 2, 6, 6)}, []accel.TensorDesc{desc("y", 3, 6, 6)}), layers
}
