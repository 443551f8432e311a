package network

import (
	"math"
	"slices"

	"braid/accel"
	"braid/accel/network/onnxpb"
)

// external is TensorProto.DataLocation's EXTERNAL.
const external = 1

// maxElems bounds a tensor's elements, so that products of them stay in an int64.
const maxElems = math.MaxInt32 * 1024

// checkGraphData checks the tensors of a graph and of its subgraphs.
func checkGraphData(g *onnxpb.GraphProto) error {
	for _, t := range g.Initializer {
		if err := checkTensor(t); err != nil {
			return err
		}
	}
	for _, s := range g.SparseInitializer {
		if err := checkSparse(s); err != nil {
			return err
		}
	}
	return checkNodeData(g.Node)
}

func checkNodeData(nodes []*onnxpb.NodeProto) error {
	for _, n := range nodes {
		for _, a := range n.Attribute {
			if err := checkAttrData(a); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkAttrData(a *onnxpb.AttributeProto) error {
	for _, t := range append(slices.Clip(a.Tensors), a.T) {
		if err := checkTensor(t); err != nil {
			return err
		}
	}
	for _, s := range append(slices.Clip(a.SparseTensors), a.SparseTensor) {
		if err := checkSparse(s); err != nil {
			return err
		}
	}
	for _, g := range subgraphs(a) {
		if err := checkGraphData(g); err != nil {
			return err
		}
	}
	return nil
}

func checkSparse(s *onnxpb.SparseTensorProto) error {
	if err := checkTensor(s.GetValues()); err != nil {
		return err
	}
	return checkTensor(s.GetIndices())
}

// checkTensor refuses data in other files and sizes that cannot be right. t may be nil.
func checkTensor(t *onnxpb.TensorProto) error {
	if t.GetDataLocation() == external || len(t.GetExternalData()) > 0 {
		return invalid("tensor %q keeps its data in another file (%q): save the model with its weights inside", t.GetName(), location(t))
	}
	n, ok := elems(t)
	if !ok {
		return invalid("tensor %q has the impossible shape %v", t.GetName(), t.GetDims())
	}
	size := int64(accel.DType(t.GetDataType()).Size())
	if have := int64(len(t.GetRawData())); t.GetRawData() != nil && size > 0 && have != n*size {
		return invalid("tensor %q holds %d bytes where shape %v of %v takes %d",
			t.GetName(), have, t.GetDims(), accel.DType(t.GetDataType()), n*size)
	}
	return nil
}

func location(t *onnxpb.TensorProto) string {
	for _, e := range t.GetExternalData() {
		if e.GetKey() == "location" {
			return e.GetValue()
		}
	}
	return ""
}

// elems is the number of elements, false where the shape cannot be one.
func elems(t *onnxpb.TensorProto) (int64, bool) {
	n, empty := int64(1), false
	for _, d := range t.GetDims() {
		if d < 0 || d > maxElems {
			return 0, false
		}
		if d == 0 {
			empty = true
			continue
		}
		if n > maxElems/d {
			return 0, false
		}
		n *= d
	}
	if empty {
		return 0, true
	}
	return n, true
}

// subgraphs lists the graphs of an attribute.
func subgraphs(a *onnxpb.AttributeProto) []*onnxpb.GraphProto {
	if a.G == nil {
		return a.Graphs
	}
	return append(slices.Clip(a.Graphs), a.G)
}
