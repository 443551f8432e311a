package cudatest

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/proto"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/infer"
	"braid/accel/network/onnxpb"
)

// graph is an ONNX network that plain Go computes, slowly and in float64 where
// sums are long. Its nodes are in the file's order.
type graph struct {
	nodes   []*onnxpb.NodeProto
	weights map[string]value
	inputs  []accel.TensorDesc
	outputs []string
}

// value is a tensor. Whole numbers, such as shapes, are exact up to 2^24.
type value struct {
	shape []int
	v     []float32
	kind  accel.DType // of weights and of what is quantised; 0 where it is of no matter
}

func newValue(shape ...int) value { return value{shape: shape, v: make([]float32, elems(shape))} }

func elems(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// Run computes the outputs of an ONNX network: Add, Concat, Conv, DequantizeLinear,
// Identity, LeakyRelu, MaxPool, Mul, QuantizeLinear, Relu, Reshape, Resize, Sigmoid,
// Slice and Transpose. It is the Evaluator of a new Fake.
func Run(onnx []byte, in, out map[string][]float32) error {
	g, err := read(onnx)
	if err != nil {
		return err
	}
	return g.run(in, out)
}

// read decodes a network, which it copies.
func read(onnx []byte) (*graph, error) {
	onnx = slices.Clone(onnx)
	n, err := network.Parse(onnx) // which checks what follows does not
	if err != nil {
		return nil, err
	}
	var m onnxpb.ModelProto
	if err := proto.Unmarshal(onnx, &m); err != nil {
		return nil, fmt.Errorf("reading a network: %w", err)
	}
	g := &graph{nodes: m.GetGraph().GetNode(), weights: map[string]value{}, inputs: n.Inputs()}
	for _, o := range n.Outputs() {
		g.outputs = append(g.outputs, o.Name)
	}
	for _, t := range m.GetGraph().GetInitializer() {
		if g.weights[t.GetName()], err = weights(t); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// weights decodes an initialiser.
func weights(t *onnxpb.TensorProto) (value, error) {
	shape := make([]int, len(t.GetDims()))
	for i, d := range t.GetDims() {
		shape[i] = int(d)
	}
	w := newValue(shape...)
	w.kind = accel.DType(t.GetDataType())
	raw := t.GetRawData()
	if w.kind == accel.Float32 && len(raw) == 4*len(w.v) {
		for i := range w.v {
			w.v[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
		return w, nil
	}
	small := infer.FromTensor(t)
	for i, f := range small.Floats {
		w.v[i] = float32(f)
	}
	for i, n := range small.Ints {
		w.v[i] = float32(n)
	}
	if len(small.Floats)+len(small.Ints) != len(w.v) {
		return value{}, fmt.Errorf("initialiser %q of type %v is not read here", t.GetName(), w.kind)
	}
	return w, nil
}

// run computes the nodes one by one.
func (g *graph) run(in, out map[string][]float32) error {
	values := maps.Clone(g.weights)
	for _, d := range g.inputs {
		shape := make([]int, len(d.Shape))
		for i, s := range d.Shape {
			shape[i] = int(s)
		}
		if len(in[d.Name]) != elems(shape) {
			return fmt.Errorf("input %q has %d elements, not those of %v", d.Name, len(in[d.Name]), shape)
		}
		values[d.Name] = value{shape: shape, v: in[d.Name]}
	}
	for _, n := range g.nodes {
		if err := compute(n, values); err != nil {
			return fmt.Errorf("computing node %s (%s): %w", n.GetName(), n.GetOpType(), err)
		}
	}
	for _, name := range g.outputs {
		if len(out[name]) != len(values[name].v) {
			return fmt.Errorf("output %q has %d elements, not %d", name, len(out[name]), len(values[name].v))
		}
		copy(out[name], values[name].v)
	}
	return nil
}

// compute adds what a node writes to values.
func compute(n *onnxpb.NodeProto, values map[string]value) error {
	op, ok := operators[n.GetOpType()]
	if !ok || len(n.GetOutput()) != 1 {
		return fmt.Errorf("this is not computed here")
	}
	var in []value
	for _, name := range n.GetInput() {
		if name == "" {
			continue
		}
		v, ok := values[name]
		if !ok {
			return fmt.Errorf("input %q is not there yet", name)
		}
		in = append(in, v)
	}
	if len(in) < op.inputs {
		return fmt.Errorf("it has %d inputs, not %d", len(in), op.inputs)
	}
	out, err := op.run(attributes{n.GetAttribute()}, in)
	values[n.GetOutput()[0]] = out
	return err
}

// attributes are a node's.
type attributes struct{ list []*onnxpb.AttributeProto }

func (a attributes) find(name string) *onnxpb.AttributeProto {
	for _, at := range a.list {
		if at.GetName() == name {
			return at
		}
	}
	return nil
}

func (a attributes) ints(name string, otherwise ...int) []int {
	at := a.find(name)
	if at == nil {
		return otherwise
	}
	out := make([]int, len(at.GetInts()))
	for i, v := range at.GetInts() {
		out[i] = int(v)
	}
	return out
}

func (a attributes) int(name string, otherwise int) int {
	if at := a.find(name); at != nil {
		return int(at.GetI())
	}
	return otherwise
}

func (a attributes) float(name string, otherwise float32) float32 {
	if at := a.find(name); at != nil {
		return at.GetF()
	}
	return otherwise
}
