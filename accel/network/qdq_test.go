package network_test

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/onnxpb"
)

// quantNet writes the same network with Q/DQ, or, where plain, without.
type quantNet struct {
	*network.Builder
	plain  bool
	ranges map[string]float32 // what StripQDQ is to find
	pairs  int
}

func newQuantNet(plain bool) *quantNet {
	return &quantNet{network.NewBuilder("quantised", 13), plain, map[string]float32{}, 0}
}

// constant is a float32 constant without or with one dimension.
func (q *quantNet) constant(name string, v ...float32) string {
	if len(v) == 1 {
		return q.Floats(name, nil, v)
	}
	return q.Floats(name, []int64{int64(len(v))}, v)
}

func (q *quantNet) zero(name string, t accel.DType, n int) string {
	d := accel.TensorDesc{Name: name, Type: t}
	if n > 1 {
		d.Shape = []int64{int64(n)}
	}
	return q.Raw(d, make([]byte, d.Bytes()))
}

// pair puts Q/DQ behind an activation.
func (q *quantNet) pair(tensor string, scale float32) string {
	q.ranges[tensor] = scale * 127
	if q.plain {
		return tensor
	}
	q.pairs++
	p := fmt.Sprintf("%s/pair%d", tensor, q.pairs)
	in := []string{tensor, q.constant(p+".scale", scale), q.zero(p+".zero", accel.Int8, 1)}
	q.Node("QuantizeLinear", in, []string{p + ".q"})
	q.Node("DequantizeLinear", []string{p + ".q", in[1], in[2]}, []string{p})
	return p
}

// weight is one of int8 with a scale for each channel of output; plain, the same
// numbers in float32.
func (q *quantNet) weight(name string, shape []int64, scales []float32) string {
	d := accel.TensorDesc{Name: name + ".int8", Type: accel.Int8, Shape: shape}
	raw, floats := make([]byte, d.Elems()), make([]float32, d.Elems())
	each := len(raw) / len(scales)
	for i := range raw {
		v := int8(i*37 - 90)
		raw[i], floats[i] = byte(v), float32(v)*scales[i/each]
	}
	if q.plain {
		return q.Floats(name, shape, floats)
	}
	in := []string{q.Raw(d, raw), q.constant(name+".scale", scales...), q.zero(name+".zero", accel.Int8, len(scales))}
	q.Node("DequantizeLinear", in, []string{name}, network.AttrInt("axis", 0))
	return name
}

func (q *quantNet) bytes(t tb) []byte {
	t.Helper()
	data, err := q.Bytes()
	if err != nil {
		t.Fatalf("building: %v", err)
	}
	return data
}

// detector is a small network with the joins that detectors have. It is written
// as often as it is called, by a stream of choices.
func (q *quantNet) detector(choose func(n int) int) {
	image := []int64{1, 4, 8, 8}
	tensors := []string{q.Input(accel.TensorDesc{Name: "x", Type: accel.Float32, Shape: image})}
	quantised := map[string]float32{}
	in := func() string {
		t := tensors[choose(len(tensors))]
		if choose(3) == 0 {
			return t
		}
		if quantised[t] == 0 {
			quantised[t] = float32(choose(20)+1) / 64
		}
		return q.pair(t, quantised[t])
	}
	for i := range 3 + choose(6) {
		out := fmt.Sprintf("t%d", i)
		switch choose(5) {
		case 0:
			scales := []float32{.5, .25, .125, float32(choose(9)+1) / 32}
			q.Node("Conv", []string{in(), q.weight(out+".w", []int64{4, 4, 1, 1}, scales[:1+3*choose(2)])}, []string{out})
		case 1:
			q.Node("Relu", []string{in()}, []string{out})
		case 2:
			q.Node("Add", []string{in(), in()}, []string{out})
		case 3:
			q.Node("Concat", []string{in(), in()}, []string{out + "/both"}, network.AttrInt("axis", 1))
			q.Node("Conv", []string{out + "/both", q.weight(out+".w", []int64{4, 8, 1, 1}, []float32{.5})}, []string{out})
		default:
			q.Node("MaxPool", []string{in()}, []string{out}, network.AttrInts("kernel_shape", 3, 3), network.AttrInts("pads", 1, 1, 1, 1))
		}
		tensors = append(tensors, out)
	}
	q.Output(accel.TensorDesc{Name: tensors[len(tensors)-1], Type: accel.Float32, Shape: image})
}

