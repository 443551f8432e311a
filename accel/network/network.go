package network

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"braid/accel"
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
	known    map[string]accel.TensorDesc // static types and shapes of tensors, from the file or a probe
	constant map[string]bool             // tensors that depend on initialisers only, initialisers included
}

// node is one node of the graph and what it touches.
type node struct {
	*onnxpb.NodeProto
	reads    []string // distinct; with what its subgraphs capture
	writes   []string // without the empty names of left-out outputs
	constant bool     // computes from initialisers only: goes with its readers
}

// weight is an initialiser, dense or sparse.
type weight struct {
	dense  *onnxpb.TensorProto
	sparse *onnxpb.SparseTensorProto
}

// Layer is a node as the file has it, in canonical order.
type Layer struct {
	Index    int      `json:"index"`
	Name     string   `json:"name"` // made from operator and index where the file has none
	Op       string   `json:"op"`
	Inputs   []string `json:"inputs"`  // distinct; with the tensors that subgraphs capture
	Outputs  []string `json:"outputs"` // without left-out ones
	Constant bool     `json:"constant,omitempty"`
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

// Parse reads an ONNX file's bytes, which it does not keep. Every error wraps
// ErrInvalid.
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
	steps := []func() error{n.indexWeights, n.indexInputs, n.indexNodes, n.checkReads, n.order, n.checkOutputs}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	n.nameNodes()
	n.markConstants()
	n.learnShapes()
	return n, nil
}

// Inputs are the graph's inputs without those that are initialisers. A symbolic
// dimension is -1; a nil shape is one that the file does not state.
func (n *Network) Inputs() []accel.TensorDesc { return descs(n.inputs) }

// Outputs are the graph's outputs, dimensions as in Inputs.
func (n *Network) Outputs() []accel.TensorDesc { return descs(n.model.Graph.Output) }

// Layers lists every node in canonical order.
func (n *Network) Layers() []Layer {
	layers := make([]Layer, len(n.nodes))
	for i, l := range n.nodes {
		layers[i] = Layer{
			Index: i, Name: l.GetName(), Op: l.GetOpType(),
			Inputs: slices.Clone(l.reads), Outputs: slices.Clone(l.writes), Constant: l.constant,
		}
	}
	return layers
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
