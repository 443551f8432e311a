package quantize_test

import (
	"slices"
	"strings"
	"testing"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/onnxpb"
	"braid/accel/network/quantize"
)

// old is an operator of an older opset between two convolutions.
type old struct {
	name  string
	opset int
	node  func(b *network.Builder, in string) (out string) // of a [1,2,4,4] tensor
	then  string                                           // the operator in opset 13
	reads int                                              // its inputs there, left-out ones too
	attrs []string                                         // its attributes there
}

func single(op string, inputs []string, attrs ...network.Attr) func(*network.Builder, string) string {
	return func(b *network.Builder, in string) string {
		b.Node(op, append([]string{in}, inputs...), []string{"z"}, attrs...)
		return "z"
	}
}

var olds = []old{
	{"Squeeze", 11, func(b *network.Builder, in string) string {
		b.Node("Unsqueeze", []string{in}, []string{"u"}, network.AttrInts("axes", 0))
		b.Node("Squeeze", []string{"u"}, []string{"z"}, network.AttrInts("axes", 0))
		return "z"
	}, "Squeeze", 2, nil},
	{"Unsqueeze", 11, func(b *network.Builder, in string) string {
		b.Node("Unsqueeze", []string{in}, []string{"z"}, network.AttrInts("axes", 0))
		b.Node("Squeeze", []string{"z"}, []string{"s"}, network.AttrInts("axes", 0))
		return "s"
	}, "Unsqueeze", 2, nil},
	{"ReduceSum", 12, single("ReduceSum", nil, network.AttrInts("axes", 2, 3), network.AttrInt("keepdims", 1)), "ReduceSum", 2, []string{"keepdims"}},
	{"ReduceMean", 11, single("ReduceMean", nil, network.AttrInts("axes", 2, 3), network.AttrInt("keepdims", 1)), "ReduceMean", 1, []string{"axes", "keepdims"}},
	{"Split", 11, func(b *network.Builder, in string) string {
		b.Node("Split", []string{in}, []string{"z", "rest"}, network.AttrInt("axis", 1), network.AttrInts("split", 1, 1))
		b.Node("Concat", []string{"rest", "z"}, []string{"both"}, network.AttrInt("axis", 1))
		return "both"
	}, "Split", 2, []string{"axis"}},
	{"Softmax along the last axis", 11, single("Softmax", nil, network.AttrInt("axis", 3)), "Softmax", 1, []string{"axis"}},
	{"Clip", 9, single("Clip", nil, network.AttrFloat("min", -0.5), network.AttrFloat("max", 0.5)), "Clip", 3, nil},
	{"Clip above", 9, single("Clip", nil, network.AttrFloat("max", 0.5)), "Clip", 3, nil},
	{"Clip of inputs", 11, func(b *network.Builder, in string) string {
		b.Node("Clip", []string{in, b.Floats("low", nil, []float32{-1})}, []string{"z"})
		return "z"
	}, "Clip", 2, nil},
	{"Pad", 9, func(b *network.Builder, in string) string {
		b.Node("Pad", []string{in}, []string{"z"}, network.AttrInts("pads", 0, 0, 1, 1, 0, 0, 1, 1), network.AttrFloat("value", 2))
		return "z"
	}, "Pad", 3, nil},
	{"Slice", 9, single("Slice", nil, network.AttrInts("starts", 1), network.AttrInts("ends", 3), network.AttrInts("axes", 2)), "Slice", 4, nil},
	{"Resize of opset 10", 10, func(b *network.Builder, in string) string {
		b.Node("Resize", []string{in, b.Floats("by", []int64{4}, []float32{1, 1, 2, 3})}, []string{"z"}, network.AttrString("mode", "nearest"))
		return "z"
	}, "Resize", 3, []string{"mode", "coordinate_transformation_mode", "nearest_mode"}},
	{"Upsample of opset 9", 9, func(b *network.Builder, in string) string {
		b.Node("Upsample", []string{in, b.Floats("by", []int64{4}, []float32{1, 1, 2, 2})}, []string{"z"}, network.AttrString("mode", "linear"))
		return "z"
	}, "Resize", 3, []string{"mode", "coordinate_transformation_mode", "nearest_mode"}},
	{"Upsample of opset 7", 7, single("Upsample", nil, network.AttrFloats("scales", 1, 1, 2, 2)), "Resize", 3, []string{"coordinate_transformation_mode", "nearest_mode"}},
	{"Dropout", 10, single("Dropout", nil, network.AttrFloat("ratio", 0.5)), "Dropout", 1, nil},
	{"BatchNormalization", 7, func(b *network.Builder, in string) string {
		two := []int64{2}
		b.Node("BatchNormalization", []string{
			in, b.Floats("gain", two, []float32{1, 2}), b.Floats("shift", two, []float32{0.5, -0.5}),
			b.Floats("mean", two, []float32{0.1, 0.2}), b.Floats("var", two, []float32{1, 4}),
		}, []string{"z"}, network.AttrInt("spatial", 1))
		return "z"
	}, "BatchNormalization", 5, nil},
}

