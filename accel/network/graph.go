package network

import (
	"container/heap"
	"fmt"
	"slices"

	"braid/accel/network/onnxpb"
)

func (n *Network) indexWeights() error {
	g := n.model.Graph
	n.weights = make(map[string]weight, len(g.Initializer))
	add := func(name string, w weight) error {
		if _, twice := n.weights[name]; twice {
			return invalid("initialiser %q is there twice", name)
		}
		n.weights[name] = w
		return nil
	}
	for _, t := range g.Initializer {
		if err := add(t.GetName(), weight{dense: t}); err != nil {
			return err
		}
	}
	for _, s := range g.SparseInitializer {
		if err := add(s.GetValues().GetName(), weight{sparse: s}); err != nil {
			return err
		}
	}
	return nil
}

func (n *Network) indexInputs() error {
	seen := map[string]bool{}
	for _, v := range n.model.Graph.Input {
		name := v.GetName()
		if seen[name] || name == "" {
			return invalid("input %q is there twice or has no name", name)
		}
		seen[name] = true
		if _, ok := n.weights[name]; ok {
			continue
		}
		if v.GetType().GetTensorType() == nil {
			return invalid("input %q is not a tensor", name)
		}
		n.inputs = append(n.inputs, v)
		n.isInput[name] = true
	}
	return nil
}

// indexNodes lists what each node reads and writes, in file order.
func (n *Network) indexNodes() error {
	for i, p := range n.model.Graph.Node {
		l := &node{NodeProto: p, reads: reads(p)}
		for _, t := range p.Output {
			if t == "" {
				continue
			}
			if n.source(t) != "" {
				return invalid("tensor %q is written by %s and by %s", t, n.source(t), title(p, i))
			}
			n.writer[t] = i
			l.writes = append(l.writes, t)
		}
		n.nodes = append(n.nodes, l)
	}
	return nil
}

// source says in words where a tensor comes from; "" where nobody makes it.
func (n *Network) source(tensor string) string {
	if i, ok := n.writer[tensor]; ok {
		return title(n.model.Graph.Node[i], i)
	}
	if _, ok := n.weights[tensor]; ok {
		return "an initialiser"
	}
	if n.isInput[tensor] {
		return "the graph's input"
	}
	return ""
}

// maker is source, with the operator.
func (n *Network) maker(tensor string) string {
	if i, ok := n.writer[tensor]; ok {
		return fmt.Sprintf("%s (%s)", n.source(tensor), n.nodes[i].GetOpType())
	}
	return n.source(tensor)
}

func title(p *onnxpb.NodeProto, index int) string {
	if p.GetName() != "" {
		return fmt.Sprintf("node %q", p.GetName())
	}
	return fmt.Sprintf("node %d (%q)", index, p.GetOpType())
}

func (n *Network) checkReads() error {
	for i, l := range n.nodes {
		for _, t := range l.reads {
			if n.source(t) == "" {
				return invalid("%s reads tensor %q, which nobody writes", title(l.NodeProto, i), t)
			}
		}
	}
	return nil
}

func (n *Network) checkOutputs() error {
	seen := map[string]bool{}
	for _, v := range n.model.Graph.Output {
		name := v.GetName()
		if seen[name] {
			return invalid("output %q is there twice", name)
		}
		seen[name] = true
		if n.source(name) == "" {
			return invalid("nobody writes output %q", name)
		}
		if v.Type != nil && v.Type.TensorType == nil {
			return invalid("output %q is not a tensor", name)
		}
	}
	return nil
}

// order sorts the nodes topologically. Of the nodes that may come next it takes
// the first one in the file, so that a valid file keeps its order.
func (n *Network) order() error {
	waits := make([]int, len(n.nodes)) // inputs of a node that are not written yet
	readers := make([][]int, len(n.nodes))
	ready := &intHeap{}
	for i, l := range n.nodes {
		for _, t := range l.reads {
			if w, ok := n.writer[t]; ok {
				waits[i]++
				readers[w] = append(readers[w], i)
			}
		}
		if waits[i] == 0 {
			*ready = append(*ready, i) // ascending, thus already a heap
		}
	}
	sorted := make([]int, 0, len(n.nodes))
	for ready.Len() > 0 {
		i := heap.Pop(ready).(int)
		sorted = append(sorted, i)
		for _, r := range readers[i] {
			if waits[r]--; waits[r] == 0 {
				heap.Push(ready, r)
			}
		}
	}
	if len(sorted) < len(n.nodes) {
		return n.cycle(waits)
	}
	n.rearrange(sorted)
	return nil
}

// cycle names a node of a cycle: walking backwards over nodes that still wait
// must come back to one already met.
func (n *Network) cycle(waits []int) error {
	i := slices.IndexFunc(waits, func(w int) bool { return w > 0 })
	for met := map[int]bool{}; !met[i]; {
		met[i] = true
		for _, t := range n.nodes[i].reads {
			if w, ok := n.writer[t]; ok && waits[w] > 0 {
				i = w
				break
			}
		}
	}
	return invalid("%s reads what is computed from its own output: the graph has a cycle, export it again", title(n.nodes[i].NodeProto, i))
}

// rearrange puts the nodes into the given order, in the model too.
func (n *Network) rearrange(sorted []int) {
	nodes := make([]*node, len(sorted))
	for to, from := range sorted {
		nodes[to] = n.nodes[from]
		n.model.Graph.Node[to] = nodes[to].NodeProto
		for _, t := range nodes[to].writes {
			n.writer[t] = to
		}
	}
	n.nodes = nodes
}

// nameNodes gives nodes without a name one made of operator and index, so that
// a runtime's message about one can be understood.
func (n *Network) nameNodes() {
	taken := map[string]bool{}
	for _, l := range n.nodes {
		taken[l.GetName()] = true
	}
	for i, l := range n.nodes {
		if l.GetName() != "" {
			continue
		}
		name := fmt.Sprintf("%s_%d", l.GetOpType(), i)
		for taken[name] {
			name += "_"
		}
		taken[name] = true
		l.Name = &name
	}
}

type intHeap []int

func (h intHeap) Len() int           { return len(h) }
func (h intHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h intHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *intHeap) Push(x any)        { *h = append(*h, x.(int)) }
func (h *intHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
