// Package infer tells types and shapes of what a node of an ONNX graph writes,
// from those of what it reads, and the contents of the small tensors that
// exporters compute shapes with. It knows one node at a time: which tensors there
// are and in which order nodes stand is accel/network's.
//
// The rules follow the operators' text in https://onnx.ai/onnx/operators, each in
// the versions from opset 7 on; where that text leaves room, ONNX Runtime's
// behaviour decides.
package infer

import (
	"slices"

	"braid/accel"
	"braid/accel/network/onnxpb"
)

// MaxContents is the most elements of a tensor whose contents are followed. What
// shapes are made of is far smaller; weights are larger or do not matter.
const MaxContents = 1024

// Value is what is known of a tensor before the network runs. The zero Value is
// a tensor of which nothing is known.
type Value struct {
	Type  accel.DType // 0: unknown
	Shape []int64     // nil: unknown; a dimension of -1 is unknown
	// Ints and Floats are the contents in row-major order where they are known
	// and the type is one of whole numbers (a bool is 0 or 1) or of real ones. At
	// most one of the two is not nil.
	Ints   []int64
	Floats []float64
	// Dynamic: what is not known here depends on the data, so that no one can
	// know it before the network runs.
	Dynamic bool
}

// Static says whether type and shape are fully known.
func (v Value) Static() bool {
	return v.Type != 0 && v.Shape != nil && !slices.Contains(v.Shape, -1)
}

// Known says whether the contents are known.
func (v Value) Known() bool { return v.Ints != nil || v.Floats != nil }

// Node tells what p writes, one Value for each of its outputs, from what it
// reads: in has a Value for each of its inputs, the zero one for an input that is
// left out. opset is the version of the default operator set. An operator without
// a rule, or of another domain, gives zero Values. An error says why the node can
// never run: its inputs do not fit it, or each other.
func Node(p *onnxpb.NodeProto, opset int64, in []Value) ([]Value, error) {
	out := make([]Value, len(p.Output))
	rule, ok := rules[p.GetOpType()]
	if d := p.GetDomain(); !ok || d != "" && d != "ai.onnx" {
		return out, nil
	}
	c := &call{NodeProto: p, opset: opset, in: in}
	got, err := rule(c)
	if err != nil {
		return nil, err
	}
	copy(out, got)
	dynamic := slices.ContainsFunc(in, func(v Value) bool { return v.Dynamic })
	for i := range out {
		if err := out[i].check(); err != nil {
			return nil, err
		}
		open := !out[i].Static() || shapeLike(out[i]) && !out[i].Known()
		out[i].Dynamic = open && (dynamic || out[i].Dynamic)
	}
	return out, nil
}

// shapeLike says whether v may be a shape, or a part of one, in the making.
func shapeLike(v Value) bool { return v.Type == accel.Int64 && len(v.Shape) <= 1 }

// check refuses what no tensor can be, and drops contents that are too large.
func (v *Value) check() error {
	n, err := count(v.Shape)
	if err != nil {
		return err
	}
	if v.Shape == nil || n > MaxContents || n != int64(len(v.Ints)+len(v.Floats)) {
		v.Ints, v.Floats = nil, nil
	}
	return nil
}
