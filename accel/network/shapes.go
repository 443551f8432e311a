package network

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"braid/accel"
	"braid/accel/network/onnxpb"
)

// ErrDynamic is wrapped, beside ErrInvalid, by the error about a tensor whose
// shape is not fixed before the network runs.
var ErrDynamic = errors.New("shapes that depend on data are refused: cut before it, or export the network without it")

// Probe asks a runtime for types and static shapes: of the named tensors, which
// are extra outputs of the network in onnx. The answer may be in any order; a
// dimension that the runtime cannot tell is -1.
type Probe func(ctx context.Context, onnx []byte, tensors []string) ([]accel.TensorDesc, error)

// FixInput gives a graph input its static shape: batch, height and width where
// the file has symbols. A dimension that the file states must be the same. What
// the file says about other tensors' symbolic dimensions is forgotten, and worked
// out anew.
func (n *Network) FixInput(name string, shape []int64) error {
	i := slices.IndexFunc(n.inputs, func(v *onnxpb.ValueInfoProto) bool { return v.GetName() == name })
	if i < 0 {
		return invalid("no input %q; the inputs are %s", name, quoted(names(n.Inputs())))
	}
	have := desc(n.inputs[i])
	if err := fits(have, shape); err != nil {
		return err
	}
	if static(have) {
		return nil
	}
	fixed := accel.TensorDesc{Name: name, Type: have.Type, Shape: shape}
	n.inputs[i].Type.TensorType.Shape = valueInfo(fixed).Type.TensorType.Shape
	return n.forget()
}

func fits(have accel.TensorDesc, shape []int64) error {
	bad := func(a, b int64) bool { return b < 1 || a >= 0 && a != b }
	ok := have.Shape == nil || len(have.Shape) == len(shape)
	for i, d := range shape {
		ok = ok && !bad(-1, d) && (have.Shape == nil || !bad(have.Shape[i], d))
	}
	if !ok {
		return invalid("input %q of shape %v cannot become %v", have.Name, have.Shape, shape)
	}
	return nil
}

// forget drops everything that was derived from the inputs' old shapes. Types stay.
func (n *Network) forget() error {
	g := n.model.Graph
	for _, v := range g.ValueInfo {
		if t := v.GetType().GetTensorType(); t != nil && !static(desc(v)) {
			t.Shape = nil
		}
	}
	for _, v := range g.Output {
		for _, dim := range v.GetType().GetTensorType().GetShape().GetDim() {
			if dimension(dim) < 0 {
				dim.Value = nil
			}
		}
	}
	return n.learnShapes()
}

// Describe tells types and static shapes of tensors, in the order asked: what
// follows from the inputs' shapes, what the file states, else what probe tells,
// whose answers are kept. A nil probe knows nothing.
func (n *Network) Describe(ctx context.Context, tensors []string, probe Probe) ([]accel.TensorDesc, error) {
	for _, v := range n.inputs {
		if d := desc(v); !static(d) {
			return nil, invalid("input %q has the shape %v: its size must be fixed, by a card's input.width and input.height", d.Name, d.Shape)
		}
	}
	var missing []string
	for _, t := range tensors {
		if _, ok := n.known[t]; !ok && !slices.Contains(missing, t) {
			missing = append(missing, t)
		}
	}
	if len(missing) > 0 {
		if err := n.probe(ctx, missing, probe); err != nil {
			return nil, err
		}
	}
	return n.described(tensors), nil
}

func (n *Network) described(tensors []string) []accel.TensorDesc {
	out := make([]accel.TensorDesc, len(tensors))
	for i, t := range tensors {
		out[i] = n.known[t]
	}
	return out
}

func (n *Network) probe(ctx context.Context, missing []string, probe Probe) error {
	for _, t := range missing {
		if v := n.stated(t); v.Type != nil && v.Type.TensorType == nil {
			return invalid("%q is a sequence, map or the like, not a tensor", t)
		}
		if n.values[t].Dynamic {
			return invalid("tensor %q of %s: %w", t, n.maker(t), ErrDynamic)
		}
	}
	if probe == nil {
		return invalid("the file does not state the shape of tensor %q of %s", missing[0], n.maker(missing[0]))
	}
	onnx, err := n.WithOutputs(missing)
	if err != nil {
		return err
	}
	found, err := probe(ctx, onnx, missing)
	if err != nil {
		return fmt.Errorf("probing the shape of tensor %q of %s: %w", missing[0], n.maker(missing[0]), err)
	}
	for _, d := range found {
		if slices.Contains(missing, d.Name) && static(d) {
			n.known[d.Name] = d
		}
	}
	for _, t := range missing {
		if _, ok := n.known[t]; !ok {
			return invalid("tensor %q of %s: %w", t, n.maker(t), ErrDynamic)
		}
	}
	return nil
}

// WithOutputs encodes the whole network with further outputs: tensors inside it
// that a Probe or a comparison wants to see. Their types and shapes are left to
// the runtime, which is asked for them.
func (n *Network) WithOutputs(tensors []string) ([]byte, error) {
	g := n.model.Graph
	outputs := slices.Clone(g.Output)
	for _, t := range tensors {
		if n.source(t) == "" {
			return nil, invalid("no tensor %q in the network", t)
		}
		if !slices.ContainsFunc(outputs, named(t)) {
			outputs = append(outputs, &onnxpb.ValueInfoProto{Name: proto.String(t)})
		}
	}
	inner := slices.DeleteFunc(slices.Clone(g.ValueInfo), func(v *onnxpb.ValueInfoProto) bool {
		return slices.Contains(tensors, v.GetName())
	})
	return encode(n.model, &onnxpb.GraphProto{
		Node: g.Node, Name: g.Name, Initializer: g.Initializer, Input: g.Input, Output: outputs, ValueInfo: inner,
		QuantizationAnnotation: g.QuantizationAnnotation, SparseInitializer: g.SparseInitializer,
	}, n.model.TrainingInfo)
}

// stated is what the file says about a tensor inside; its bare name at worst.
func (n *Network) stated(tensor string) *onnxpb.ValueInfoProto {
	if i := slices.IndexFunc(n.model.Graph.ValueInfo, named(tensor)); i >= 0 {
		return n.model.Graph.ValueInfo[i]
	}
	return &onnxpb.ValueInfoProto{Name: proto.String(tensor)}
}

func named(name string) func(*onnxpb.ValueInfoProto) bool {
	return func(v *onnxpb.ValueInfoProto) bool { return v.GetName() == name }
}

// encode writes model with another graph. Messages are shared, not copied, so
// that weights are copied once: into the result.
func encode(model *onnxpb.ModelProto, g *onnxpb.GraphProto, training [][]byte) ([]byte, error) {
	g.ProtoReflect().SetUnknown(model.Graph.ProtoReflect().GetUnknown())
	m := &onnxpb.ModelProto{
		IrVersion: model.IrVersion, ProducerName: model.ProducerName, ProducerVersion: model.ProducerVersion,
		Graph: g, OpsetImport: model.OpsetImport, TrainingInfo: training, Functions: model.Functions,
	}
	m.ProtoReflect().SetUnknown(model.ProtoReflect().GetUnknown())
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return nil, invalid("encoding: %w", err)
	}
	return data, nil
}

func names(ds []accel.TensorDesc) []string {
	out := make([]string, len(ds))
	for i, d := range ds {
		out[i] = d.Name
	}
	return out
}

func quoted(names []string) string {
	q := make([]string, len(names))
	for i, s := range names {
		q[i] = fmt.Sprintf("%q", s)
	}
	return strings.Join(q, ", ")
}
