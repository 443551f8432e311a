package infer

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"braid/accel"
	"braid/accel/network/onnxpb"
)

// value is a float32 tensor of a shape.
func value(shape ...int64) Value { return Value{Type: accel.Float32, Shape: shape} }

// list is a vector of whole numbers whose contents are known.
func list(v ...int64) Value {
	return Value{Type: accel.Int64, Shape: []int64{int64(len(v))}, Ints: v}
}

// reals is a vector of real numbers whose contents are known.
func reals(v ...float64) Value {
	return Value{Type: accel.Float32, Shape: []int64{int64(len(v))}, Floats: v}
}

func scalar(v int64) Value { return Value{Type: accel.Int64, Shape: []int64{}, Ints: []int64{v}} }

// node is an operator with one output. An input of type 0 is left out.
func node(op string, in []Value, attrs ...*onnxpb.AttributeProto) *onnxpb.NodeProto {
	p := &onnxpb.NodeProto{OpType: &op, Output: []string{"y"}, Attribute: attrs}
	for i, v := range in {
		name := fmt.Sprintf("x%d", i)
		if v.Type == 0 {
			name = ""
		}
		p.Input = append(p.Input, name)
	}
	return p
}

func attrInt(name string, v int64) *onnxpb.AttributeProto {
	return &onnxpb.AttributeProto{Name: &name, I: &v}
}

func attrInts(name string, v ...int64) *onnxpb.AttributeProto {
	return &onnxpb.AttributeProto{Name: &name, Ints: v}
}

func attrText(name, v string) *onnxpb.AttributeProto {
	return &onnxpb.AttributeProto{Name: &name, S: []byte(v)}
}

