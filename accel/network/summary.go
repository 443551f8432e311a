package network

import (
	"cmp"
	"slices"

	"braid/accel"
)

// Summary is what a person wants to know of a network first.
type Summary struct {
	Name            string    `json:"name"` // of the graph
	Producer        string    `json:"producer"`
	ProducerVersion string    `json:"producer_version,omitempty"`
	IR              int64     `json:"ir"`
	Opsets          []Opset   `json:"opsets"`
	Nodes           int       `json:"nodes"`
	Ops             []OpCount `json:"ops"` // the most frequent first
	Parameters      int64     `json:"parameters"`
	ParameterBytes  int64     `json:"parameter_bytes"`
	// Work is the multiply-adds of one frame: what convolutions, transposed ones
	// and products of matrices multiply, padding included; other operators count
	// 0. A GFLOP is half a billion of them.
	Work int64 `json:"work"`
	// PeakActivationBytes are the most bytes of tensors, inputs and outputs
	// included, that are there at once when nodes run one by one in order and a
	// tensor goes behind its last reader. Shapes that are not known count 0.
	PeakActivationBytes int64              `json:"peak_activation_bytes"`
	Inputs              []accel.TensorDesc `json:"inputs"`
	Outputs             []accel.TensorDesc `json:"outputs"`
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

// Summary counts the network. Parameters are the elements of all initialisers,
// each counted once.
func (n *Network) Summary() Summary {
	m := n.model
	s := Summary{
		Name: m.Graph.GetName(), Producer: m.GetProducerName(), ProducerVersion: m.GetProducerVersion(),
		IR: m.GetIrVersion(), Nodes: len(n.nodes), Ops: n.countOps(), Inputs: n.Inputs(), Outputs: n.Outputs(),
		Work: n.costs().work, PeakActivationBytes: n.peakActivation(),
	}
	for _, o := range m.OpsetImport {
		s.Opsets = append(s.Opsets, Opset{Domain: o.GetDomain(), Version: o.GetVersion()})
	}
	for _, w := range n.weights {
		elements, _ := elems(w.values())
		s.Parameters += elements
		s.ParameterBytes += w.bytes()
	}
	return s
}

func (n *Network) peakActivation() int64 {
	lives := n.lives()
	var now, peak int64
	ends := make([]int64, len(n.nodes)) // bytes that node i reads for the last time
	enter := func(tensor string, at int) {
		v, ok := lives[tensor]
		if !ok || v.last < 0 && !v.result {
			return // folded, or nobody wants it
		}
		now += n.bytes(tensor)
		if !v.result && v.last >= at {
			ends[v.last] += n.bytes(tensor)
		}
	}
	for _, v := range n.inputs {
		enter(v.GetName(), 0)
	}
	for i, l := range n.nodes {
		for _, t := range l.writes {
			enter(t, i)
		}
		peak = max(peak, now)
		now -= ends[i]
	}
	return peak
}

// bytes is the size of a tensor, 0 where it is not known.
func (n *Network) bytes(tensor string) int64 {
	if d, ok := n.known[tensor]; ok {
		return d.Bytes()
	}
	return 0
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
