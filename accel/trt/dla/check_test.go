package dla_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/trt/dla"
)

var jetson = dla.Version{Major: 10, Minor: 7}

// one is a network of one node: "x" of a shape goes in, each weight behind it.
type one struct {
	op      string
	in      []int64   // of "x"; of each further data input "x1" … the rest
	more    [][]int64 // shapes of further data inputs
	weights [][]int64 // shapes; filled with 1 to as many as there are
	values  []float32 // of a last constant, one dimension
	scalars []float32 // constants without dimension
	ints    [][]int64 // constants, one dimension each
	attrs   []network.Attr
	opset   int
}

func (o one) network(t *testing.T) *network.Network {
	t.Helper()
	b := network.NewBuilder("one", cmp.Or(o.opset, 13))
	in := []string{b.Input(f32("x", o.in...))}
	for i, s := range o.more {
		in = append(in, b.Input(f32("x"+string(rune('1'+i)), s...)))
	}
	for i, s := range o.weights {
		in = append(in, b.Floats("w"+string(rune('0'+i)), s, make([]float32, f32("", s...).Elems())))
	}
	for i, v := range o.ints {
		in = append(in, b.Ints("i"+string(rune('0'+i)), []int64{int64(len(v))}, v))
	}
	if o.op == "Resize" && o.opset != 10 {
		in = append(in, "")
	}
	if o.values != nil {
		in = append(in, b.Floats("v", []int64{int64(len(o.values))}, o.values))
	}
	for i, v := range o.scalars {
		in = append(in, b.Floats("s"+string(rune('0'+i)), nil, []float32{v}))
	}
	b.Node(o.op, in, []string{"y"}, o.attrs...)
	b.Output(f32("y"))
	return build(t, b)
}

func f32(name string, shape ...int64) accel.TensorDesc {
	return accel.TensorDesc{Name: name, Type: accel.Float32, Shape: shape}
}

