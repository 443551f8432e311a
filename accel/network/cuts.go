package network

import (
	"errors"
	"fmt"
	"slices"
)

// ErrCut is wrapped by every error about a cut that cannot be made.
var ErrCut = errors.New("impossible cut")

// Cut is a place where the network can be cut in two.
type Cut struct {
	At    string `json:"at"`    // first output of the prefix's last node
	Index int    `json:"index"` // nodes in the prefix
	// Tensors cross: the graph's inputs that are read after the cut, in graph
	// order, then what is written before and read after, in the order of
	// writing. An input stays in the bindings, so that no segment hands it over,
	// but a device that reads it needs its copy. A graph output that nobody reads
	// after the cut is not in the list: it belongs to the segment that writes it.
	Tensors []string `json:"tensors"`
}

// Cuts lists every cut point, in order. A node that is folded (see the package's
// text) cannot be one: it goes with its readers. There is work and a result on
// both sides of each.
func (n *Network) Cuts() []Cut {
	lives := n.lives()
	lastResult := n.lastResult()
	var cuts []Cut
	var alive []life // in order of writing
	results := false // does the prefix give a graph output?
	for i, l := range n.nodes {
		alive = slices.DeleteFunc(alive, func(v life) bool { return v.last <= i })
		for _, t := range l.writes {
			v, ok := lives[t]
			results = results || v.result
			if ok && v.last > i {
				alive = append(alive, v)
			}
		}
		if l.constant || i >= lastResult || len(l.writes) == 0 || len(alive) == 0 && !results {
			continue
		}
		cut := Cut{At: l.writes[0], Index: i + 1}
		for _, d := range n.inputs {
			if lives[d.GetName()].last > i {
				cut.Tensors = append(cut.Tensors, d.GetName())
			}
		}
		for _, v := range alive {
			cut.Tensors = append(cut.Tensors, v.name)
		}
		cuts = append(cuts, cut)
	}
	return cuts
}

// life is how long a tensor that can cross is needed.
type life struct {
	name   string
	last   int  // index of its last reader, -1 without one
	result bool // a graph output
}

// lives tells it of every graph input and every tensor of a node that is not folded.
func (n *Network) lives() map[string]life {
	lives := map[string]life{}
	for _, v := range n.inputs {
		lives[v.GetName()] = life{name: v.GetName(), last: -1}
	}
	for i, l := range n.nodes {
		for _, t := range l.reads {
			if v, ok := lives[t]; ok {
				v.last = i
				lives[t] = v
			}
		}
		if l.constant {
			continue
		}
		for _, t := range l.writes {
			lives[t] = life{name: t, last: -1}
		}
	}
	for _, o := range n.model.Graph.Output {
		if v, ok := lives[o.GetName()]; ok {
			v.result = true
			lives[o.GetName()] = v
		}
	}
	return lives
}

// lastResult is the index of the last node that is not folded and writes a graph output.
func (n *Network) lastResult() int {
	last := -1
	for _, o := range n.model.Graph.Output {
		if i, ok := n.writer[o.GetName()]; ok && !n.nodes[i].constant {
			last = max(last, i)
		}
	}
	return last
}

// bounds turns cut names into segments' bounds: segment k has the nodes
// bounds[k] up to bounds[k+1].
func (n *Network) bounds(at []string) ([]int, error) {
	bounds := []int{0}
	for i, name := range at {
		if slices.Contains(at[:i], name) {
			return nil, fmt.Errorf("%w: %q is given twice", ErrCut, name)
		}
		w, ok := n.writer[name]
		if !ok || n.nodes[w].writes[0] != name {
			return nil, n.unknownCut(name)
		}
		if w+1 < bounds[i] {
			return nil, fmt.Errorf("%w: %q comes before %q in the network", ErrCut, name, at[i-1])
		}
		bounds = append(bounds, w+1)
	}
	bounds = append(bounds, len(n.nodes))
	for i := range len(bounds) - 1 {
		if !slices.ContainsFunc(n.nodes[bounds[i]:bounds[i+1]], func(l *node) bool { return !l.constant }) {
			return nil, fmt.Errorf("%w: no layer between %s", ErrCut, between(at, i))
		}
	}
	return bounds, nil
}

// between says in words where segment i lies.
func between(at []string, i int) string {
	from, to := "the start", "the end"
	if i > 0 {
		from = fmt.Sprintf("%q", at[i-1])
	}
	if i < len(at) {
		to = fmt.Sprintf("%q", at[i])
	}
	return from + " and " + to
}

func (n *Network) unknownCut(name string) error {
	if w, ok := n.writer[name]; ok {
		l := n.nodes[w]
		return fmt.Errorf("%w: %q is a further output of node %q, whose cut point is %q", ErrCut, name, l.GetName(), l.writes[0])
	}
	var known []string
	for _, c := range n.Cuts() {
		known = append(known, c.At)
	}
	if len(known) == 0 {
		return fmt.Errorf("%w: no cut point %q, nor any other", ErrCut, name)
	}
	return fmt.Errorf("%w: no cut point %q; the nearest are %s", ErrCut, name, quoted(nearest(name, known, 3)))
}
