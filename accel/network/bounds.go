package network

import (
	"errors"
	"fmt"
	"slices"
)

// ErrCut is wrapped by every error about a cut that cannot be made.
var ErrCut = errors.New("impossible cut")

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

// CheckCuts says which of some cuts is the first that cannot be made, and why, without
// making them; -1 where all can be, as far as the network's order tells.
func (n *Network) CheckCuts(at []string) (int, error) {
	for i := range at {
		if _, err := n.bounds(at[:i+1]); err != nil {
			return i, err
		}
	}
	return -1, nil
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
