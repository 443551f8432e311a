package network

import (
	"slices"

	"braid/accel"
	"braid/accel/network/onnxpb"
)

// extract is the graph of p: its nodes, the folded ones that they read wherever
// those stand, and no more weights than all of these need.
func (n *Network) extract(p piece, in, out []accel.TensorDesc) *onnxpb.GraphProto {
	g, keep, needs := &onnxpb.GraphProto{Name: n.model.Graph.Name}, n.keep(p), map[string]bool{}
	for i, l := range n.nodes {
		if !keep[i] {
			continue
		}
		g.Node = append(g.Node, l.NodeProto)
		for _, t := range slices.Concat(l.reads, l.writes) {
			needs[t] = true
		}
	}
	for _, d := range in {
		g.Input = append(g.Input, valueInfo(d))
	}
	for _, d := range out {
		g.Output = append(g.Output, valueInfo(d))
		needs[d.Name] = true
	}
	n.addWeights(g, needs)
	n.addInfos(g, needs)
	return g
}

// keep marks the nodes of p's graph.
func (n *Network) keep(p piece) []bool {
	keep := make([]bool, len(n.nodes))
	needs := map[string]bool{}
	for _, t := range p.out {
		needs[t] = true
	}
	for i := len(n.nodes) - 1; i >= 0; i-- {
		l := n.nodes[i]
		inside := i >= p.first && i < p.end && !l.constant
		if l.frozen || !inside && !(l.constant && slices.ContainsFunc(l.writes, func(t string) bool { return needs[t] })) {
			continue
		}
		keep[i] = true
		for _, t := range l.reads {
			needs[t] = true
		}
	}
	return keep
}

func (n *Network) addWeights(g *onnxpb.GraphProto, needs map[string]bool) {
	whole := n.model.Graph
	for _, t := range whole.Initializer {
		if needs[t.GetName()] {
			g.Initializer = append(g.Initializer, t)
		}
	}
	for _, s := range whole.SparseInitializer {
		if needs[s.GetValues().GetName()] {
			g.SparseInitializer = append(g.SparseInitializer, s)
		}
	}
	frozen := n.frozenWeights(needs)
	g.Initializer = append(g.Initializer, frozen...)
	if n.model.GetIrVersion() >= 4 {
		return
	}
	for _, v := range whole.Input { // before IR 4 an initialiser must also be listed as an input
		if _, ok := n.weights[v.GetName()]; ok && needs[v.GetName()] {
			g.Input = append(g.Input, v)
		}
	}
	for _, t := range frozen {
		g.Input = append(g.Input, valueInfo(n.known[t.GetName()]))
	}
}

// frozenWeights are the results of frozen nodes that are needed, as initialisers.
func (n *Network) frozenWeights(needs map[string]bool) (frozen []*onnxpb.TensorProto) {
	for _, l := range n.nodes {
		for _, t := range l.writes {
			if l.frozen && needs[t] {
				frozen = append(frozen, n.values[t].Tensor(t))
			}
		}
	}
	return frozen
}

// addInfos takes along what the file says about the tensors inside.
func (n *Network) addInfos(g *onnxpb.GraphProto, needs map[string]bool) {
	for _, v := range slices.Concat(g.Input, g.Output) {
		delete(needs, v.GetName())
	}
	for _, v := range n.model.Graph.ValueInfo {
		if needs[v.GetName()] {
			g.ValueInfo = append(g.ValueInfo, v)
		}
	}
	for _, a := range n.model.Graph.QuantizationAnnotation {
		if needs[a.GetTensorName()] {
			g.QuantizationAnnotation = append(g.QuantizationAnnotation, a)
		}
	}
}
