package quantize_test

import (
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/onnxpb"
	"braid/accel/network/quantize"
)

var update = flag.Bool("update", false, "write the golden files")

// small has a residual, a Relu, a gate, what only moves elements, and a head.
func small(t *testing.T) []byte {
	t.Helper()
	b := network.NewBuilder("small", 13)
	conv := func(out, in string) {
		w := make([]float32, 4)
		for i := range w {
			w[i] = float32(i+1) / 4 * float32(1-2*(i%2))
		}
		b.Floats(out+".w", []int64{2, 2, 1, 1}, w)
		b.Floats(out+".b", []int64{2}, []float32{0.5, -0.25})
		b.Node("Conv", []string{in, out + ".w", out + ".b"}, []string{out})
	}
	conv("a", b.Input(desc("x", 1, 2, 2, 2)))
	b.Node("Relu", []string{"a"}, []string{"a.relu"})
	conv("b", "a.relu")
	b.Node("Sigmoid", []string{"b"}, []string{"b.gate"})
	b.Node("Mul", []string{"b", "b.gate"}, []string{"b.silu"})
	b.Node("Add", []string{"b.silu", "a.relu"}, []string{"sum"})
	b.Node("MaxPool", []string{"sum"}, []string{"pool"}, network.AttrInts("kernel_shape", 1, 1))
	conv("c", "pool")
	conv("y", "c")
	b.Output(desc("y", 1, 2, 2, 2))
	return build(t, b)
}

// TestGolden keeps the graph of each runtime's form of int8.
func TestGolden(t *testing.T) {
	x := map[string][]float32{"x": {0.5, 0.75, 1, 2, -1, -0.5, 0, 0.25}}
	for _, runtime := range quantize.Runtimes() {
		t.Run(runtime, func(t *testing.T) {
			q := watched(t, small(t), quantize.Options{Recipe: recipe(t, runtime)}, x)
			got := dump(decode(t, write(t, q, minmax)))
			path := filepath.Join("testdata", runtime+".golden")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the graph differs from %s; go test -update writes it anew:\n%s", path, got)
			}
		})
	}
}

// dump writes a graph as text: nodes, then constants.
func dump(m *onnxpb.ModelProto) string {
	var s strings.Builder
	fmt.Fprintf(&s, "opset %d, IR %d\n", m.OpsetImport[0].GetVersion(), m.GetIrVersion())
	for _, n := range m.Graph.Node {
		fmt.Fprintf(&s, "%s(%s) -> %s", n.GetOpType(), strings.Join(n.Input, ", "), strings.Join(n.Output, ", "))
		for _, a := range n.Attribute {
			if a.GetName() == "axis" {
				fmt.Fprintf(&s, " axis %d", a.GetI())
			}
		}
		s.WriteByte('\n')
	}
	for _, w := range m.Graph.Initializer {
		fmt.Fprintf(&s, "%s %v %v", w.GetName(), accel.DType(w.GetDataType()), w.Dims)
		if f, err := floatsOf(w); err == nil {
			fmt.Fprintf(&s, " %.6g\n", f)
		} else {
			fmt.Fprintf(&s, " % x\n", w.RawData)
		}
	}
	return s.String()
}

// TestAxis: scales lie along the channels of output of each operator, of which one is
// a thousand times as large as the other here.
func TestAxis(t *testing.T) {
	for _, c := range []struct {
		name   string
		op     string
		shape  []int64
		attrs  []network.Attr
		axis   int
		values []float32
	}{
		{"convolution", "Conv", []int64{2, 3, 1, 1}, nil, 0, []float32{1, 0.5, 0.25, 1000, 500, 250}},
		{"product", "MatMul", []int64{3, 2}, nil, 1, []float32{1, 1000, 0.5, 500, 0.25, 250}},
		{"gemm", "Gemm", []int64{3, 2}, nil, 1, []float32{1, 1000, 0.5, 500, 0.25, 250}},
		{"gemm of a transposed matrix", "Gemm", []int64{2, 3}, []network.Attr{network.AttrInt("transB", 1)}, 0, []float32{1, 0.5, 0.25, 1000, 500, 250}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := network.NewBuilder("axis", 13)
			x := []int64{1, 3}
			if c.op == "Conv" {
				x = append(x, 1, 1)
			}
			b.Node(c.op, []string{b.Input(desc("x", x...)), b.Floats("w", c.shape, c.values)}, []string{"a"}, c.attrs...)
			b.Floats("v", []int64{2, 2}, []float32{1, 2, 3, 4})
			b.Node("Flatten", []string{"a"}, []string{"flat"})
			b.Node("MatMul", []string{"flat", "v"}, []string{"y"})
			b.Output(desc("y", 1, 2))
			q, err := quantize.New(build(t, b), quantize.Options{Recipe: recipe(t, "openvino")})
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range q.Activations() {
				if err := q.Watch(name, []float32{-1, 1}); err != nil {
					t.Fatal(err)
				}
			}
			checkAxis(t, decode(t, write(t, q, minmax)), c.axis, c.shape, c.values)
		})
	}
}