// TestShapes has what a runtime, which the system tests ask, cannot tell: inputs
// of which a part is not known.
func TestShapes(t *testing.T) {
	for _, tt := range []struct {
		op    string
		opset int64
		in    []Value
		attrs []*onnxpb.AttributeProto
		want  []int64
	}{
		{"Conv", 13, []Value{value(-1, 3, -1, 9), value(8, 3, 3, 3)}, nil, []int64{-1, 8, -1, 7}},
		{"Conv", 13, []Value{value(1, -1, 9, 9), value(8, 3, 3, 3)}, nil, []int64{1, 8, 7, 7}},
		{"Conv", 13, []Value{{Type: accel.Float32}, value(8, 3, 3, 3)}, nil, nil},
		{"ConvTranspose", 13, []Value{value(1, 4, -1, 9), value(4, 8, 3, 3)}, nil, []int64{1, 8, -1, 11}},
		{"MaxPool", 13, []Value{value(1, 4, -1, 9)}, []*onnxpb.AttributeProto{attrInts("kernel_shape", 3, 3)}, []int64{1, 4, -1, 7}},
		{"GlobalAveragePool", 13, []Value{value(-1, 4, -1, 9)}, nil, []int64{-1, 4, 1, 1}},
		{"Add", 13, []Value{value(-1, 4), value(3, 1, 1)}, nil, []int64{3, -1, 4}},
		{"Add", 13, []Value{value(-1), value(5)}, nil, []int64{5}},
		{"Concat", 13, []Value{value(1, 2, -1), value(-1, 3, 4)}, []*onnxpb.AttributeProto{attrInt("axis", 1)}, []int64{1, 5, 4}},
		{"Concat", 13, []Value{value(1, -1), value(1, 3)}, []*onnxpb.AttributeProto{attrInt("axis", 1)}, []int64{1, -1}},
		{"Reshape", 13, []Value{value(-1, 6), list(0, 2, -1)}, nil, []int64{-1, 2, -1}},
		{"Reshape", 13, []Value{value(4, 6), {Type: accel.Int64, Shape: []int64{3}}}, nil, []int64{-1, -1, -1}},
		{"Reshape", 14, []Value{value(0, 6), list(3, 0)}, []*onnxpb.AttributeProto{attrInt("allowzero", 1)}, []int64{3, 0}},
		{"Flatten", 13, []Value{value(2, -1, 3)}, nil, []int64{2, -1}},
		{"Squeeze", 13, []Value{value(1, -1)}, nil, nil},
		{"Squeeze", 13, []Value{value(-1, 2), list(0)}, nil, []int64{2}},
		{"Transpose", 13, []Value{value(1, -1, 3)}, []*onnxpb.AttributeProto{attrInts("perm", 2, 0, 1)}, []int64{3, 1, -1}},
		{"Slice", 13, []Value{value(4, 8), list(1), {Type: accel.Int64, Shape: []int64{1}}, list(1)}, nil, []int64{4, -1}},
		{"Slice", 13, []Value{value(-1, 8), list(1, 1), list(9, 9), list(0, 1)}, nil, []int64{-1, 7}},
		{"Split", 13, []Value{value(1, -1)}, []*onnxpb.AttributeProto{attrInt("axis", 1)}, []int64{1, -1}},
		{"Gather", 13, []Value{value(-1, 3), list(0, 1)}, []*onnxpb.AttributeProto{attrInt("axis", 1)}, []int64{-1, 2}},
		{"Pad", 13, []Value{value(-1, 3), list(0, 1, 0, 1)}, nil, []int64{-1, 5}},
		{"Pad", 13, []Value{value(2, 3), {Type: accel.Int64, Shape: []int64{4}}}, nil, []int64{-1, -1}},
		{"Resize", 13, []Value{value(1, 4, -1, 9), {}, reals(1, 1, 2, 2)}, nil, []int64{1, 4, -1, 18}},
		{"Resize", 18, []Value{value(1, 4, -1, 9), {}, {}, list(8, 8)}, []*onnxpb.AttributeProto{attrInts("axes", 2, 3), attrText("keep_aspect_ratio_policy", "not_larger")}, []int64{1, 4, -1, -1}},
		{"Expand", 13, []Value{value(3, 1), {Type: accel.Int64, Shape: []int64{2}}}, nil, nil},
		{"ReduceMean", 18, []Value{value(3, -1), {Type: accel.Int64, Shape: []int64{1}}}, nil, []int64{-1, -1}},
		{"TopK", 13, []Value{value(3, 9), {Type: accel.Int64, Shape: []int64{1}}}, nil, []int64{3, -1}},
		{"Range", 13, []Value{scalar(0), {Type: accel.Int64, Shape: []int64{}}, scalar(1)}, nil, []int64{-1}},
		{"DepthToSpace", 13, []Value{value(1, 8, -1, 3)}, []*onnxpb.AttributeProto{attrInt("blocksize", 2)}, []int64{1, 2, -1, 6}},
		{"MatMul", 13, []Value{value(-1, 3, 4), value(4, 5)}, nil, []int64{-1, 3, 5}},
		{"Frobnicate", 13, []Value{value(1)}, nil, nil},
	} {
		t.Run(fmt.Sprintf("%s-%v", tt.op, tt.want), func(t *testing.T) {
			out, err := Node(node(tt.op, tt.in, tt.attrs...), tt.opset, tt.in)
			if err != nil || len(out) != 1 || !slices.Equal(out[0].Shape, tt.want) || (out[0].Shape == nil) != (tt.want == nil) {
				t.Errorf("got %v, %v", out, err)
			}
		})
	}
}

