package cudatest

import (
	"slices"
	"strings"
	"testing"

	"braid/accel"
	"braid/accel/network"
)

// desc describes a float32 tensor.
func desc(name string, shape ...int64) accel.TensorDesc {
	return accel.TensorDesc{Name: name, Type: accel.Float32, Shape: shape}
}

// TestOperators holds each operator to numbers worked out by hand.
func TestOperators(t *testing.T) {
	ramp := []float32{1, -2, 3, 4, 5, -6, 7, 8, 9}
	for _, c := range []struct {
		name  string
		build func(b *network.Builder)
		out   []int64
		want  []float32
	}{
		{"Relu", func(b *network.Builder) { b.Node("Relu", []string{"x"}, []string{"y"}) }, []int64{1, 1, 3, 3}, []float32{1, 0, 3, 4, 5, 0, 7, 8, 9}},
		{"LeakyRelu", func(b *network.Builder) {
			b.Node("LeakyRelu", []string{"x"}, []string{"y"}, network.AttrFloat("alpha", 0.5))
		}, []int64{1, 1, 3, 3}, []float32{1, -1, 3, 4, 5, -3, 7, 8, 9}},
		{"Mul, spread", func(b *network.Builder) {
			b.Floats("w", []int64{3, 1}, []float32{1, 10, 100})
			b.Node("Mul", []string{"x", "w"}, []string{"y"})
		}, []int64{1, 1, 3, 3}, []float32{1, -2, 3, 40, 50, -60, 700, 800, 900}},
		{"Add and Identity", func(b *network.Builder) {
			b.Node("Identity", []string{"x"}, []string{"i"})
			b.Node("Add", []string{"x", "i"}, []string{"y"})
		}, []int64{1, 1, 3, 3}, []float32{2, -4, 6, 8, 10, -12, 14, 16, 18}},
		{"MaxPool, padded", func(b *network.Builder) {
			b.Node("MaxPool", []string{"x"}, []string{"y"}, network.AttrInts("kernel_shape", 2, 2), network.AttrInts("strides", 2, 2), network.AttrInts("pads", 1, 1, 0, 0))
		}, []int64{1, 1, 2, 2}, []float32{1, 3, 7, 9}},
		{"Conv, strided", func(b *network.Builder) {
			b.Floats("w", []int64{1, 1, 2, 2}, []float32{1, 2, 3, 4})
			b.Floats("b", []int64{1}, []float32{100})
			b.Node("Conv", []string{"x", "w", "b"}, []string{"y"}, network.AttrInts("strides", 2, 2), network.AttrInts("pads", 0, 0, 1, 1))
		}, []int64{1, 1, 2, 2}, []float32{100 + 1 - 4 + 12 + 20, 100 + 3 - 18, 100 + 7 + 16, 109}},
		{"Concat", func(b *network.Builder) {
			b.Node("Concat", []string{"x", "x"}, []string{"y"}, network.AttrInt("axis", -1))
		}, []int64{1, 1, 3, 6}, []float32{1, -2, 3, 1, -2, 3, 4, 5, -6, 4, 5, -6, 7, 8, 9, 7, 8, 9}},
		{"Reshape and Transpose", func(b *network.Builder) {
			b.Ints("s", []int64{3}, []int64{0, -1, 3})
			b.Node("Reshape", []string{"x", "s"}, []string{"r"})
			b.Node("Transpose", []string{"r"}, []string{"y"}, network.AttrInts("perm", 2, 0, 1))
		}, []int64{3, 1, 3}, []float32{1, 4, 7, -2, 5, 8, 3, -6, 9}},
		{"Slice", func(b *network.Builder) {
			b.Node("Slice", []string{"x", b.Ints("from", []int64{2}, []int64{1, 0}), b.Ints("to", []int64{2}, []int64{3, 2}), b.Ints("axes", []int64{2}, []int64{2, 3})}, []string{"y"})
		}, []int64{1, 1, 2, 2}, []float32{4, 5, 7, 8}},
		{"Resize", func(b *network.Builder) {
			b.Floats("scales", []int64{4}, []float32{1, 1, 1, 2})
			b.Node("Resize", []string{"x", "", "scales"}, []string{"y"}, network.AttrString("mode", "nearest"),
				network.AttrString("coordinate_transformation_mode", "asymmetric"), network.AttrString("nearest_mode", "floor"))
		}, []int64{1, 1, 3, 6}, []float32{1, 1, -2, -2, 3, 3, 4, 4, 5, 5, -6, -6, 7, 7, 8, 8, 9, 9}},
		{"QuantizeLinear", func(b *network.Builder) {
			b.Floats("scale", nil, []float32{2})
			b.Raw(accel.TensorDesc{Name: "zero", Type: accel.Int8}, []byte{0})
			b.Node("QuantizeLinear", []string{"x", "scale", "zero"}, []string{"q"})
			b.Node("DequantizeLinear", []string{"q", "scale", "zero"}, []string{"y"})
		}, []int64{1, 1, 3, 3}, []float32{0, -2, 4, 4, 4, -6, 8, 8, 8}}, // 0.5, 2.5 and 4.5 go to the even number
		{"QuantizeLinear by places, to the end", func(b *network.Builder) {
			b.Floats("scale", []int64{3}, []float32{1, 0.03125, 8})
			b.Raw(accel.TensorDesc{Name: "zero", Type: accel.Int8, Shape: []int64{3}}, []byte{0, 0, 255})
			b.Node("QuantizeLinear", []string{"x", "scale", "zero"}, []string{"q"}, network.AttrInt("axis", 2))
			b.Node("DequantizeLinear", []string{"q", "scale", "zero"}, []string{"y"}, network.AttrInt("axis", -2))
		}, []int64{1, 1, 3, 3}, []float32{1, -2, 3, 3.96875, 3.96875, -4, 8, 8, 8}},
		{"Sigmoid", func(b *network.Builder) {
			b.Floats("w", nil, []float32{0})
			b.Node("Mul", []string{"x", "w"}, []string{"z"})
			b.Node("Sigmoid", []string{"z"}, []string{"y"})
		}, []int64{1, 1, 3, 3}, []float32{.5, .5, .5, .5, .5, .5, .5, .5, .5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := network.NewBuilder("one", 13)
			b.Input(desc("x", 1, 1, 3, 3))
			c.build(b)
			b.Output(desc("y", c.out...))
			onnx, err := b.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			got := make([]float32, len(c.want))
			if err := Run(onnx, map[string][]float32{"x": ramp}, map[string][]float32{"y": got}); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestRunRefuses(t *testing.T) {
	b := network.NewBuilder("odd", 13)
	b.Input(desc("x", 1, 2))
	b.Node("Softmax", []string{"x"}, []string{"y"})
	b.Output(desc("y", 1, 2))
	onnx, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	x := map[string][]float32{"x": {1, 2}}
	if err := Run(onnx, x, x); err == nil || !strings.Contains(err.Error(), "Softmax") {
		t.Errorf("error %v does not name the operator", err)
	}
	if err := Run(onnx, nil, nil); err == nil || !strings.Contains(err.Error(), `"x"`) {
		t.Errorf("error %v does not name the input", err)
	}
	if err := Run([]byte("text"), nil, nil); err == nil {
		t.Error("text is a network")
	}
}
