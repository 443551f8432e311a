package network

import (
	"cmp"
	"context"
	"slices"
)

// Mark says why a cut point is offered after the others.
type Mark string

const (
	// Plain is a cut point like any other.
	Plain Mark = ""
	// InHead is one behind the last layer with work: what follows only decodes.
	InHead Mark = "head"
	// InFused is one inside of nodes that a runtime makes one kernel of: it takes
	// the fusion away. It goes before InHead where both hold.
	InFused Mark = "fused"
)

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
	// Bytes are those of Tensors, -1 where a shape is not known before Resolve.
	Bytes int64 `json:"bytes"`
	// WorkBefore and WorkAfter are the multiply-adds of one frame on each side.
	WorkBefore int64 `json:"work_before"`
	WorkAfter  int64 `json:"work_after"`
	// LayersBefore and LayersAfter count the nodes that are not folded.
	LayersBefore int  `json:"layers_before"`
	LayersAfter  int  `json:"layers_after"`
	Mark         Mark `json:"mark,omitempty"`
}

// Cuts lists every cut point, in order. A node that is folded (see the package's
// text) cannot be one: it goes with its readers. There is work and a result on
// both sides of each. Where a tensor whose shape depends on data would cross,
// there is none either.
func (n *Network) Cuts() []Cut {
	lives, lastResult := n.lives(), n.lastResult()
	done, all := costs{}, n.costs()
	fused := n.insideGroups()
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
		done.add(n, l)
		if l.constant || i >= lastResult || len(l.writes) == 0 || len(alive) == 0 && !results {
			continue
		}
		cut := Cut{
			At: l.writes[0], Index: i + 1, WorkBefore: done.work, WorkAfter: all.work - done.work,
			LayersBefore: done.layers, LayersAfter: all.layers - done.layers,
		}
		switch {
		case fused[i]:
			cut.Mark = InFused
		case cut.WorkAfter == 0 && all.work > 0:
			cut.Mark = InHead
		}
		if n.cross(&cut, lives, alive) {
			cuts = append(cuts, cut)
		}
	}
	return cuts
}

// cross fills in what crosses the cut, false where that cannot be handed over.
func (n *Network) cross(c *Cut, lives map[string]life, alive []life) bool {
	for _, d := range n.inputs {
		if lives[d.GetName()].last >= c.Index {
			c.Tensors = append(c.Tensors, d.GetName())
		}
	}
	for _, v := range alive {
		c.Tensors = append(c.Tensors, v.name)
	}
	for _, t := range c.Tensors {
		d, ok := n.known[t]
		switch {
		case !ok && n.values[t].Dynamic:
			return false
		case !ok:
			c.Bytes = -1
		case c.Bytes >= 0:
			c.Bytes += d.Bytes()
		}
	}
	return true
}

// costs sums layers up.
type costs struct {
	work   int64
	layers int
}

func (c *costs) add(n *Network, l *node) {
	if !l.constant {
		c.work += n.work(l)
		c.layers++
	}
}

func (n *Network) costs() (all costs) {
	for _, l := range n.nodes {
		all.add(n, l)
	}
	return all
}

// Offered puts cut points into the order in which a person or a planner should
// try them: Plain ones, then InHead, then InFused, each in the network's order.
func Offered(cuts []Cut) []Cut {
	rank := func(m Mark) int { return slices.Index([]Mark{Plain, InHead, InFused}, m) }
	sorted := slices.Clone(cuts)
	slices.SortStableFunc(sorted, func(a, b Cut) int { return cmp.Compare(rank(a.Mark), rank(b.Mark)) })
	return sorted
}

// Resolve asks probe for the shapes that cross some cut point and that neither
// follow from the inputs nor are stated by the file, so that Cuts and Layers know
// them. Without such shapes it does not call probe, which may be nil then.
func (n *Network) Resolve(ctx context.Context, probe Probe) error {
	var missing []string
	seen := map[string]bool{}
	for _, c := range n.Cuts() {
		for _, t := range c.Tensors {
			if _, ok := n.known[t]; !ok && !seen[t] {
				seen[t] = true
				missing = append(missing, t)
			}
		}
	}
	_, err := n.Describe(ctx, missing, probe)
	return err
}