// around puts the operator between two convolutions.
func around(t tb, opset int, node func(*network.Builder, string) string) []byte {
	b := network.NewBuilder("old", opset)
	w := b.Floats("w", []int64{2, 2, 1, 1}, []float32{1, -0.5, 0.25, 1})
	b.Node("Conv", []string{b.Input(desc("x", 1, 2, 4, 4)), w}, []string{"a"})
	b.Node("Conv", []string{node(b, "a"), w}, []string{"y"})
	b.Output(accel.TensorDesc{Name: "y", Type: accel.Float32, Shape: []int64{1, 2, -1, -1}})
	return build(t, b)
}

// TestRaise looks at what becomes of operators of older opsets; what they compute is
// held against ONNX Runtime in TestRaisedComputesTheSame.
func TestRaise(t *testing.T) {
	for _, o := range olds {
		t.Run(o.name, func(t *testing.T) {
			m := decode(t, raised(t, around(t, o.opset, o.node)))
			if v := m.OpsetImport[0].GetVersion(); v != 13 || m.GetIrVersion() < 7 {
				t.Fatalf("opset %d, IR %d", v, m.GetIrVersion())
			}
			i := slices.IndexFunc(m.Graph.Node, func(n *onnxpb.NodeProto) bool { return slices.Contains(n.Output, "z") })
			n := m.Graph.Node[i]
			var attrs []string
			for _, a := range n.Attribute {
				attrs = append(attrs, a.GetName())
			}
			if n.GetOpType() != o.then || len(n.Input) != o.reads || !slices.Equal(attrs, o.attrs) {
				t.Errorf("%s reads %q and has the attributes %q, want %s, %d and %q", n.GetOpType(), n.Input, attrs, o.then, o.reads, o.attrs)
			}
		})
	}
}

func raised(t tb, onnx []byte) []byte {
	t.Helper()
	q, err := quantize.New(onnx, quantize.Options{})
	if err != nil {
		t.Fatalf("%v", err)
	}
	data, err := q.Raised()
	if err != nil {
		t.Fatalf("%v", err)
	}
	return data
}

// TestNewerOpsetStays: nothing is lowered.
func TestNewerOpsetStays(t *testing.T) {
	m := decode(t, raised(t, around(t, 17, single("Relu", nil))))
	if v := m.OpsetImport[0].GetVersion(); v != 17 {
		t.Errorf("opset %d, want 17", v)
	}
}

// TestCannotBeRaised names the operator, and what to do.
func TestCannotBeRaised(t *testing.T) {
	for _, c := range []struct {
		name  string
		opset int
		node  func(*network.Builder, string) string
		want  string
	}{
		{"unknown", 11, single("Hardmax", nil), "(Hardmax) cannot be raised from opset 11 to 13"},
		{"several dimensions at once", 11, single("Softmax", nil, network.AttrInt("axis", 1)), "sums over the dimensions [2 4 4] at once"},
		{"a mask", 9, func(b *network.Builder, in string) string {
			b.Node("Dropout", []string{in}, []string{"z", "mask"})
			return "z"
		}, "its mask is read"},
		{"shrinking", 10, func(b *network.Builder, in string) string {
			b.Node("Resize", []string{in, b.Floats("by", []int64{4}, []float32{1, 1, 0.5, 0.5})}, []string{"z"}, network.AttrString("mode", "nearest"))
			return "z"
		}, "it shrinks, by 0.5"},
		{"computed scales", 9, func(b *network.Builder, in string) string {
			b.Node("Exp", []string{b.Floats("log", []int64{4}, []float32{0, 0, 1, 1})}, []string{"by"})
			b.Node("Upsample", []string{in, "by"}, []string{"z"})
			return "z"
		}, "its scales are not constant"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := quantize.New(around(t, c.opset, c.node), quantize.Options{})
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "export the network with opset 13") {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