func build(t *testing.T, b *network.Builder) *network.Network {
	t.Helper()
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

func ints(name string, v ...int64) network.Attr { return network.AttrInts(name, v...) }

// TestLimits tries each rule on both sides. want is part of the reason, "" where
// nothing is wrong.
func TestLimits(t *testing.T) {
	image := []int64{1, 8, 64, 64}
	conv := func(w []int64, a ...network.Attr) one {
		return one{op: "Conv", in: image, weights: [][]int64{w}, attrs: a}
	}
	deconv := func(in, w []int64, a ...network.Attr) one {
		return one{op: "ConvTranspose", in: in, weights: [][]int64{w}, attrs: a}
	}
	pool := func(k int64, a ...network.Attr) one {
		return one{op: "MaxPool", in: image, attrs: append(a, ints("kernel_shape", k, k))}
	}
	resize := func(mode, how, round string, scales ...float32) one {
		a := []network.Attr{network.AttrString("mode", mode), network.AttrString("coordinate_transformation_mode", how)}
		if round != "" {
			a = append(a, network.AttrString("nearest_mode", round))
		}
		return one{op: "Resize", in: []int64{1, 2, 4, 4}, weights: nil, values: scales, attrs: a}
	}
	for _, tt := range []struct {
		name string
		one  one
		want string
	}{
		{"kernel", conv([]int64{8, 8, 32, 32}), ""},
		{"high kernel", conv([]int64{8, 8, 33, 1}), "kernel 33x1 is over DLA's 32"},
		{"padding", conv([]int64{8, 8, 32, 32}, ints("pads", 31, 31, 31, 31)), ""},
		{"wide padding", one{op: "Conv", in: image, weights: [][]int64{{8, 8, 3, 3}}, attrs: []network.Attr{ints("pads", 1, 32, 1, 1)}}, "padding 1x32 is over DLA's 31"},
		{"padding as wide as the kernel", conv([]int64{8, 8, 3, 3}, ints("pads", 1, 1, 3, 1)), "padding 3x1 is not below the kernel 3x3"},
		{"padding to the same size", conv([]int64{8, 8, 5, 5}, network.AttrString("auto_pad", "SAME_UPPER")), ""},
		{"stride", conv([]int64{8, 8, 3, 3}, ints("strides", 8, 8)), ""},
		{"long stride", conv([]int64{8, 8, 3, 3}, ints("strides", 1, 9)), "stride 1x9 is over DLA's 8"},
		{"dilation", conv([]int64{8, 8, 2, 2}, ints("dilations", 32, 32)), ""},
		{"wide dilation", conv([]int64{8, 8, 2, 2}, ints("dilations", 33, 1)), "dilation 33x1 is over DLA's 32"},
		{"groups", one{op: "Conv", in: []int64{1, 8192, 2, 2}, weights: [][]int64{{8192, 1, 1, 1}}, attrs: []network.Attr{network.AttrInt("group", 8192)}}, ""},
		{"output channels", conv([]int64{8193, 8, 1, 1}), "over DLA's 8192"},
		{"weights that are data", one{op: "Conv", in: image, more: [][]int64{{8, 8, 3, 3}}}, "weights must be constant"},
		{"convolution buffer", one{op: "Conv", in: []int64{1, 2048, 1, 64}, weights: [][]int64{{1, 2048, 1, 1}}}, ""},
		{"full convolution buffer", one{op: "Conv", in: []int64{1, 4096, 3, 64}, weights: [][]int64{{1, 4096, 3, 3}}}, "convolution buffer"},
		{"a volume", one{op: "Conv", in: []int64{1, 2, 4, 4, 4}, weights: [][]int64{{1, 2, 1, 1, 1}}}, "5 dimensions"},

		{"transposed", deconv(image, []int64{8, 4, 2, 2}, ints("strides", 2, 2)), ""},
		{"transposed, a line", deconv(image, []int64{8, 4, 1, 64}, ints("strides", 1, 64)), ""},
		{"transposed, a line of no length of its", deconv(image, []int64{8, 4, 1, 65}), "kernel 1x65"},
		{"transposed, a large square", deconv(image, []int64{8, 4, 23, 23}), "turned off"},
		{"transposed, a large rectangle", deconv(image, []int64{8, 4, 23, 22}), ""},
		{"transposed, with padding", deconv(image, []int64{8, 4, 3, 3}, ints("pads", 1, 1, 1, 1)), "padding 1x1 is over DLA's 0"},
		{"transposed, with padding of the output", deconv(image, []int64{8, 4, 3, 3}, ints("strides", 2, 2), ints("output_padding", 1, 1)), "output padding"},
		{"transposed, in groups", deconv(image, []int64{8, 4, 3, 3}, network.AttrInt("group", 2)), "groups 2 is over DLA's 1"},
		{"transposed, dilated", deconv(image, []int64{8, 4, 3, 3}, ints("dilations", 2, 2)), "dilation 2x2 is over DLA's 1"},

		{"pool", pool(8, ints("strides", 16, 16), ints("pads", 7, 7, 7, 7)), ""},
		{"large pool", pool(9), "kernel 9x9 is over DLA's 8"},
		{"pool with a long stride", pool(2, ints("strides", 17, 1)), "stride 17x1"},
		{"dilated pool", pool(2, ints("dilations", 2, 2)), "dilation"},
		{"mean", one{op: "AveragePool", in: image, attrs: []network.Attr{ints("kernel_shape", 3, 3), ints("pads", 1, 1, 1, 1)}}, ""},
		{"mean of all", one{op: "GlobalAveragePool", in: image}, "does not have the operator"},

		{"relu", one{op: "Relu", in: image}, ""},
		{"leaky", one{op: "LeakyRelu", in: image, attrs: []network.Attr{network.AttrFloat("alpha", .1)}}, ""},
		{"sigmoid", one{op: "Sigmoid", in: image}, ""},
		{"tanh", one{op: "Tanh", in: image}, ""},
		{"elu", one{op: "Elu", in: image}, "does not have the operator"},
		{"relu6", one{op: "Clip", in: image, scalars: []float32{0, 6}}, ""},
		{"relu6 of old", one{op: "Clip", in: image, opset: 10, attrs: []network.Attr{network.AttrFloat("min", 0), network.AttrFloat("max", 6)}}, ""},
		{"a high roof", one{op: "Clip", in: image, scalars: []float32{0, 128}}, "not in DLA's 1 to 127"},
		{"a low floor", one{op: "Clip", in: image, scalars: []float32{-1, 6}}, "below 0"},
		{"relu of flat data", one{op: "Relu", in: []int64{1, 8}}, "2 dimensions"},
		{"parametric", one{op: "PRelu", in: image, weights: [][]int64{{8, 1, 1}}}, ""},
		{"parametric by data", one{op: "PRelu", in: image, more: [][]int64{{1, 8, 1, 1}}}, "slope must be constant"},

		{"sum", one{op: "Add", in: image, more: [][]int64{image}}, ""},
		{"product by channel", one{op: "Mul", in: image, more: [][]int64{{1, 8, 1, 1}}}, ""},
		{"product by everything", one{op: "Mul", in: image, more: [][]int64{{1, 1, 1, 1}}}, ""},
		{"product by row", one{op: "Mul", in: image, more: [][]int64{{1, 1, 64, 1}}}, "does not spread"},
		{"scale by channel", one{op: "Mul", in: image, weights: [][]int64{{8, 1, 1}}}, ""},
		{"scale by column", one{op: "Mul", in: image, weights: [][]int64{{64}}}, "does not spread"},
		{"quotient", one{op: "Div", in: image, more: [][]int64{image}}, ""},
		{"power", one{op: "Pow", in: image, scalars: []float32{2}}, ""},
		{"powers", one{op: "Pow", in: image, more: [][]int64{image}}, "exponent must be constant"},
		{"compared", one{op: "Greater", in: image, more: [][]int64{image}}, "in int8 only"},
		{"batch norm", one{op: "BatchNormalization", in: image, weights: [][]int64{{8}, {8}, {8}, {8}}}, ""},
		{"local response", one{op: "LRN", in: image, attrs: []network.Attr{network.AttrInt("size", 9)}}, ""},
		{"wide local response", one{op: "LRN", in: image, attrs: []network.Attr{network.AttrInt("size", 11)}}, "window 11"},

		{"concat", one{op: "Concat", in: image, more: [][]int64{image}, attrs: []network.Attr{network.AttrInt("axis", -3)}}, ""},
		{"concat of rows", one{op: "Concat", in: image, more: [][]int64{image}, attrs: []network.Attr{network.AttrInt("axis", 2)}}, "along axis 2"},
		{"concat of one", one{op: "Concat", in: image, attrs: []network.Attr{network.AttrInt("axis", 1)}}, "two or more"},
		{"nearest", resize("nearest", "asymmetric", "floor", 1, 1, 2, 32), ""},
		{"nearest by too much", resize("nearest", "asymmetric", "floor", 1, 1, 2, 33), "scale 33"},
		{"nearest by half", resize("nearest", "asymmetric", "floor", 1, 1, 2, 1.5), "scale 1.5"},
		{"nearest of channels", resize("nearest", "asymmetric", "floor", 1, 2, 2, 2), "batch and channels"},
		{"nearest otherwise", resize("nearest", "asymmetric", "ceil", 1, 1, 2, 2), "DLA has not"},
		{"linear", resize("linear", "half_pixel", "", 1, 1, 4, 4), ""},
		{"linear by too much", resize("linear", "half_pixel", "", 1, 1, 5, 4), "scale 5"},
		{"cubic", resize("cubic", "half_pixel", "", 1, 1, 2, 2), "DLA has not"},
		{"resize of old", one{op: "Resize", in: image, opset: 10, values: []float32{1, 1, 2, 2}, attrs: []network.Attr{network.AttrString("mode", "nearest")}}, ""},
		{"slice", one{op: "Slice", in: image, ints: [][]int64{{4}, {8}, {1}}}, ""},
		{"slice by steps", one{op: "Slice", in: image, ints: [][]int64{{0}, {64}, {2}, {2}}}, "steps"},
		{"slice of the batch", one{op: "Slice", in: []int64{2, 8, 4, 4}, ints: [][]int64{{0}, {1}, {0}}}, "batch"},
		{"softmax", one{op: "Softmax", in: []int64{1, 8192, 1, 1}, attrs: []network.Attr{network.AttrInt("axis", 1)}}, ""},
		{"softmax beside others", one{op: "Softmax", in: []int64{1, 1024, 2, 1}, attrs: []network.Attr{network.AttrInt("axis", 1)}}, ""},
		{"long softmax beside others", one{op: "Softmax", in: []int64{1, 1025, 2, 1}, attrs: []network.Attr{network.AttrInt("axis", 1)}}, "1025 is over DLA's 1024"},
		{"softmax of the batch", one{op: "Softmax", in: image, attrs: []network.Attr{network.AttrInt("axis", 0)}}, "batch"},
		{"reshape", one{op: "Reshape", in: image, ints: [][]int64{{1, 64, 8, 64}}}, ""},
		{"reshape to a row", one{op: "Reshape", in: image, ints: [][]int64{{1, -1}}}, "2 dimensions"},
		{"transpose", one{op: "Transpose", in: image, attrs: []network.Attr{ints("perm", 0, 2, 3, 1)}}, ""},
		{"transpose of the batch", one{op: "Transpose", in: image, attrs: []network.Attr{ints("perm", 1, 0, 2, 3)}}, "moves the batch"},
		{"maximum", one{op: "ReduceMax", in: image, attrs: []network.Attr{ints("axes", 1, -1)}}, ""},
		{"maximum of the batch", one{op: "ReduceMax", in: image, attrs: []network.Attr{ints("axes", 0)}}, "reduces the batch"},
		{"magnitude", one{op: "Abs", in: image}, ""},
		{"matrix", one{op: "Gemm", in: []int64{1, 8}, weights: [][]int64{{8, 8192}}}, ""},
		{"wide matrix", one{op: "Gemm", in: []int64{1, 8}, weights: [][]int64{{8, 8193}}}, "8193"},

		{"batch", one{op: "Relu", in: []int64{4096, 1, 1, 1}}, ""},
		{"large batch", one{op: "Relu", in: []int64{4097, 1, 1, 1}}, "batch 4097"},
		{"side", one{op: "Relu", in: []int64{1, 1, 1, 8192}}, ""},
		{"long side", one{op: "Relu", in: []int64{1, 1, 8193, 1}}, "8193 of \"x\" is over DLA's 8192"},
		{"open side", one{op: "Relu", in: []int64{1, 1, -1, 1}}, "not fixed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found := dla.Check(jetson, dla.Orin, "fp16", tt.one.network(t))
			switch {
			case tt.want == "" && found != nil:
				t.Errorf("refused: %v", found)
			case tt.want != "" && (len(found) != 1 || !strings.Contains(found[0].Reason, tt.want)):
				t.Errorf("got %v, not %q", found, tt.want)
			}
		})
	}
}