// TestStripQDQ holds what remains against the network that was written without.
func TestStripQDQ(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		choices := rapid.SliceOfN(rapid.IntRange(0, 1<<20), 120, 120).Draw(t, "choices")
		var nets [2]*quantNet
		for i := range nets {
			at := 0
			nets[i] = newQuantNet(i == 0)
			nets[i].detector(func(n int) int {
				at++
				return choices[at-1] % n
			})
		}
		plain, ranges, err := network.StripQDQ(nets[1].bytes(t))
		if err != nil {
			t.Fatalf("stripping: %v", err)
		}
		same(t, plain, nets[0].bytes(t))
		if !maps.Equal(ranges, nets[1].ranges) {
			t.Errorf("ranges %v, not %v", ranges, nets[1].ranges)
		}
	})
}

// same compares two networks but for the order of their weights.
func same(t tb, got, want []byte) {
	t.Helper()
	a, b := decode(t, got), decode(t, want)
	for _, m := range []*onnxpb.ModelProto{a, b} {
		slices.SortFunc(m.Graph.Initializer, func(a, b *onnxpb.TensorProto) int { return cmp.Compare(a.GetName(), b.GetName()) })
	}
	if !proto.Equal(a, b) {
		t.Errorf("got %v\nnot %v", a, b)
	}
}

// TestStripNothing leaves a network without pairs as it is.
func TestStripNothing(t *testing.T) {
	for name, data := range smallNets(t) {
		if name == "ir3style" || name == "unsorted" {
			continue // these are not written as they are read
		}
		plain, ranges, err := network.StripQDQ(data)
		if err != nil || len(ranges) > 0 {
			t.Errorf("%s: %v, ranges %v", name, err, ranges)
			continue
		}
		if !slices.Equal(dataLayers(parse(t, plain)), dataLayers(parse(t, data))) {
			t.Errorf("%s: other layers remain", name)
		}
	}
}

