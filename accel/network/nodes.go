package network

import (
	"slices"

	"braid/accel"
	"braid/accel/network/onnxpb"
)

// Node is a node that computes on data, with what a device's rules ask of it. A
// node that is folded (see the package's text) is none: no device runs it.
type Node struct {
	Name    string
	Op      string
	Domain  string    // "" is ONNX's own
	Inputs  []Operand // in the operator's order
	Outputs []Operand // likewise
	attrs   []*onnxpb.AttributeProto
}

// Operand is a tensor as a node reads or writes it. Its name is empty where an
// optional one is left out; its shape is nil where that is not known, and a
// dimension is -1 likewise.
type Operand struct {
	accel.TensorDesc
	Constant bool      // an initialiser, or folded
	Values   []float64 // the contents of a small constant, else nil
}

// Nodes lists the nodes that compute, in canonical order.
func (n *Network) Nodes() []Node {
	var nodes []Node
	for _, l := range n.nodes {
		if l.constant {
			continue
		}
		d := Node{Name: l.GetName(), Op: l.GetOpType(), attrs: l.Attribute}
		if !defaultDomain(l.GetDomain()) {
			d.Domain = l.GetDomain()
		}
		for _, t := range l.Input {
			d.Inputs = append(d.Inputs, n.operand(t))
		}
		for _, t := range l.Output {
			d.Outputs = append(d.Outputs, n.operand(t))
		}
		nodes = append(nodes, d)
	}
	return nodes
}

func (n *Network) operand(tensor string) Operand {
	v := n.values[tensor]
	o := Operand{TensorDesc: accel.TensorDesc{Name: tensor, Type: v.Type, Shape: v.Shape}, Constant: n.constant[tensor]}
	if d, ok := n.known[tensor]; ok { // a Probe may have told more
		o.TensorDesc = d
	}
	if !o.Constant {
		return o
	}
	o.Values = slices.Clone(v.Floats)
	for _, i := range v.Ints {
		o.Values = append(o.Values, float64(i))
	}
	return o
}

// Input is input i, the zero Operand where it is left out.
func (d Node) Input(i int) Operand {
	if i < len(d.Inputs) {
		return d.Inputs[i]
	}
	return Operand{}
}

// Has says whether an attribute is there.
func (d Node) Has(name string) bool { return d.attr(name) != nil }

// Int is a whole-number attribute, or what it is by default.
func (d Node) Int(name string, otherwise int64) int64 {
	if a := d.attr(name); a != nil && a.I != nil {
		return a.GetI()
	}
	return otherwise
}

// Float is a real attribute, or what it is by default.
func (d Node) Float(name string, otherwise float32) float32 {
	if a := d.attr(name); a != nil && a.F != nil {
		return a.GetF()
	}
	return otherwise
}

// Text is a text attribute, or what it is by default.
func (d Node) Text(name, otherwise string) string {
	if a := d.attr(name); a != nil && a.S != nil {
		return string(a.GetS())
	}
	return otherwise
}

// Ints is a list attribute, nil where it is not there.
func (d Node) Ints(name string) []int64 { return slices.Clone(d.attr(name).GetInts()) }

// Floats is a list attribute, nil where it is not there.
func (d Node) Floats(name string) []float32 { return slices.Clone(d.attr(name).GetFloats()) }

func (d Node) attr(name string) *onnxpb.AttributeProto {
	i := slices.IndexFunc(d.attrs, func(a *onnxpb.AttributeProto) bool { return a.GetName() == name })
	if i < 0 {
		return nil
	}
	return d.attrs[i]
}
