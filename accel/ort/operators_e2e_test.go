//go:build e2e

package ort

import (
	"fmt"
	"testing"

	"braid/accel"
	"braid/accel/network"
)

// operator is a network of one node. Inputs are float32 unless named in types; a
// nil shape leaves an input out.
type operator struct {
	op      string
	opset   int
	in      [][]int64
	more    func(b *network.Builder) []string // further inputs: constants
	attrs   []network.Attr
	outputs int // 0: one
	types   []accel.DType
}

func ints(b *network.Builder, name string, v ...int64) string {
	return b.Ints(name, []int64{int64(len(v))}, v)
}

func floats(b *network.Builder, name string, v ...float32) string {
	return b.Floats(name, []int64{int64(len(v))}, v)
}

// constants makes lists of whole numbers the further inputs; a nil one is left out.
func constants(lists ...[]int64) func(b *network.Builder) []string {
	return func(b *network.Builder) (names []string) {
		for i, l := range lists {
			name := ""
			if l != nil {
				name = ints(b, fmt.Sprintf("c%d", i), l...)
			}
			names = append(names, name)
		}
		return names
	}
}

// scales makes factors, and then sizes where there are some, the further inputs of
// Resize.
func scales(factors []float32, sizes ...int64) func(b *network.Builder) []string {
	return func(b *network.Builder) []string {
		names := []string{"", ""}
		if factors != nil {
			names[1] = floats(b, "scales", factors...)
		}
		if sizes != nil {
			names = append(names, ints(b, "sizes", sizes...))
		}
		return names
	}
}

func upsample(factors ...float32) func(b *network.Builder) []string {
	return func(b *network.Builder) []string { return []string{floats(b, "scales", factors...)} }
}

