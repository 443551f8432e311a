package network

import (
	"cmp"
	"slices"

	"braid/accel"
	"braid/accel/network/onnxpb"
)

// Summary is what a person wants to know of a network first.
type Summary struct {
	Name            string             `json:"name"` // of the graph
	Producer        string             `json:"producer"`
	ProducerVersion string             `json:"producer_version,omitempty"`
	IR              int64              `json:"ir"`
	Opsets          []Opset            `json:"opsets"`
	Nodes           int                `json:"nodes"`
	Ops             []OpCount          `json:"ops"` // the most frequent first
	Parameters      int64              `json:"parameters"`
	ParameterBytes  int64              `json:"parameter_bytes"`
	Inputs          []accel.TensorDesc `json:"inputs"`
	Outputs         []accel.TensorDesc `json:"outputs"`
}

// Opset is an imported operator set; the default domain is "".
type Opset struct {
	Domain  string `json:"domain"`
	Version int64  `json:"version"`
}

// OpCount is how many nodes have an operator.
type OpCount struct {
	Op    string `json:"op"`
	Count int    `json:"count"`
}

// Summary counts the network. Parameters are the elements of all initialisers.
func (n *Network) Summary() Summary {
	m := n.model
	s := Summary{
		Name: m.Graph.GetName(), Producer: m.GetProducerName(), ProducerVersion: m.GetProducerVersion(),
		IR: m.GetIrVersion(), Nodes: len(n.nodes), Ops: n.countOps(), Inputs: n.Inputs(), Outputs: n.Outputs(),
	}
	for _, o := range m.OpsetImport {
		s.Opsets = append(s.Opsets, Opset{Domain: o.GetDomain(), Version: o.GetVersion()})
	}
	count := func(t *onnxpb.TensorProto) {
		elements, _ := elems(t)
		s.Parameters += elements
		s.ParameterBytes += elements * int64(accel.DType(t.GetDataType()).Size())
	}
	for _, t := range m.Graph.Initializer {
		count(t)
	}
	for _, t := range m.Graph.SparseInitializer {
		count(t.GetValues())
	}
	return s
}

func (n *Network) countOps() []OpCount {
	counts := map[string]int{}
	for _, l := range n.nodes {
		counts[l.GetOpType()]++
	}
	var ops []OpCount
	for op, c := range counts {
		ops = append(ops, OpCount{op, c})
	}
	slices.SortFunc(ops, func(a, b OpCount) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Op, b.Op)) })
	return ops
}
