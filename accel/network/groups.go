package network

import "slices"

// A fused group is what runtimes turn into one kernel: a layer with work and
// what directly follows it, as long as each step is the only reader of the one
// before. These may follow, in this order:
//
//   - BatchNormalization;
//   - one Add of a tensor written before (a residual);
//   - activations: one node, or a tensor times a function of itself, which is how
//     swish (Sigmoid, Mul), mish (Softplus, Tanh, Mul), hard-swish and gelu are
//     exported;
//   - QuantizeLinear, which ends the group;
//
// and anywhere before that Add, Sub, Mul or Div with a constant (a bias, a scale).

// activations are the operators that work on one element alone.
var activations = map[string]bool{
	"Relu": true, "LeakyRelu": true, "PRelu": true, "ThresholdedRelu": true, "Clip": true, "Elu": true, "Selu": true, "Celu": true,
	"Sigmoid": true, "HardSigmoid": true, "Tanh": true, "Softplus": true, "Softsign": true, "Erf": true,
	"HardSwish": true, "Swish": true, "Mish": true, "Gelu": true,
}

var arithmetic = map[string]bool{"Add": true, "Sub": true, "Mul": true, "Div": true}

// insideGroups says of each node whether a cut behind it divides a fused group.
func (n *Network) insideGroups() []bool {
	g := n.groups()
	change := make([]int, len(n.nodes)+1)
	for i, l := range n.nodes {
		if heavy(l) && !l.constant {
			change[i]++
			change[g.end(i)]--
		}
	}
	inside, depth := make([]bool, len(n.nodes)), 0
	for i := range n.nodes {
		depth += change[i]
		inside[i] = depth > 0
	}
	return inside
}

// grouping is the graph as groups look at it.
type grouping struct {
	*Network
	readers map[string][]int // of a tensor: nodes that are not folded
	result  map[string]bool  // graph outputs
}

func (n *Network) groups() grouping {
	g := grouping{Network: n, readers: map[string][]int{}, result: map[string]bool{}}
	for i, l := range n.nodes {
		if l.constant {
			continue
		}
		for _, t := range l.reads {
			g.readers[t] = append(g.readers[t], i)
		}
	}
	for _, v := range n.model.Graph.Output {
		g.result[v.GetName()] = true
	}
	return g
}

// end is the last node of the group that node i starts.
func (g grouping) end(i int) int {
	residual, activated := false, false
	for {
		next, kind := g.step(i)
		switch {
		case kind == quantizing:
			return next
		case kind == residualAdd && !residual && !activated:
			residual = true
		case kind == normalizing && !residual && !activated, kind == scaling:
		case kind == activating:
			activated = true
		default:
			return i
		}
		i = next
	}
}

// stepKind is what the next node of a group does.
type stepKind int

const (
	nothing stepKind = iota
	normalizing
	scaling
	residualAdd
	activating
	quantizing
)

// step finds what may follow node i in its group.
func (g grouping) step(i int) (next int, kind stepKind) {
	l := g.nodes[i]
	if len(l.writes) != 1 || g.result[l.writes[0]] {
		return i, nothing
	}
	t := l.writes[0]
	readers := g.readers[t]
	if len(readers) == 2 {
		if end, ok := g.gate(t, readers[0], readers[1]); ok {
			return end, activating
		}
	}
	if len(readers) != 1 {
		return i, nothing
	}
	r := readers[0]
	switch op := g.op(r); {
	case op == "QuantizeLinear":
		return r, quantizing
	case activations[op] && g.alone(r):
		return r, activating
	case op == "BatchNormalization" && g.alone(r):
		return r, normalizing
	case arithmetic[op] && g.alone(r):
		return r, scaling
	case op == "Add" && g.writtenBefore(r, t, i):
		return r, residualAdd
	}
	return i, nothing
}

// op is a node's operator, "" for one of another domain.
func (g grouping) op(i int) string {
	if l := g.nodes[i]; defaultDomain(l.GetDomain()) {
		return l.GetOpType()
	}
	return ""
}

// alone says whether a node reads one tensor that is not constant, and once.
func (g grouping) alone(i int) bool {
	data := 0
	for _, t := range g.nodes[i].Input {
		if t != "" && !g.constant[t] {
			data++
		}
	}
	return data == 1
}

// writtenBefore says whether node r reads beside t only what is there when node i
// has run: the last of two summands takes the sum into its group.
func (g grouping) writtenBefore(r int, t string, i int) bool {
	l := g.nodes[r]
	return len(l.reads) == 2 && !slices.ContainsFunc(l.reads, func(o string) bool {
		w, ok := g.writer[o]
		return o != t && ok && w > i
	})
}

// gate finds a tensor's product with a function of itself: t goes to a node u and
// to a Mul, and what follows u reaches that Mul by nodes that work element by
// element, each the only reader of the one before. It returns the Mul.
func (g grouping) gate(t string, u, mul int) (int, bool) {
	if g.op(mul) != "Mul" {
		u, mul = mul, u
	}
	if g.op(mul) != "Mul" || len(g.nodes[mul].reads) != 2 {
		return 0, false
	}
	for range maxGate {
		if op := g.op(u); !activations[op] && !arithmetic[op] || !g.alone(u) || len(g.nodes[u].writes) != 1 {
			return 0, false
		}
		out := g.nodes[u].writes[0]
		readers := g.readers[out]
		if len(readers) != 1 || g.result[out] {
			return 0, false
		}
		if u = readers[0]; u == mul {
			return mul, slices.Contains(g.nodes[mul].reads, t)
		}
	}
	return 0, false
}

// maxGate is the most nodes of a function between a tensor and its product.
const maxGate = 6
