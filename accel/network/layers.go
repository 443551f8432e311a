package network

import (
	"slices"

	"braid/accel"
)

// Layer is a node as the file has it, in canonical order, with what it costs. A
// node that is folded (see the package's text) costs nothing by itself: it goes
// with its readers.
type Layer struct {
	Index   int                `json:"index"`
	Name    string             `json:"name"` // made from operator and index where the file has none
	Op      string             `json:"op"`
	Inputs  []string           `json:"inputs"`  // distinct; with the tensors that subgraphs capture
	Outputs []accel.TensorDesc `json:"outputs"` // without left-out ones; the shape is nil where it is not known
	// Work is the multiply-adds of one frame; see Work of Summary.
	Work int64 `json:"work"`
	// ParameterBytes are those of the initialisers that it reads, itself or
	// through folded nodes, each once. An initialiser that several layers read is
	// counted at each of them.
	ParameterBytes int64 `json:"parameter_bytes"`
	// ActivationBytes are those of its outputs, as far as their shapes are known.
	ActivationBytes int64 `json:"activation_bytes"`
	Constant        bool  `json:"constant,omitempty"`
}

// Layers lists every node in canonical order. What takes a Probe to know is zero
// before Resolve.
func (n *Network) Layers() []Layer {
	layers := make([]Layer, len(n.nodes))
	parameters := n.parameterBytes()
	for i, l := range n.nodes {
		layers[i] = Layer{
			Index: i, Name: l.GetName(), Op: l.GetOpType(), Inputs: slices.Clone(l.reads), Constant: l.constant,
		}
		for _, t := range l.writes {
			d, ok := n.known[t]
			if !ok {
				d = accel.TensorDesc{Name: t, Type: n.values[t].Type}
			}
			layers[i].Outputs = append(layers[i].Outputs, d)
			if ok && !l.constant {
				layers[i].ActivationBytes += d.Bytes()
			}
		}
		if !l.constant {
			layers[i].Work, layers[i].ParameterBytes = n.work(l), parameters[i]
		}
	}
	return layers
}
