package network

import (
	"encoding/binary"
	"fmt"
	"math"

	"google.golang.org/protobuf/proto"

	"braid/accel"
	"braid/accel/network/onnxpb"
)

// builderIR is the IR version that Builder writes: it allows initialisers that
// are not graph inputs, and every runtime in use reads it.
const builderIR = 8

// Builder writes ONNX files: an importer's output, networks for tests. It
// checks what it is given (names, lengths), not that the graph makes sense:
// Parse does that. The zero value is not ready; use NewBuilder.
type Builder struct {
	model *onnxpb.ModelProto
	err   error // the first one; later calls do nothing
}

// NewBuilder starts a network of the default operator set's version opset.
func NewBuilder(name string, opset int) *Builder {
	return &Builder{model: &onnxpb.ModelProto{
		IrVersion:    proto.Int64(builderIR),
		ProducerName: proto.String("braid"),
		OpsetImport: []*onnxpb.OperatorSetIdProto{
			{Domain: proto.String(""), Version: proto.Int64(int64(opset))},
		},
		Graph: &onnxpb.GraphProto{Name: proto.String(name)},
	}}
}

// Input adds a graph input and returns its name. A dimension below 0 is symbolic.
func (b *Builder) Input(d accel.TensorDesc) string {
	b.named("input", d.Name)
	b.model.Graph.Input = append(b.model.Graph.Input, valueInfo(d))
	return d.Name
}

// Output adds a graph output. A dimension below 0 is symbolic.
func (b *Builder) Output(d accel.TensorDesc) {
	b.named("output", d.Name)
	b.model.Graph.Output = append(b.model.Graph.Output, valueInfo(d))
}

// ValueInfo states the type and shape of a tensor inside the graph.
func (b *Builder) ValueInfo(d accel.TensorDesc) {
	b.named("value info", d.Name)
	b.model.Graph.ValueInfo = append(b.model.Graph.ValueInfo, valueInfo(d))
}

// Floats adds a float32 initialiser in row-major order and returns its name. A
// nil shape is a scalar. v is copied.
func (b *Builder) Floats(name string, shape []int64, v []float32) string {
	return b.initialiser(floatTensor(name, shape, v), len(v))
}

// Ints adds an int64 initialiser in row-major order and returns its name. A nil
// shape is a scalar. v is copied.
func (b *Builder) Ints(name string, shape []int64, v []int64) string {
	return b.initialiser(intTensor(name, shape, v), len(v))
}

// Raw adds an initialiser of any type from its little-endian bytes in row-major
// order and returns its name. raw is kept, and must not change before the network
// is written.
func (b *Builder) Raw(d accel.TensorDesc, raw []byte) string {
	if d.Type.Size() == 0 || int64(len(raw)) != d.Bytes() {
		b.fail("initialiser %q of shape %v of %v takes %d bytes, not %d", d.Name, d.Shape, d.Type, d.Bytes(), len(raw))
		return d.Name
	}
	return b.initialiser(rawTensor(d.Name, d.Type, d.Shape, raw), len(raw)/d.Type.Size())
}

func (b *Builder) initialiser(t *onnxpb.TensorProto, have int) string {
	b.named("initialiser", t.GetName())
	if want := (accel.TensorDesc{Shape: t.Dims}).Elems(); want != int64(have) {
		b.fail("initialiser %q of shape %v takes %d values, not %d", t.GetName(), t.Dims, want, have)
	}
	b.model.Graph.Initializer = append(b.model.Graph.Initializer, t)
	return t.GetName()
}

// Node adds a node of the default domain, named after its first output. An
// empty input name leaves an optional input out.
func (b *Builder) Node(op string, in, out []string, attrs ...Attr) {
	if op == "" || len(out) == 0 {
		b.fail("a node needs an operator and an output: %q %v", op, out)
		return
	}
	n := &onnxpb.NodeProto{Input: in, Output: out, Name: proto.String(out[0]), OpType: proto.String(op)}
	for _, a := range attrs {
		n.Attribute = append(n.Attribute, a.proto)
		if a.err != nil {
			b.fail("node %q: %w", out[0], a.err)
		}
	}
	b.model.Graph.Node = append(b.model.Graph.Node, n)
}

func (b *Builder) named(what, name string) {
	if name == "" {
		b.fail("%s without a name", what)
	}
}

func (b *Builder) fail(format string, args ...any) {
	if b.err == nil {
		b.err = fmt.Errorf(format, args...)
	}
}

func floatTensor(name string, shape []int64, v []float32) *onnxpb.TensorProto {
	raw := make([]byte, 0, 4*len(v))
	for _, f := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(f))
	}
	return rawTensor(name, accel.Float32, shape, raw)
}

func intTensor(name string, shape []int64, v []int64) *onnxpb.TensorProto {
	raw := make([]byte, 0, 8*len(v))
	for _, i := range v {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(i))
	}
	return rawTensor(name, accel.Int64, shape, raw)
}

func rawTensor(name string, t accel.DType, shape []int64, raw []byte) *onnxpb.TensorProto {
	return &onnxpb.TensorProto{Name: proto.String(name), DataType: proto.Int32(int32(t)), Dims: shape, RawData: raw}
}

// valueInfo is d in ONNX's form; a dimension below 0 gets a symbol of its own.
func valueInfo(d accel.TensorDesc) *onnxpb.ValueInfoProto {
	shape := &onnxpb.TensorShapeProto{}
	for i, n := range d.Shape {
		dim := &onnxpb.TensorShapeProto_Dimension{Value: &onnxpb.TensorShapeProto_Dimension_DimValue{DimValue: n}}
		if n < 0 {
			dim.Value = &onnxpb.TensorShapeProto_Dimension_DimParam{DimParam: fmt.Sprintf("%s_%d", d.Name, i)}
		}
		shape.Dim = append(shape.Dim, dim)
	}
	return &onnxpb.ValueInfoProto{
		Name: proto.String(d.Name),
		Type: &onnxpb.TypeProto{TensorType: &onnxpb.TypeProto_Tensor{ElemType: proto.Int32(int32(d.Type)), Shape: shape}},
	}
}