// TestContents follows what exporters compute shapes with.
func TestContents(t *testing.T) {
	cast := func(to accel.DType) *onnxpb.AttributeProto { return attrInt("to", int64(to)) }
	for _, tt := range []struct {
		op    string
		in    []Value
		attrs []*onnxpb.AttributeProto
		want  Value
	}{
		{"Shape", []Value{value(1, 3, 5)}, nil, list(1, 3, 5)},
		{"Shape", []Value{value(-1, 3, 5)}, []*onnxpb.AttributeProto{attrInt("start", 1)}, list(3, 5)},
		{"Size", []Value{value(1, 3, 5)}, nil, scalar(15)},
		{"Gather", []Value{list(7, 8, 9), scalar(-1)}, nil, scalar(9)},
		{"Gather", []Value{reals(7, 8), list(1, 0)}, nil, reals(8, 7)},
		{"Slice", []Value{list(1, 2, 3, 4), list(-1), list(-9), list(0), list(-2)}, nil, list(4, 2)},
		{"Concat", []Value{list(1), list(2, 3)}, []*onnxpb.AttributeProto{attrInt("axis", 0)}, list(1, 2, 3)},
		{"Unsqueeze", []Value{scalar(4), list(0)}, nil, list(4)},
		{"Squeeze", []Value{list(4)}, nil, scalar(4)},
		{"Reshape", []Value{list(4), {Type: accel.Int64, Shape: []int64{0}}}, nil, scalar(4)},
		{"Add", []Value{list(1, 2), scalar(3)}, nil, list(4, 5)},
		{"Sub", []Value{list(1, 2), list(3, 5)}, nil, list(-2, -3)},
		{"Mul", []Value{reals(1.5, 2), reals(2)}, nil, reals(3, 4)},
		{"Mul", []Value{reals(0.1), reals(3)}, nil, reals(float64(float32(0.1) * 3))},
		{"Div", []Value{list(7, -7), list(2)}, nil, list(3, -3)},
		{"Div", []Value{list(7), list(0)}, nil, Value{Type: accel.Int64, Shape: []int64{1}}},
		{"Mod", []Value{list(7, -7), list(4)}, nil, list(3, 1)},
		{"Max", []Value{list(7, -7), list(0)}, nil, list(7, 0)},
		{"Floor", []Value{reals(1.5, -1.5)}, nil, reals(1, -2)},
		{"Ceil", []Value{reals(1.5)}, nil, reals(2)},
		{"Neg", []Value{list(3)}, nil, list(-3)},
		{"Cast", []Value{reals(2.9, -2.9)}, []*onnxpb.AttributeProto{cast(accel.Int64)}, list(2, -2)},
		{"Cast", []Value{list(3)}, []*onnxpb.AttributeProto{cast(accel.Float32)}, reals(3)},
		{"Cast", []Value{list(1 << 40)}, []*onnxpb.AttributeProto{cast(accel.Int32)}, Value{Type: accel.Int32, Shape: []int64{1}}},
		{"Equal", []Value{list(3, 4), list(4)}, nil, Value{Type: accel.Bool, Shape: []int64{2}, Ints: []int64{0, 1}}},
		{"Where", []Value{{Type: accel.Bool, Shape: []int64{2}, Ints: []int64{0, 1}}, list(5), list(8, 9)}, nil, list(8, 5)},
		{"Expand", []Value{scalar(2), list(3)}, nil, list(2, 2, 2)},
		{"Range", []Value{scalar(1), scalar(8), scalar(3)}, nil, list(1, 4, 7)},
		{"ConstantOfShape", []Value{list(2)}, nil, reals(0, 0)},
		{"Split", []Value{list(4, 5)}, nil, list(4, 5)},
		{"Identity", []Value{list(4, 5)}, nil, list(4, 5)},
	} {
		t.Run(tt.op, func(t *testing.T) {
			out, err := Node(node(tt.op, tt.in, tt.attrs...), 13, tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if got := out[0]; got.Type != tt.want.Type || !slices.Equal(got.Shape, tt.want.Shape) ||
				!slices.Equal(got.Ints, tt.want.Ints) || !slices.Equal(got.Floats, tt.want.Floats) {
				t.Errorf("got %+v, not %+v", got, tt.want)
			}
		})
	}
}

// TestRefuses wants the reason why a node can never run.
func TestRefuses(t *testing.T) {
	for _, tt := range []struct {
		op    string
		in    []Value
		attrs []*onnxpb.AttributeProto
		want  string
	}{
		{"Conv", []Value{value(1, 4, 8, 8), value(8, 3, 3, 3)}, nil, "an input of 4 channels, where weights of shape [8 3 3 3] in 1 groups take 3"},
		{"Conv", []Value{value(1, 3, 2, 8), value(8, 3, 3, 3)}, nil, "a window of 3 does not fit into 2 elements"},
		{"Conv", []Value{value(3, 8), value(8, 3)}, nil, "3 or more dimensions are needed"},
		{"Conv", []Value{value(1, 3, 8, 8), value(8, 3, 3, 3)}, []*onnxpb.AttributeProto{attrInts("strides", 0, 1)}, "strides [0 1]"},
		{"Conv", []Value{value(1, 3, 8, 8), value(8, 3, 3, 3)}, []*onnxpb.AttributeProto{attrInts("pads", 1, 1)}, "pads [1 1] for 2 spatial dimensions"},
		{"ConvTranspose", []Value{value(1, 3, 8, 8), value(4, 3, 3, 3)}, nil, "an input of 3 channels, where weights of shape [4 3 3 3] take 4"},
		{"MaxPool", []Value{value(1, 3, 8, 8)}, nil, "no kernel_shape"},
		{"Add", []Value{value(2, 3), value(4)}, nil, "shapes [2 3] and [4] do not go together"},
		{"Concat", []Value{value(2, 3), value(3, 3)}, []*onnxpb.AttributeProto{attrInt("axis", 1)}, "shapes [2 3] and [3 3] cannot be joined along axis 1"},
		{"Concat", []Value{value(2, 3)}, []*onnxpb.AttributeProto{attrInt("axis", 2)}, "axis 2 of a tensor of 2 dimensions"},
		{"Reshape", []Value{value(13), list(3, 4)}, nil, "13 elements of shape [13] do not fill the shape [3 4]"},
		{"Reshape", []Value{value(13), list(-1, 4)}, nil, "13 elements"},
		{"Reshape", []Value{value(12), list(-1, -1)}, nil, "the new shape [-1 -1]"},
		{"Transpose", []Value{value(1, 2)}, []*onnxpb.AttributeProto{attrInts("perm", 0, 0)}, "perm [0 0]"},
		{"Squeeze", []Value{value(1, 2), list(1)}, nil, "axis 1 of the shape [1 2] cannot go"},
		{"Split", []Value{value(5)}, nil, ""},
		{"Gather", []Value{list(1, 2), list(2)}, nil, "index 2 of 2 elements"},
		{"MatMul", []Value{value(2, 3), value(4, 5)}, nil, "matrices of shapes [2 3] and [4 5]"},
		{"Gemm", []Value{value(2, 3), value(4, 5)}, nil, "matrices of shapes [2 3] and [4 5]"},
		{"TopK", []Value{value(5), list(6)}, []*onnxpb.AttributeProto{attrInt("axis", 0)}, "the best 6 of 5"},
		{"Resize", []Value{value(1, 4, 8, 8), {}, reals(2, 2)}, nil, "scales [2 2] for 4 dimensions"},
		{"Tile", []Value{value(1<<31, 1<<20), list(1<<20, 1)}, nil, "too large"},
		{"DepthToSpace", []Value{value(1, 3, 2, 2)}, []*onnxpb.AttributeProto{attrInt("blocksize", 2)}, "no multiple of 4"},
	} {
		t.Run(tt.op, func(t *testing.T) {
			_, err := Node(node(tt.op, tt.in, tt.attrs...), 13, tt.in)
			if tt.want == "" && err == nil {
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, expected %s", err, tt.want)
			}
		})
	}
}

// TestDynamic follows what depends on data, up to where a shape is fixed again.
func TestDynamic(t *testing.T) {
	step := func(op string, opset int64, in []Value, attrs ...*onnxpb.AttributeProto) Value {
		t.Helper()
		out, err := Node(node(op, in, attrs...), opset, in)
		if err != nil {
			t.Fatal(err)
		}
		return out[0]
	}
	found := step("NonZero", 13, []Value{value(2, 5)})
	if !found.Dynamic || !slices.Equal(found.Shape, []int64{2, -1}) || found.Type != accel.Int64 {
		t.Errorf("NonZero gives %+v", found)
	}
	for op, in := range map[string][]Value{
		"Transpose": {found}, "Shape": {found}, "Neg": {found}, "GatherND": {value(2, 5), step("Transpose", 13, []Value{found})},
	} {
		if v := step(op, 13, in); !v.Dynamic {
			t.Errorf("%s of it gives %+v", op, v)
		}
	}
	shape := step("Shape", 13, []Value{found})
	if v := step("Reshape", 13, []Value{value(2, 5), shape}); !v.Dynamic {
		t.Errorf("a reshape by its shape gives %+v", v)
	}
	if v := step("ReduceSum", 13, []Value{found}, attrInt("keepdims", 0)); v.Dynamic && !v.Static() {
		t.Errorf("its sum gives %+v", v)
	}
	boxes := step("NonMaxSuppression", 13, []Value{value(1, 9, 4), value(1, 2, 9)})
	if !boxes.Dynamic || !slices.Equal(boxes.Shape, []int64{-1, 3}) {
		t.Errorf("NonMaxSuppression gives %+v", boxes)
	}
}

func TestOtherDomainsAreUnknown(t *testing.T) {
	p := node("Conv", []Value{value(1, 3, 8, 8), value(4, 3, 3, 3)})
	p.Domain = proto.String("com.example")
	out, err := Node(p, 13, []Value{value(1, 3, 8, 8), value(4, 3, 3, 3)})
	if err != nil || out[0].Static() {
		t.Errorf("got %v, %v", out, err)
	}
}