// TestReleases tries what depends on version, chip and precision.
func TestReleases(t *testing.T) {
	image := []int64{1, 8, 64, 64}
	relu := one{op: "Relu", in: image}
	softmax := one{op: "Softmax", in: []int64{1, 8, 1, 1}, attrs: []network.Attr{network.AttrInt("axis", 1)}}
	mean := one{op: "AveragePool", in: image, attrs: []network.Attr{ints("kernel_shape", 3, 3), ints("pads", 1, 1, 1, 1)}}
	div := one{op: "Div", in: image, more: [][]int64{image}}
	for _, tt := range []struct {
		version   string
		chip      dla.Chip
		precision string
		one       one
		want      string
	}{
		{"8.5.2", dla.Orin, "fp16", relu, "too old"},
		{"8.6.0", dla.Xavier, "fp16", relu, ""},
		{"10.7.0", dla.Xavier, "fp16", relu, `does not run on the DLA of "xavier"`},
		{"10.7.9.5", dla.Orin, "int8", relu, ""},
		{"10.8.0", dla.Orin, "fp16", relu, "has no DLA"},
		{"11.4.0", dla.Orin, "fp16", relu, "has no DLA"},
		{"11.4.1", dla.Orin, "fp16", relu, "float32"},
		{"11.4.1", dla.Orin, "int8", relu, ""},
		{"10.3.0", dla.Orin, "fp32", relu, `"fp32"`},
		{"8.6.2", dla.Xavier, "fp16", softmax, "no softmax"},
		{"8.6.2", dla.Orin, "fp16", softmax, ""},
		{"8.6.2", dla.Xavier, "fp16", mean, "leaves the padding out"},
		{"8.6.11", dla.Orin, "fp16", div, "from TensorRT 8.6.12 on"},
		{"8.6.12", dla.Orin, "fp16", div, ""},
	} {
		v, err := dla.ParseVersion(tt.version)
		if err != nil {
			t.Fatal(err)
		}
		found := dla.Check(v, tt.chip, tt.precision, tt.one.network(t))
		if tt.want == "" && found != nil || tt.want != "" && (len(found) != 1 || !strings.Contains(found[0].String(), tt.want)) {
			t.Errorf("%s %s %s %s: got %v, not %q", tt.version, tt.chip, tt.precision, tt.one.op, found, tt.want)
		}
	}
}

