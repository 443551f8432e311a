package network

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
		if l.constant {
			continue
		}
		for _, t := range l.reads {
			if v, ok := lives[t]; ok {
				v.last = i
				lives[t] = v
			}
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
