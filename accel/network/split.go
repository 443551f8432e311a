package network

import (
	"context"
	"fmt"
	"slices"

	"braid/accel"
)

// Split cuts the network at the named cut points, which must be in order, into
// len(at)+1 Segments; with none the whole network is the one Segment. Each
// Segment's ONNX is complete and its tensors keep their names, so that a tensor
// may skip Segments. Its Inputs are in the order of the graph's inputs, then of
// writing; its Outputs are those graph outputs that it writes, in graph order,
// then what later Segments read. Layers counts the nodes that are not folded. A
// graph output that is a graph input is written by no Segment.
//
// Types and shapes of what crosses come from the file, else from probe, which
// may be nil where the file states them all. Errors wrap ErrCut or ErrInvalid.
func (n *Network) Split(ctx context.Context, at []string, probe Probe) ([]*accel.Segment, error) {
	bounds, err := n.bounds(at)
	if err != nil {
		return nil, err
	}
	pieces, err := n.pieces(bounds)
	if err != nil {
		return nil, err
	}
	if err := n.describePieces(ctx, pieces, probe); err != nil {
		return nil, err
	}
	segments := make([]*accel.Segment, len(pieces))
	for i, p := range pieces {
		if segments[i], err = n.segment(p); err != nil {
			return nil, err
		}
		segments[i].Index, segments[i].Name = i, fmt.Sprintf("infer.%d", i)
		if i < len(at) {
			segments[i].Until = at[i]
		}
	}
	return segments, nil
}

// piece is a Segment before its tensors' shapes are known.
type piece struct {
	first, end int // nodes of the canonical order, folded ones included
	in, out    []string
}

func (n *Network) pieces(bounds []int) ([]piece, error) {
	lives := n.lives()
	pieces := make([]piece, len(bounds)-1)
	for i := range pieces {
		p := piece{first: bounds[i], end: bounds[i+1]}
		p.in = n.readFrom(p)
		p.out = n.resultsOf(p)
		for _, l := range n.nodes[p.first:p.end] {
			for _, t := range l.writes {
				if v, ok := lives[t]; ok && v.last >= p.end && !slices.Contains(p.out, t) {
					p.out = append(p.out, t)
				}
			}
		}
		if len(p.out) == 0 {
			return nil, fmt.Errorf("%w: the segment that ends with node %q would give no result", ErrCut, n.nodes[p.end-1].GetName())
		}
		pieces[i] = p
	}
	return pieces, nil
}

// readFrom lists what p reads of the graph's inputs and of earlier pieces.
func (n *Network) readFrom(p piece) []string {
	needs := map[string]bool{}
	for _, l := range n.nodes[p.first:p.end] {
		for _, t := range l.reads {
			needs[t] = needs[t] || !l.constant
		}
	}
	var in []string
	for _, v := range n.inputs {
		if needs[v.GetName()] {
			in = append(in, v.GetName())
		}
	}
	for _, l := range n.nodes[:p.first] {
		for _, t := range l.writes {
			if needs[t] && !l.constant {
				in = append(in, t)
			}
		}
	}
	return in
}

// resultsOf lists the graph outputs that p writes. One that is an initialiser
// belongs to the last piece.
func (n *Network) resultsOf(p piece) []string {
	var out []string
	for _, v := range n.model.Graph.Output {
		w, ok := n.writer[v.GetName()]
		if !ok {
			_, ok = n.weights[v.GetName()]
			w = len(n.nodes) - 1
		}
		if ok && w >= p.first && w < p.end {
			out = append(out, v.GetName())
		}
	}
	return out
}

// describePieces finds out, with one probe at most, what the pieces hand over.
func (n *Network) describePieces(ctx context.Context, pieces []piece, probe Probe) error {
	var all []string
	for _, p := range pieces {
		all = slices.Concat(all, p.in, p.out)
	}
	ds, err := n.Describe(ctx, all, probe)
	if err != nil {
		return err
	}
	for _, d := range ds {
		if d.Type.Size() == 0 {
			return fmt.Errorf("%w: tensor %q has elements of %v, which cannot be handed over", ErrCut, d.Name, d.Type)
		}
	}
	return nil
}

// segment makes the Segment of p, with its ONNX file.
func (n *Network) segment(p piece) (*accel.Segment, error) {
	s := &accel.Segment{Inputs: n.described(p.in), Outputs: n.described(p.out)}
	for _, l := range n.nodes[p.first:p.end] {
		if !l.constant {
			s.Layers++
		}
	}
	var err error
	s.ONNX, err = encode(n.model, n.extract(p, s.Inputs, s.Outputs), nil)
	return s, err
}