func TestText(t *testing.T) {
	b := network.NewBuilder("named", 13)
	b.Node("Conv", []string{b.Input(f32("x", 1, 1, 64, 64)), b.Floats("w", []int64{1, 1, 33, 1}, make([]float32, 33))}, []string{"conv_12"})
	b.Output(f32("conv_12"))
	found := dla.Check(jetson, dla.Orin, "fp16", build(t, b))
	if len(found) != 1 || found[0].String() != "layer conv_12 (Conv): kernel 33x1 is over DLA's 32" {
		t.Errorf("got %v", found)
	}
	for _, s := range []string{"", "10", "x.y"} {
		if v, err := dla.ParseVersion(s); err == nil {
			t.Errorf("%q is %v", s, v)
		}
	}
}

// TestComparisonGoesToACast is about what stands around a layer.
func TestComparisonGoesToACast(t *testing.T) {
	b := network.NewBuilder("compared", 13)
	x, y := b.Input(f32("x", 1, 1, 4, 4)), b.Input(f32("x1", 1, 1, 4, 4))
	b.Node("Greater", []string{x, y}, []string{"more"})
	b.Node("Cast", []string{"more"}, []string{"number"}, network.AttrInt("to", int64(accel.Float16)))
	b.Node("Cast", []string{x}, []string{"half"}, network.AttrInt("to", int64(accel.Float16)))
	b.Output(accel.TensorDesc{Name: "number", Type: accel.Float16})
	b.Output(accel.TensorDesc{Name: "half", Type: accel.Float16})
	found := dla.Check(jetson, dla.Orin, "int8", build(t, b))
	if len(found) != 1 || found[0].Layer != "half" {
		t.Errorf("got %v: only the cast of no comparison is wrong", found)
	}
}

