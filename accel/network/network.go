package network

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"braid/accel"
	"braid/accel/network/infer"
	"braid/accel/network/onnxpb"
)

// ErrInvalid is wrapped by every error about the network itself: a file that is
// no ONNX, is damaged, or uses what braid refuses. The text names the thing.
var ErrInvalid = errors.New("invalid network")

// Network is a parsed ONNX file. It is not safe for concurrent use: FixInput and
// Describe keep what they learn.
type Network struct {
	model    *onnxpb.ModelProto
	nodes    []*node                     // canonical order
	writer   map[string]int              // tensor -> node that writes it
	weights  map[string]weight           // initialisers
	inputs   []*onnxpb.ValueInfoProto    // real ones: not initialisers
	isInput  map[string]bool             // by name
	values   map[string]infer.Value      // what follows of tensors from the inputs' shapes
	known    map[string]accel.TensorDesc // static types and shapes of tensors: inferred, stated by the file, or from a probe
	constant map[string]bool             // tensors that depend on initialisers only, initialisers included
}

// node is one node of the graph and what it touches.
type node struct {
	*onnxpb.NodeProto
	reads    []string // distinct; with what its subgraphs capture
	writes   []string // without the empty names of left-out outputs
	constant bool     // can be folded: goes with its readers
	frozen   bool     // constant, but only for the shapes of the inputs: its readers get its contents
}

// weight is an initialiser, dense or sparse.
type weight struct {
	dense  *onnxpb.TensorProto
	sparse *onnxpb.SparseTensorProto
}

// values are the elements that are in the file.
func (w weight) values() *onnxpb.TensorProto {
	if w.dense != nil {
		return w.dense
	}
	return w.sparse.GetValues()
}

// Load reads an ONNX file. An error about its contents wraps ErrInvalid.
func Load(path string) (*Network, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading network: %w", err)
	}
	n, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("reading network %s: %w", path, err)
	}
	return n, nil
}

// Parse reads an ONNX file's bytes, which it keeps and which must not change: the
// weights stay where they are. Every error wraps ErrInvalid.
func Parse(data []byte) (*Network, error) {
	model, err := decode(data)
	if err != nil {
		return nil, err
	}
	if err := checkModel(model); err != nil {
		return nil, err
	}
	n := &Network{
		model: model, writer: map[string]int{}, isInput: map[string]bool{},
		known: map[string]accel.TensorDesc{}, constant: map[string]bool{},
	}
	steps := []func() error{n.indexWeights, n.indexInputs, n.indexNodes, n.checkReads, n.order, n.checkOutputs, n.finish}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// finish names what has no name and learns what follows from the inputs' shapes.
func (n *Network) finish() error {
	n.nameNodes()
	return n.learnShapes()
}

// Inputs are the graph's inputs without those that are initialisers. A symbolic
// dimension is -1; a nil shape is one that the file does not state.
func (n *Network) Inputs() []accel.TensorDesc { return descs(n.inputs) }

// Outputs are the graph's outputs, as far as they are known; dimensions as in Inputs.
func (n *Network) Outputs() []accel.TensorDesc {
	out := descs(n.model.Graph.Output)
	for i, d := range out {
		if known, ok := n.known[d.Name]; ok {
			out[i] = known
		}
	}
	return out
}

func descs(infos []*onnxpb.ValueInfoProto) []accel.TensorDesc {
	out := make([]accel.TensorDesc, len(infos))
	for i, v := range infos {
		out[i] = desc(v)
	}
	return out
}

// desc is a value info in accel's form. A type that is no tensor has Type 0.
func desc(v *onnxpb.ValueInfoProto) accel.TensorDesc {
	t := v.GetType().GetTensorType()
	d := accel.TensorDesc{Name: v.GetName(), Type: accel.DType(t.GetElemType())}
	if t.GetShape() == nil {
		return d
	}
	d.Shape = make([]int64, len(t.Shape.Dim))
	for i, dim := range t.Shape.Dim {
		d.Shape[i] = dimension(dim)
	}
	return d
}

// dimension is -1 for a symbol, for an unset value and for a negative one.
func dimension(d *onnxpb.TensorShapeProto_Dimension) int64 {
	if v, ok := d.GetValue().(*onnxpb.TensorShapeProto_Dimension_DimValue); ok && v.DimValue >= 0 {
		return v.DimValue
	}
	return -1
}

// static says whether type and shape are fully known.
func static(d accel.TensorDesc) bool {
	return d.Type != 0 && d.Shape != nil && !slices.ContainsFunc(d.Shape, func(n int64) bool { return n < 0 })
}