func checkAxis(t *testing.T, m *onnxpb.ModelProto, axis int, shape []int64, values []float32) {
	t.Helper()
	all := weightsOf(m)
	i := slices.IndexFunc(m.Graph.Node, func(n *onnxpb.NodeProto) bool {
		return n.GetOpType() == "DequantizeLinear" && slices.Equal(all[n.Input[0]].GetDims(), shape)
	})
	if i < 0 {
		t.Fatal("no weights in int8")
	}
	n := m.Graph.Node[i]
	scales, raw := all.floats(t, n.Input[1]), all[n.Input[0]].RawData
	if len(n.Attribute) != 1 || n.Attribute[0].GetName() != "axis" || n.Attribute[0].GetI() != int64(axis) || len(scales) != 2 {
		t.Fatalf("axis %v with %d scales, want %d with 2", n.Attribute, len(scales), axis)
	}
	each := int(accel.TensorDesc{Shape: shape[axis+1:]}.Elems())
	for i, v := range values {
		s := scales[i/each%2]
		if got := float32(int8(raw[i])) * s; math.Abs(float64(got-v)) > float64(s)/2*1.0001 {
			t.Errorf("weight %d is %g, was %g, in steps of %g", i, got, v, s)
		}
	}
}

// TestLargeBias: a bias that is enormous beside its channel's weights still fits into
// int32, with weights that matter less the coarser.
func TestLargeBias(t *testing.T) {
	b := network.NewBuilder("bias", 13)
	b.Node("Conv", []string{b.Input(desc("x", 1, 1, 1, 1)), b.Floats("w", []int64{2, 1, 1, 1}, []float32{1e-9, 1}), b.Floats("b", []int64{2}, []float32{1000, -3})}, []string{"a"})
	b.Node("Conv", []string{"a", b.Floats("v", []int64{1, 2, 1, 1}, []float32{1, 1})}, []string{"y"})
	b.Output(desc("y", 1, 1, 1, 1))
	q, err := quantize.New(build(t, b), quantize.Options{Recipe: recipe(t, "ort")})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range q.Activations() {
		if err := q.Watch(name, []float32{0, 1}); err != nil {
			t.Fatal(err)
		}
	}
	m := decode(t, write(t, q, minmax))
	all := weightsOf(m)
	raw, scale := all["a/bias/q"].GetRawData(), all.floats(t, "a/bias/q/scale")
	for i, want := range []float64{1000, -3} {
		n := int32(uint32(raw[4*i]) | uint32(raw[4*i+1])<<8 | uint32(raw[4*i+2])<<16 | uint32(raw[4*i+3])<<24)
		if got := float64(n) * float64(scale[i]); math.Abs(got-want) > 1e-3*math.Abs(want) {
			t.Errorf("bias %d is %g, was %g", i, got, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	conv := func(ops ...string) func(t *testing.T) []byte {
		return func(t *testing.T) []byte {
			b := network.NewBuilder("refused", 13)
			in := b.Input(desc("x", 1, 1, 2, 2))
			b.Floats("w", []int64{1, 1, 1, 1}, []float32{1})
			for i, op := range ops {
				out := fmt.Sprintf("t%d", i)
				inputs := []string{in}
				switch op {
				case "Conv":
					inputs = append(inputs, "w")
				case "QuantizeLinear":
					inputs = append(inputs, b.Floats("s", nil, []float32{1}))
				}
				b.Node(op, inputs, []string{out})
				in = out
			}
			b.Node("Identity", []string{in}, []string{"y"})
			b.Output(desc("y", 1, 1, 2, 2))
			return build(t, b)
		}
	}
	for _, c := range []struct {
		name    string
		onnx    func(t *testing.T) []byte
		options quantize.Options
		want    string
	}{
		{"only a head", conv("Relu", "Conv"), quantize.Options{}, "no layer is left for int8"},
		{"nothing with weights", conv("Relu"), quantize.Options{}, "no layer is left for int8"},
		{"all kept", conv("Conv", "Conv"), quantize.Options{Float: []string{"t0"}}, "no layer is left for int8"},
		{"unknown node", conv("Conv", "Conv"), quantize.Options{Float: []string{"t7"}}, `no node "t7"`},
		{"quantised already", conv("Conv", "QuantizeLinear"), quantize.Options{}, `node "t1" is QuantizeLinear`},
		{"no network", func(*testing.T) []byte { return []byte("x") }, quantize.Options{}, "not an ONNX file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := quantize.New(c.onnx(t), c.options); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	t.Run("use", func(t *testing.T) {
		q, err := quantize.New(conv("Conv", "Conv")(t), quantize.Options{Recipe: recipe(t, "trt")})
		if err != nil {
			t.Fatal(err)
		}
		for want, err := range map[string]error{
			"never watched":                second(q.Write(minmax)),
			`ranges by "best"`:             second(q.Write(quantize.Method{Kind: "best"})),
			"not among the activations":    q.Watch("t1", nil),
			"infinite, or not a number":    q.Watch("x", []float32{float32(math.Inf(1))}),
			"not among the layers":         second(q.Alone("t1", minmax)),
			"for the runtime \"nobody's\"": second(quantize.For("nobody's")),
			"no layer is left for int8":    q.Keep([]string{"t0"}),
		} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }

// TestKeep: layers that are kept out later leave what was watched usable, and those
// that stay are in int8 alone too.
func TestKeep(t *testing.T) {
	x := map[string][]float32{"x": {0.5, 0.75, 1, 2, -1, -0.5, 0, 0.25}}
	for _, runtime := range quantize.Runtimes() {
		q := watched(t, small(t), quantize.Options{Recipe: recipe(t, runtime)}, x)
		if got := fmt.Sprint(q.Layers(), q.Float()); got != "[a b c] [y]" {
			t.Fatalf("%s: layers %s", runtime, got)
		}
		for _, l := range q.Layers() {
			alone, err := q.Alone(l, minmax)
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(dump(decode(t, alone)), "\nQuantizeLinear"); n < 1 {
				t.Errorf("%s: %s alone has %d pairs", runtime, l, n)
			}
		}
		if err := q.Keep([]string{"b"}); err != nil {
			t.Fatal(err)
		}
		text := dump(decode(t, write(t, q, minmax)))
		if strings.Contains(text, "b/weight/q") || !strings.Contains(text, "b.w ") || fmt.Sprint(q.Layers(), q.Float()) != "[a c] [b y]" {
			t.Errorf("%s: b is not in float32:\n%s", runtime, text)
		}
	}
}

// TestFormForTensorRTStrips: for a DLA the pairs of TensorRT's form become ranges, one
// for each activation, and the network float32 again.
func TestFormForTensorRTStrips(t *testing.T) {
	x := map[string][]float32{"x": {0.5, 0.75, 1, 2, -1, -0.5, 0, 0.25}}
	q := watched(t, small(t), quantize.Options{Recipe: recipe(t, "trt")}, x)
	plain, ranges, err := network.StripQDQ(write(t, q, minmax))
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.Sorted(maps.Keys(ranges)); !slices.Equal(got, []string{"a.relu", "pool", "x"}) || math.Abs(float64(ranges["x"])-2) > 1e-6 {
		t.Errorf("ranges %v", ranges)
	}
	if text := dump(decode(t, plain)); strings.Contains(text, "Quantize") {
		t.Errorf("pairs are left:\n%s", text)
	}
}
