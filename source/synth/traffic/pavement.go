package traffic

import "braid/source/synth/street"

// pavement is a Walk band.
type pavement struct {
	side     float64 // +1 to the left of the road, -1 to the right
	kerb     float64 // across: the edge to the road
	outer    float64 // across: the edge to the houses
	corridor span    // across: where people walk
	seen     span    // along: the part in the picture
	ends     stretch // along: where people are
	shutLo   bool    // nobody enters or leaves at ends.lo: it would be seen
	shutHi   bool
	shelf    span    // across: where bicycles stand, empty if nowhere
	nooks    span    // across: where people stand, both 0 if nowhere
	busStop  float64 // along
	hasStop  bool
}

// layPavement adds the Walk band i, if any of it is seen or people cross to it.
func (t *Traffic) layPavement(v view, s *street.Street, i int) {
	b := s.Bands[i]
	across := span{b.From, b.To}
	st, ok := v.stretch(across, 1.9, stride)
	if !ok {
		if len(t.crossings) == 0 {
			return
		}
		// Unseen, but people cross to and from it.
		hull := t.crossings[0].along.with(t.crossings[len(t.crossings)-1].along)
		st = v.cut(stretch{span: hull.wider(8)}, across, stride)
	}
	const margin = 0.4
	p := &pavement{side: 1, kerb: b.From, outer: b.To, corridor: across.wider(-margin), ends: st}
	if b.Middle() < 0 {
		p.side, p.kerb, p.outer = -1, b.To, b.From
	}
	if inner := i - int(p.side); inner < 0 || inner >= len(s.Bands) || s.Bands[inner].Use != street.Verge {
		const furniture = 0.65 // lamps, trees and bins stand at the kerb
		p.keepOff(p.kerb, furniture)
	}
	if ok {
		p.seen = span{max(st.lo, s.From), min(st.hi, s.To)}.wider(-4)
	}
	const height = 1.9
	p.shutLo = st.cutLo && v.sees(span{st.lo, st.lo + 1}, p.corridor, height)
	p.shutHi = st.cutHi && v.sees(span{st.hi - 1, st.hi}, p.corridor, height)
	p.shelve(b.Width())
	t.pavements = append(t.pavements, p)
}

// shelve sets a strip apart for bicycles and for people who stand, where the
// pavement is wide enough: at the kerb, or at the houses.
func (p *pavement) shelve(width float64) {
	const edge, apart = 0.1, 0.3
	deep := 0.0
	switch {
	case width > 4:
		deep = 1.9
	case width > 2.9:
		deep = 0.75
	case width > 2.55:
		p.nooks = span{p.outer - float64(p.side*0.4), p.outer - float64(p.side*0.4)}
		p.keepOff(p.outer, 0.95)
		return
	default:
		return
	}
	p.shelf = span{p.kerb + edge, p.kerb + edge + deep}
	if p.side < 0 {
		p.shelf = span{p.kerb - edge - deep, p.kerb - edge}
	}
	p.nooks = p.shelf.wider(-0.35)
	p.keepOff(p.kerb, edge+deep+apart)
}

// keepOff narrows the corridor to what is so far from an edge.
func (p *pavement) keepOff(edge, metres float64) {
	if edge < p.corridor.lo {
		p.corridor.lo = max(p.corridor.lo, edge+metres)
	} else {
		p.corridor.hi = min(p.corridor.hi, edge-metres)
	}
}