func (o operator) network(t *testing.T) *network.Network {
	t.Helper()
	b := network.NewBuilder("operator", o.opset)
	var in []string
	for i, shape := range o.in {
		d := accel.TensorDesc{Name: fmt.Sprintf("x%d", i), Type: accel.Float32, Shape: shape}
		if i < len(o.types) {
			d.Type = o.types[i]
		}
		in = append(in, b.Input(d))
	}
	if o.more != nil {
		in = append(in, o.more(b)...)
	}
	var out []string
	for i := range max(1, o.outputs) {
		out = append(out, fmt.Sprintf("y%d", i))
	}
	b.Node(o.op, in, out, o.attrs...)
	// The graph's output is another node's, so that the file says nothing of y0.
	z := accel.TensorDesc{Name: "z", Type: accel.Float32, Shape: []int64{2}}
	b.Node("Neg", []string{b.Input(z)}, []string{"out"})
	z.Name = "out"
	b.Output(z)
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	n, err := network.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestShapesOfOperators holds one operator after the other against ONNX Runtime,
// in the forms that opsets gave them.
func TestShapesOfOperators(t *testing.T) {
	b := open(t)
	t.Cleanup(func() { closed(t, b) })
	attr, attrs, text := network.AttrInt, network.AttrInts, network.AttrString
	picture := [][]int64{{1, 4, 13, 17}}
	with := func(a ...network.Attr) []network.Attr { return a }
	for _, o := range []operator{
		{op: "Conv", opset: 11, in: [][]int64{{2, 4, 13, 17}, {6, 4, 3, 5}}, attrs: with(attrs("strides", 2, 3), attrs("pads", 1, 0, 2, 1))},
		{op: "Conv", opset: 11, in: [][]int64{{1, 4, 13, 17}, {6, 2, 3, 3}}, attrs: with(attr("group", 2), attrs("dilations", 2, 3))},
		{op: "Conv", opset: 11, in: [][]int64{{1, 4, 13, 17}, {6, 4, 3, 3}}, attrs: with(text("auto_pad", "SAME_UPPER"), attrs("strides", 2, 3))},
		{op: "Conv", opset: 11, in: [][]int64{{1, 4, 13, 17}, {6, 4, 3, 3}}, attrs: with(text("auto_pad", "VALID"), attrs("strides", 2, 3))},
		{op: "Conv", opset: 11, in: [][]int64{{1, 4, 13}, {6, 4, 3}}},
		{op: "Conv", opset: 11, in: [][]int64{{1, 4, 5, 6, 7}, {6, 4, 3, 3, 3}}},
		{op: "ConvTranspose", opset: 11, in: [][]int64{{1, 4, 13, 17}, {4, 3, 2, 3}}, attrs: with(attrs("strides", 2, 2), attr("group", 2), attrs("pads", 0, 1, 1, 0), attrs("output_padding", 1, 0))},
		{op: "ConvTranspose", opset: 11, in: [][]int64{{1, 4, 13, 17}, {4, 3, 3, 3}}, attrs: with(text("auto_pad", "SAME_UPPER"), attrs("strides", 2, 3))},
		{op: "ConvTranspose", opset: 11, in: [][]int64{{1, 4, 13, 17}, {4, 3, 3, 3}}, attrs: with(attrs("output_shape", 27, 35), attrs("strides", 2, 2))},
		{op: "MaxPool", opset: 12, in: picture, attrs: with(attrs("kernel_shape", 3, 2), attrs("strides", 2, 2), attrs("pads", 1, 0, 1, 1)), outputs: 2},
		{op: "MaxPool", opset: 12, in: picture, attrs: with(attrs("kernel_shape", 3, 3), attrs("strides", 2, 3), attr("ceil_mode", 1))},
		// In earlier versions ONNX Runtime infers one window more here than it then computes.
		{op: "MaxPool", opset: 22, in: picture, attrs: with(attrs("kernel_shape", 2, 2), attrs("strides", 3, 3), attrs("pads", 1, 1, 1, 1), attr("ceil_mode", 1))},
		{op: "MaxPool", opset: 12, in: picture, attrs: with(attrs("kernel_shape", 3, 3), attrs("dilations", 2, 3))},
		{op: "MaxPool", opset: 12, in: picture, attrs: with(attrs("kernel_shape", 3, 3), attrs("strides", 2, 2), text("auto_pad", "SAME_LOWER"))},
		{op: "AveragePool", opset: 11, in: picture, attrs: with(attrs("kernel_shape", 3, 3), attrs("strides", 2, 2), attr("ceil_mode", 1))},
		{op: "LpPool", opset: 11, in: picture, attrs: with(attrs("kernel_shape", 3, 3), attrs("strides", 2, 2))},
		{op: "GlobalAveragePool", opset: 11, in: picture},
		{op: "GlobalMaxPool", opset: 11, in: picture},
		{op: "Resize", opset: 10, in: picture, more: upsample(1, 1, 2, 1.5)},
		{op: "Resize", opset: 11, in: picture, more: func(b *network.Builder) []string {
			return []string{floats(b, "roi", 0, 0, 0, 0, 1, 1, 1, 1), floats(b, "scales", 1, 1, 2.3, 0.7)}
		}},
		{op: "Resize", opset: 13, in: picture, more: scales([]float32{1, 1, 1.7, 0.3})},
		{op: "Resize", opset: 13, in: picture, more: scales(nil, 1, 4, 20, 9)},
		{op: "Resize", opset: 18, in: picture, more: scales(nil, 30, 40), attrs: with(attrs("axes", 2, 3))},
		{op: "Resize", opset: 18, in: picture, more: scales(nil, 30, 30), attrs: with(attrs("axes", 2, 3), text("keep_aspect_ratio_policy", "not_larger"))},
		{op: "Resize", opset: 18, in: picture, more: scales(nil, 30, 30), attrs: with(attrs("axes", 2, 3), text("keep_aspect_ratio_policy", "not_smaller"))},
		{op: "Resize", opset: 18, in: picture, more: scales([]float32{2, 2.6}), attrs: with(attrs("axes", 2, 3))},
		{op: "Upsample", opset: 7, in: picture, attrs: with(network.AttrFloats("scales", 1, 1, 2, 2))},
		{op: "Upsample", opset: 9, in: picture, more: upsample(1, 1, 2, 1.5)},

		{op: "MatMul", opset: 13, in: [][]int64{{2, 1, 3, 4}, {5, 4, 6}}},
		{op: "MatMul", opset: 13, in: [][]int64{{4}, {5, 4, 6}}},
		{op: "MatMul", opset: 13, in: [][]int64{{2, 3, 4}, {4}}},
		{op: "MatMul", opset: 13, in: [][]int64{{4}, {4}}},
		{op: "Gemm", opset: 13, in: [][]int64{{3, 4}, {5, 4}, {5}}, attrs: with(attr("transB", 1))},
		{op: "Gemm", opset: 13, in: [][]int64{{4, 3}, {4, 5}, {5}}, attrs: with(attr("transA", 1))},

		{op: "Add", opset: 13, in: [][]int64{{2, 1, 3}, {4, 1}}},
		{op: "Max", opset: 13, in: [][]int64{{2, 1, 3}, {4, 1}, {1, 1, 1, 1}}},
		{op: "Pow", opset: 13, in: [][]int64{{2, 3}, {1}}},
		{op: "Mean", opset: 13, in: [][]int64{{2, 3}, {3}, {1}}},
		{op: "Less", opset: 13, in: [][]int64{{2, 3}, {3}}},
		{op: "Equal", opset: 11, in: [][]int64{{2, 1}, {3}}},
		{op: "Where", opset: 13, in: [][]int64{{2, 1}, {3}, {4, 1, 1}}, types: []accel.DType{accel.Bool}},
		{op: "Not", opset: 13, in: [][]int64{{2, 1}}, types: []accel.DType{accel.Bool}},
		{op: "And", opset: 13, in: [][]int64{{2, 1}, {3}}, types: []accel.DType{accel.Bool, accel.Bool}},
		{op: "IsNaN", opset: 13, in: picture},
		{op: "Cast", opset: 13, in: picture, attrs: with(attr("to", int64(accel.Int32)))},
		{op: "Mish", opset: 18, in: picture},
		{op: "HardSwish", opset: 14, in: picture},
		{op: "Gelu", opset: 20, in: picture},
		{op: "PRelu", opset: 13, in: [][]int64{{1, 4, 13, 17}, {4, 1, 1}}},
		{op: "Clip", opset: 6 + 1, in: picture, attrs: with(network.AttrFloat("max", 6))},
		{op: "Clip", opset: 13, in: picture, more: func(b *network.Builder) []string { return []string{"", b.Floats("max", nil, []float32{6})} }},
		{op: "Softmax", opset: 13, in: picture},
		{op: "Dropout", opset: 12, in: picture, outputs: 2},
		{op: "Dropout", opset: 10, in: picture, outputs: 2},
		{op: "BatchNormalization", opset: 15, in: [][]int64{{1, 4, 5}, {4}, {4}, {4}, {4}}},
		{op: "InstanceNormalization", opset: 13, in: [][]int64{{1, 4, 5}, {4}, {4}}},
		{op: "LayerNormalization", opset: 17, in: [][]int64{{1, 4, 5}, {5}, {5}}},
		{op: "LRN", opset: 13, in: picture, attrs: with(attr("size", 3))},

		{op: "ReduceMean", opset: 13, in: picture, attrs: with(attrs("axes", 2, -1), attr("keepdims", 0))},
		{op: "ReduceMean", opset: 18, in: picture, more: constants([]int64{1}), attrs: with(attr("keepdims", 1))},
		{op: "ReduceSum", opset: 13, in: picture, more: constants([]int64{1, 3}), attrs: with(attr("keepdims", 0))},
		{op: "ReduceSum", opset: 13, in: picture},
		{op: "ReduceSum", opset: 13, in: picture, attrs: with(attr("noop_with_empty_axes", 1))},
		{op: "ReduceMax", opset: 12, in: picture, attrs: with(attr("keepdims", 0))},
		{op: "ReduceL2", opset: 13, in: picture, attrs: with(attrs("axes", 1))},
		{op: "ArgMax", opset: 13, in: picture, attrs: with(attr("axis", 1))},
		{op: "ArgMin", opset: 13, in: picture, attrs: with(attr("axis", -1), attr("keepdims", 0))},
		{op: "ArgMax", opset: 13, in: [][]int64{{5}}, attrs: with(attr("keepdims", 0))},
		{op: "TopK", opset: 7, in: picture, attrs: with(attr("k", 3), attr("axis", 1)), outputs: 2},
		{op: "TopK", opset: 11, in: picture, more: constants([]int64{5}), outputs: 2},

		{op: "Reshape", opset: 13, in: picture, more: constants([]int64{0, -1, 17})},
		{op: "Reshape", opset: 13, in: [][]int64{{6}}, more: constants([]int64{2, 1, 3})},
		{op: "Flatten", opset: 13, in: picture, attrs: with(attr("axis", 2))},
		{op: "Flatten", opset: 13, in: picture, attrs: with(attr("axis", -1))},
		{op: "Flatten", opset: 13, in: picture, attrs: with(attr("axis", 0))},
		{op: "Squeeze", opset: 11, in: [][]int64{{1, 3, 1, 1}}, attrs: with(attrs("axes", 0, -1))},
		{op: "Squeeze", opset: 13, in: [][]int64{{1, 3, 1, 1}}, more: constants([]int64{2})},
		{op: "Squeeze", opset: 13, in: [][]int64{{1, 3, 1, 1}}},
		{op: "Squeeze", opset: 13, in: [][]int64{{1, 1}}},
		{op: "Unsqueeze", opset: 11, in: [][]int64{{3, 4}}, attrs: with(attrs("axes", 0, 3))},
		{op: "Unsqueeze", opset: 13, in: [][]int64{{3, 4}}, more: constants([]int64{-1, 1})},
		{op: "Transpose", opset: 13, in: picture, attrs: with(attrs("perm", 0, 2, 3, 1))},
		{op: "Transpose", opset: 13, in: picture},
		{op: "Expand", opset: 13, in: [][]int64{{3, 1}}, more: constants([]int64{2, 1, 4})},
		{op: "Tile", opset: 13, in: [][]int64{{3, 2}}, more: constants([]int64{2, 5})},
		{op: "DepthToSpace", opset: 13, in: picture, attrs: with(attr("blocksize", 2))},
		{op: "SpaceToDepth", opset: 13, in: [][]int64{{1, 4, 12, 18}}, attrs: with(attr("blocksize", 3))},
		{op: "Concat", opset: 13, in: [][]int64{{1, 4, 3}, {1, 2, 3}, {1, 1, 3}}, attrs: with(attr("axis", -2))},
		{op: "Split", opset: 11, in: picture, attrs: with(attr("axis", 1)), outputs: 2},
		{op: "Split", opset: 11, in: picture, attrs: with(attr("axis", 1), attrs("split", 1, 3)), outputs: 2},
		{op: "Split", opset: 13, in: picture, more: constants([]int64{5, 12}), attrs: with(attr("axis", -1)), outputs: 2},
		{op: "Split", opset: 18, in: picture, attrs: with(attr("axis", 3), attr("num_outputs", 3)), outputs: 3},
		{op: "Slice", opset: 7, in: picture, attrs: with(attrs("starts", 1, -5), attrs("ends", 3, 1000), attrs("axes", 1, 3))},
		{op: "Slice", opset: 9, in: picture, attrs: with(attrs("starts", 0, 1), attrs("ends", 1, -1))},
		{op: "Slice", opset: 11, in: picture, more: constants([]int64{1, 16}, []int64{1 << 62, -1 << 62}, []int64{2, 3}, []int64{2, -3})},
		{op: "Slice", opset: 11, in: picture, more: constants([]int64{-3}, []int64{-1}, []int64{-1})},
		{op: "Slice", opset: 11, in: picture, more: constants([]int64{12}, []int64{3}, []int64{2})},
		{op: "Slice", opset: 11, in: picture, more: constants([]int64{50}, []int64{2}, []int64{2}, []int64{-4})},
		{op: "Pad", opset: 7, in: [][]int64{{3, 4}}, attrs: with(attrs("pads", 1, 0, 2, 3))},
		{op: "Pad", opset: 11, in: [][]int64{{3, 4}}, more: constants([]int64{1, 0, -1, 3})},
		{op: "Pad", opset: 18, in: [][]int64{{3, 4}}, more: constants([]int64{1, 5}, nil, []int64{-1})},
		{op: "Gather", opset: 13, in: picture, more: constants([]int64{0, 2, 1}), attrs: with(attr("axis", 1))},
		{op: "Gather", opset: 13, in: [][]int64{{5}}, more: func(b *network.Builder) []string { return []string{b.Ints("at", nil, []int64{-2})} }},
		{op: "GatherElements", opset: 13, in: [][]int64{{3, 4}}, more: func(b *network.Builder) []string { return []string{b.Ints("at", []int64{1, 4}, make([]int64, 4))} }},
		{op: "GatherND", opset: 13, in: [][]int64{{3, 4, 5}}, more: func(b *network.Builder) []string { return []string{b.Ints("at", []int64{6, 2}, make([]int64, 12))} }},
		{op: "GatherND", opset: 13, in: [][]int64{{3, 4, 5}}, more: func(b *network.Builder) []string { return []string{b.Ints("at", []int64{3, 1}, make([]int64, 3))} }, attrs: with(attr("batch_dims", 1))},
		{op: "ScatterND", opset: 13, in: [][]int64{{8}}, more: func(b *network.Builder) []string {
			return []string{b.Ints("at", []int64{2, 1}, []int64{1, 2}), floats(b, "values", 1, 2)}
		}},

		{op: "Shape", opset: 13, in: picture},
		{op: "Shape", opset: 15, in: picture, attrs: with(attr("start", 1), attr("end", -1))},
		{op: "Size", opset: 13, in: picture},
		{op: "ConstantOfShape", opset: 13, more: constants([]int64{2, 3}), attrs: with(network.AttrIntTensor("value", []int64{1}, []int64{4}))},
		{op: "ConstantOfShape", opset: 13, more: constants([]int64{2, 3})},
		{op: "Range", opset: 13, more: func(b *network.Builder) []string {
			return []string{b.Ints("from", nil, []int64{7}), b.Ints("to", nil, []int64{-4}), b.Ints("by", nil, []int64{-3})}
		}},
		{op: "Range", opset: 13, more: func(b *network.Builder) []string {
			return []string{b.Floats("from", nil, []float32{0}), b.Floats("to", nil, []float32{1}), b.Floats("by", nil, []float32{0.3})}
		}},
		{op: "RandomNormal", opset: 13, attrs: with(attrs("shape", 2, 3))},
		{op: "QuantizeLinear", opset: 13, in: picture, more: func(b *network.Builder) []string { return []string{b.Floats("scale", nil, []float32{0.1})} }},
		{op: "DequantizeLinear", opset: 13, in: picture, types: []accel.DType{accel.Int8}, more: func(b *network.Builder) []string { return []string{b.Floats("scale", nil, []float32{0.1})} }},
		{op: "DynamicQuantizeLinear", opset: 13, in: picture, outputs: 3},
		{op: "MatMulInteger", opset: 13, in: [][]int64{{3, 4}, {4, 5}}, types: []accel.DType{accel.Uint8, accel.Uint8}},
		{op: "ConvInteger", opset: 13, in: [][]int64{{1, 4, 8, 8}, {6, 4, 3, 3}}, types: []accel.DType{accel.Uint8, accel.Uint8}},
	} {
		t.Run(fmt.Sprintf("%s-%d", o.op, o.opset), func(t *testing.T) { judge(t, b, o.network(t)) })
	}
}