// TestTogether is about what no layer breaks by itself.
func TestTogether(t *testing.T) {
	b := network.NewBuilder("large", 13)
	last := b.Input(f32("x", 64, 1, 4096, 4096))
	for _, name := range []string{"a", "b"} {
		b.Node("Relu", []string{last}, []string{name})
		last = name
	}
	b.Output(f32("b"))
	n := build(t, b)
	found := dla.Check(jetson, dla.Orin, "fp16", n)
	if len(found) != 1 || !strings.Contains(found[0].Reason, "2048 MB") || found[0].Layer != "" {
		t.Errorf("got %v", found)
	}

	b = network.NewBuilder("batches", 13)
	b.Node("Relu", []string{b.Input(f32("x", 1, 1, 4, 4))}, []string{"y"})
	b.Node("Relu", []string{b.Input(f32("x1", 2, 1, 4, 4))}, []string{"z"})
	b.Output(f32("y"))
	b.Output(f32("z"))
	if found := dla.Check(jetson, dla.Orin, "fp16", build(t, b)); len(found) != 1 || !strings.Contains(found[0].Reason, "batch 2") {
		t.Errorf("got %v", found)
	}
}

// TestTables holds them to their form: every line has a source, every operator
// stands once, every limit is of an operator that there is.
func TestTables(t *testing.T) {
	seen := map[string]bool{}
	for _, o := range dla.Operators {
		if seen[o.Op] || o.Source == "" || o.Precisions == "" {
			t.Errorf("operator %+v", o)
		}
		seen[o.Op] = true
	}
	for i, l := range dla.Limits {
		if l.Source == "" || l.Check == nil || slices.ContainsFunc(l.Ops, func(op string) bool { return !seen[op] }) {
			t.Errorf("limit %d of %v", i, l.Ops)
		}
	}
	for i, r := range dla.Releases {
		if r.Source == "" || r.Loadables != 16 || i > 0 && r.From.Before(dla.Releases[i-1].Before) {
			t.Errorf("release %+v", r)
		}
	}
}
