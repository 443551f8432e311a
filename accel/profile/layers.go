package profile

import (
	"regexp"
	"strings"

	"braid/accel"
)

// names finds the nodes of the network in the names of a runtime's layers.
type names struct {
	nodes map[string]int // by node name and by the tensors that it writes
	cost  []float64
}

func newNames(nodes []Node) names {
	n := names{nodes: map[string]int{}}
	for i, node := range nodes {
		n.cost = append(n.cost, node.Cost)
		for _, o := range node.Outputs {
			if _, taken := n.nodes[o]; !taken {
				n.nodes[o] = i
			}
		}
	}
	for i, node := range nodes { // a node's own name goes before a tensor's
		n.nodes[node.Name] = i
	}
	return n
}

// A layer's name in TensorRT 8.5 to 10, for nodes of an ONNX file:
//
//	conv1                                        one node
//	conv1 + relu1                                fused, in order
//	conv1 || conv2                               side by side as one
//	PWN(sigmoid1, mul1), PWN(PWN(a), b)          element by element
//	conv1 + PWN(PWN(sigmoid1), mul1)             both
//	Reformatting CopyNode for Input Tensor 0 to conv1 + relu1
//	{ForeignNode[conv1...relu9]}                 one loadable, by its first and last node
//	pool1 copy, tensor1 copy                     a concatenation's copy
//	conv1_2                                      the parser's second layer of node conv1
//	(Unnamed Layer* 7) [Shuffle]                 none
var (
	between = regexp.MustCompile(`\s*(?: \+ | \|\| |, |\.\.\.|\(|\)|\[|\]|\{|\})\s*`)
	before  = regexp.MustCompile(`^Reformatting CopyNode for (?:Input|Output) Tensor \d+ to `)
	behind  = regexp.MustCompile(`(?: copy|_clone_\d+|_\d+)$`)
)

// find is the costliest node that a layer's name has, the first of equals; -1 where
// it has none.
func (n names) find(layer string) int {
	best := -1
	for _, part := range between.Split(before.ReplaceAllString(layer, ""), -1) {
		if i := n.node(strings.TrimSpace(part)); i >= 0 && (best < 0 || n.cost[i] > n.cost[best]) {
			best = i
		}
	}
	if best >= 0 {
		return best
	}
	return n.node(layer)
}

// node looks a name up, then without what TensorRT puts behind one.
func (n names) node(name string) int {
	for name != "" {
		if i, ok := n.nodes[name]; ok {
			return i
		}
		short := behind.ReplaceAllString(name, "")
		if short == name {
			break
		}
		name = short
	}
	return -1
}

// spread adds the times of layers up by unit, as shares of all. A layer without a
// known node counts to the unit of the one before it, the first ones to that of the
// first known; lost is their share.
func (n names) spread(layers []accel.LayerTime, unitOf func(node int) int, units int) (shares []float64, lost float64) {
	shares = make([]float64, units)
	all, at, waiting := 0.0, -1, 0.0
	for _, l := range layers {
		t := l.Time.Seconds()
		all += t
		unit := -1
		if node := n.find(l.Name); node >= 0 {
			unit = unitOf(node)
		}
		if unit < 0 {
			lost += t
		} else {
			at = unit
		}
		if at < 0 {
			waiting += t
			continue
		}
		shares[at] += t + waiting
		waiting = 0
	}
	if all == 0 || at < 0 {
		return shares, 1
	}
	for i := range shares {
		shares[i] /= all
	}
	return shares, lost / all
}
