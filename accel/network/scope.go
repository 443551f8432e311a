package network

import (
	"slices"

	"braid/accel/network/onnxpb"
)

// reads lists the distinct tensors that a node needs: its inputs, then what its
// subgraphs take from the graph around them.
func reads(p *onnxpb.NodeProto) []string {
	seen := map[string]bool{"": true}
	var out []string
	add := func(t string) {
		if !seen[t] {
			seen[t] = true
			out = append(out, t)
		}
	}
	for _, t := range p.Input {
		add(t)
	}
	for _, a := range p.Attribute {
		for _, g := range subgraphs(a) {
			for _, t := range captured(g) {
				add(t)
			}
		}
	}
	return out
}

// captured lists the tensors that a subgraph reads and does not make itself.
func captured(g *onnxpb.GraphProto) []string {
	own := map[string]bool{}
	for _, v := range g.Input {
		own[v.GetName()] = true
	}
	for _, t := range g.Initializer {
		own[t.GetName()] = true
	}
	for _, s := range g.SparseInitializer {
		own[s.GetValues().GetName()] = true
	}
	for _, p := range g.Node {
		for _, t := range p.Output {
			own[t] = true
		}
	}
	var needs []string
	for _, p := range g.Node {
		needs = append(needs, reads(p)...)
	}
	for _, v := range g.Output {
		needs = append(needs, v.GetName())
	}
	return slices.DeleteFunc(needs, func(t string) bool { return t == "" || own[t] })
}

// random are the operators of the default domain that may give another result
// at each call: two copies of one would disagree.
var random = []string{
	"Bernoulli", "Dropout", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike",
}

// markConstants finds the nodes that compute from initialisers only, and those
// whose results follow from the shapes of the inputs, such as Shape.
func (n *Network) markConstants() {
	clear(n.constant)
	for name := range n.weights {
		n.constant[name] = true
	}
	frozen := map[string]bool{}
	for _, l := range n.nodes {
		fromData := func(t string) bool { return !n.constant[t] || frozen[t] }
		known := !slices.ContainsFunc(l.writes, func(t string) bool { return !n.values[t].Known() })
		l.frozen = known && len(l.writes) > 0 && slices.ContainsFunc(l.reads, fromData)
		l.constant = l.frozen ||
			repeatable(l.NodeProto) && !slices.ContainsFunc(l.reads, func(t string) bool { return !n.constant[t] })
		if !l.constant {
			continue
		}
		for _, t := range l.writes {
			n.constant[t], frozen[t] = true, l.frozen
		}
	}
}

// repeatable says whether a node, subgraphs included, surely gives the same
// result for the same inputs.
func repeatable(p *onnxpb.NodeProto) bool {
	if !defaultDomain(p.GetDomain()) || slices.Contains(random, p.GetOpType()) {
		return false
	}
	for _, a := range p.Attribute {
		for _, g := range subgraphs(a) {
			if slices.ContainsFunc(g.Node, func(q *onnxpb.NodeProto) bool { return !repeatable(q) }) {
				return false
			}
		}
	}
	return true
}