// TestStripOutputs: what a network returns keeps its name, though the pair that
// wrote it is gone.
func TestStripOutputs(t *testing.T) {
	q := newQuantNet(false)
	x := q.Input(accel.TensorDesc{Name: "x", Type: accel.Float32, Shape: []int64{1, 4}})
	q.Node("Relu", []string{x}, []string{"y"})
	q.Node("Sigmoid", []string{q.pair("y", .5)}, []string{"z"})
	for _, name := range []string{q.pair("y", .5), q.pair("y", .5), q.pair("x", .25), "z"} {
		q.Output(accel.TensorDesc{Name: name, Type: accel.Float32, Shape: []int64{1, 4}})
	}
	plain, ranges, err := network.StripQDQ(q.bytes(t))
	if err != nil {
		t.Fatal(err)
	}
	n := parse(t, plain)
	var got []string
	for _, l := range n.Layers() {
		got = append(got, fmt.Sprint(l.Op, l.Inputs, names(l.Outputs)))
	}
	want := []string{"Relu[x] [y/pair2]", "Sigmoid[y/pair2] [z]", "Identity[y/pair2] [y/pair3]", "Identity[x] [x/pair4]"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if !maps.Equal(ranges, map[string]float32{"y/pair2": .5 * 127, "x": .25 * 127}) {
		t.Errorf("ranges %v", ranges)
	}
}

// TestStripRoundsWeights: a pair around a float32 weight leaves what int8 keeps.
func TestStripRoundsWeights(t *testing.T) {
	b := network.NewBuilder("rounded", 13)
	x := b.Input(accel.TensorDesc{Name: "x", Type: accel.Float32, Shape: []int64{1, 1, 1, 1}})
	w := b.Floats("w", []int64{4, 1, 1, 1}, []float32{.3, 1.25, -70, 70})
	in := []string{w, b.Floats("s", []int64{4}, []float32{.5, .5, .5, .5}), b.Raw(accel.TensorDesc{Name: "z", Type: accel.Int8, Shape: []int64{4}}, make([]byte, 4))}
	b.Node("QuantizeLinear", in, []string{"q"}, network.AttrInt("axis", 0))
	b.Node("DequantizeLinear", []string{"q", "s", "z"}, []string{"d"}, network.AttrInt("axis", 0))
	b.Node("Conv", []string{x, "d"}, []string{"y"})
	b.Output(accel.TensorDesc{Name: "y", Type: accel.Float32})
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	plain, ranges, err := network.StripQDQ(data)
	if err != nil || len(ranges) != 0 {
		t.Fatal(err, ranges)
	}
	g := decode(t, plain).Graph
	if len(g.Node) != 1 || len(g.Initializer) != 1 || g.Initializer[0].GetName() != "d" {
		t.Fatalf("got %v", g)
	}
	for i, want := range []float32{.5, 1, -64, 63.5} {
		if got := math.Float32frombits(binary.LittleEndian.Uint32(g.Initializer[0].RawData[4*i:])); got != want {
			t.Errorf("weight %d is %g, not %g", i, got, want)
		}
	}
}

// TestStripRefuses names the node.
func TestStripRefuses(t *testing.T) {
	image := accel.TensorDesc{Name: "x", Type: accel.Float32, Shape: []int64{1, 4, 8, 8}}
	for _, tt := range []struct {
		name string
		make func(q *quantNet)
		want []string
	}{
		{"another scale behind", func(q *quantNet) {
			q.Node("QuantizeLinear", []string{"x", q.constant("s", .5), q.zero("z", accel.Int8, 1)}, []string{"q"})
			q.Node("DequantizeLinear", []string{"q", q.constant("s2", .25), "z"}, []string{"y"})
		}, []string{`node "y"`, "scale"}},
		{"two ranges", func(q *quantNet) { q.Node("Add", []string{q.pair("x", .5), q.pair("x", .25)}, []string{"y"}) }, []string{"x/pair2.q", "range"}},
		{"uint8", func(q *quantNet) {
			q.Node("QuantizeLinear", []string{"x", q.constant("s", .5), q.zero("z", accel.Uint8, 1)}, []string{"q"})
			q.Node("DequantizeLinear", []string{"q", "s", "z"}, []string{"y"})
		}, []string{`node "q"`, "uint8"}},
		{"zero point", func(q *quantNet) {
			z := q.Raw(accel.TensorDesc{Name: "z", Type: accel.Int8}, []byte{3})
			q.Node("QuantizeLinear", []string{"x", q.constant("s", .5), z}, []string{"q"})
			q.Node("DequantizeLinear", []string{"q", "s", z}, []string{"y"})
		}, []string{`node "q"`, "zero point"}},
		{"activation by channel", func(q *quantNet) {
			q.Node("QuantizeLinear", []string{"x", q.constant("s", 1, 1, 1, 1), q.zero("z", accel.Int8, 4)}, []string{"q"})
			q.Node("DequantizeLinear", []string{"q", "s", "z"}, []string{"y"})
		}, []string{`node "q"`, "4 scales"}},
		{"computing on int8", func(q *quantNet) {
			q.Node("QuantizeLinear", []string{"x", q.constant("s", .5), q.zero("z", accel.Int8, 1)}, []string{"q"})
			q.Node("MaxPool", []string{"q"}, []string{"p"}, network.AttrInts("kernel_shape", 1, 1))
			q.Node("DequantizeLinear", []string{"p", "s", "z"}, []string{"y"})
		}, []string{`node "p"`, "MaxPool"}},
		{"scale that is data", func(q *quantNet) {
			q.Input(accel.TensorDesc{Name: "s", Type: accel.Float32})
			q.Node("QuantizeLinear", []string{"x", "s", q.zero("z", accel.Int8, 1)}, []string{"q"})
			q.Node("DequantizeLinear", []string{"q", "s", "z"}, []string{"y"})
		}, []string{`node "q"`, "constant"}},
		{"scale of nothing", func(q *quantNet) { q.Node("Relu", []string{q.pair("x", 0)}, []string{"y"}) }, []string{"x/pair1.q", "scale is 0"}},
		{"no pair", func(q *quantNet) {
			q.Input(accel.TensorDesc{Name: "i", Type: accel.Int8, Shape: image.Shape})
			q.Node("DequantizeLinear", []string{"i", q.constant("s", .5), q.zero("z", accel.Int8, 1)}, []string{"y"})
		}, []string{`node "y"`, "the graph's input"}},
		{"weight of other channels", func(q *quantNet) {
			q.Node("Conv", []string{"x", q.weight("w", []int64{4, 4, 1, 1}, []float32{1, 1})}, []string{"y"})
		}, []string{`node "w"`, "along axis 0"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := newQuantNet(false)
			q.Input(image)
			tt.make(q)
			q.Output(accel.TensorDesc{Name: "y", Type: accel.Float32, Shape: image.Shape})
			_, _, err := network.StripQDQ(q.bytes(t))
			if err == nil {
				t.Fatal("it was stripped")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v: does not say %q", err, want)
				}
			}
		})
	}
}

// FuzzStripQDQ: what comes out can be read, whatever went in.
func FuzzStripQDQ(f *testing.F) {
	for _, data := range smallNets(f) {
		f.Add(data)
	}
	q := newQuantNet(false)
	q.detector(func(n int) int { q.pairs += 7; return q.pairs % n })
	f.Add(q.bytes(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		if plain, _, err := network.StripQDQ(data); err == nil {
			parse(t, plain)
		}
	})
}
