package quantize_test

import (
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/onnxpb"
	"braid/accel/network/quantize"
	"braid/cuda/cudatest"
)

// tb is what *testing.T and *rapid.T share.
type tb interface {
	Helper()
	Fatalf(format string, args ...any)
}

// recipe is that of a runtime.
func recipe(t tb, runtime string) quantize.Recipe {
	t.Helper()
	r, err := quantize.For(runtime)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return r
}

func build(t tb, b *network.Builder) []byte {
	t.Helper()
	data, err := b.Bytes()
	if err != nil {
		t.Fatalf("building: %v", err)
	}
	return data
}

func decode(t tb, onnx []byte) *onnxpb.ModelProto {
	t.Helper()
	m := &onnxpb.ModelProto{}
	if err := proto.Unmarshal(onnx, m); err != nil {
		t.Fatalf("decoding: %v", err)
	}
	return m
}

func desc(name string, shape ...int64) accel.TensorDesc {
	return accel.TensorDesc{Name: name, Type: accel.Float32, Shape: shape}
}

// evaluate runs a network of float32 inputs and outputs in plain Go and returns the
// named tensors of it.
func evaluate(t tb, onnx []byte, in map[string][]float32, want []string) map[string][]float32 {
	t.Helper()
	n, err := network.Parse(onnx)
	if err != nil {
		t.Fatalf("parsing: %v", err)
	}
	out := map[string][]float32{}
	var inner []string
	for _, d := range shapes(t, n, want) {
		if v, ok := in[d.Name]; ok {
			out[d.Name] = slices.Clone(v)
			continue
		}
		out[d.Name] = make([]float32, d.Elems())
		inner = append(inner, d.Name)
	}
	open, err := n.WithOutputs(inner)
	if err != nil {
		t.Fatalf("opening: %v", err)
	}
	computed := map[string][]float32{}
	for _, name := range inner {
		computed[name] = out[name]
	}
	for _, o := range n.Outputs() {
		if computed[o.Name] == nil {
			computed[o.Name] = make([]float32, o.Elems())
		}
	}
	if err := cudatest.Run(open, in, computed); err != nil {
		t.Fatalf("evaluating: %v", err)
	}
	return out
}

func shapes(t tb, n *network.Network, tensors []string) []accel.TensorDesc {
	t.Helper()
	var ds []accel.TensorDesc
	for _, name := range tensors {
		i := slices.IndexFunc(n.Inputs(), func(d accel.TensorDesc) bool { return d.Name == name })
		if i >= 0 {
			ds = append(ds, n.Inputs()[i])
			continue
		}
		found := false
		for _, l := range n.Layers() {
			for _, d := range l.Outputs {
				if d.Name == name {
					ds, found = append(ds, d), true
				}
			}
		}
		if !found {
			t.Fatalf("no tensor %q", name)
		}
	}
	return ds
}

// watched is a quantizer that has seen what a network makes of inputs.
func watched(t tb, onnx []byte, o quantize.Options, inputs ...map[string][]float32) *quantize.Quantizer {
	t.Helper()
	q, err := quantize.New(onnx, o)
	if err != nil {
		t.Fatalf("%v", err)
	}
	raised, err := q.Raised()
	if err != nil {
		t.Fatalf("%v", err)
	}
	for _, in := range inputs {
		for name, values := range evaluate(t, raised, in, q.Activations()) {
			if err := q.Watch(name, values); err != nil {
				t.Fatalf("%v", err)
			}
		}
	}
	return q
}

var minmax = quantize.Method{Kind: "minmax"}

func write(t tb, q *quantize.Quantizer, m quantize.Method) []byte {
	t.Helper()
	data, err := q.Write(m)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return data
}

// weights are the initialisers of a model by name, as numbers.
type weights map[string]*onnxpb.TensorProto

func weightsOf(m *onnxpb.ModelProto) weights {
	w := weights{}
	for _, t := range m.Graph.Initializer {
		w[t.GetName()] = t
	}
	return w
}

func (w weights) floats(t testing.TB, name string) []float32 {
	t.Helper()
	v, err := floatsOf(w[name])
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

func floatsOf(t *onnxpb.TensorProto) ([]float32, error) {
	if accel.DType(t.GetDataType()) != accel.Float32 {
		return nil, fmt.Errorf("of type %v", accel.DType(t.GetDataType()))
	}
	raw := slices.Clone(t.RawData)
	return accel.Tensor{TensorDesc: accel.TensorDesc{Type: accel.Float32}, Data: raw}.Float32s(), nil
}
