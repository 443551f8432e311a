package traffic

import (
	"braid/source/synth/dice"
)

// measureCrowd sets how many people the street should have on foot at a time:
// so many for the length of its pavements, fewer where they would get stuck.
func (t *Traffic) measureCrowd() {
	const dense = 0.13 // people in a square metre
	sum := 0.0
	for _, p := range t.pavements {
		sum += float64(max(0, p.seen.length()) * min(t.mix.people/100, dense*(p.corridor.length()+0.5)))
	}
	t.crowd = int(sum + 0.999)
}

// enterPeople lets a party into the street when there is room for it in the
// crowd.
func (t *Traffic) enterPeople() {
	t.nextParty--
	if t.nextParty > 0 || t.people >= t.crowd || len(t.pavements) == 0 {
		return
	}
	t.nextParty = int(t.dice.Range(0.4, 2) / dt * 12 / float64(3+t.crowd))
	p := t.somePavement()
	way := dice.Of(t.dice, 1., -1)
	at := p.ends.lo - 0.6
	if way < 0 {
		at = p.ends.hi + 0.6
	}
	switch {
	case p.seen.length() > 2 && (p.shut(-way) || t.dice.Chance(0.15)):
		t.comeOut(p, t.dice.Range(p.seen.lo, p.seen.hi), way)
	case !p.shut(-way):
		if way > 0 && p.ends.cutLo {
			at = p.ends.lo + 0.6
		} else if way < 0 && p.ends.cutHi {
			at = p.ends.hi - 0.6
		}
		t.walkIn(p, at, way)
	}
}

// somePavement picks a pavement, a longer one more often.
func (t *Traffic) somePavement() *pavement {
	var weights [4]float64
	for i, p := range t.pavements {
		weights[i] = max(6, p.seen.length())
	}
	return t.pavements[t.dice.Pick(weights[:len(t.pavements)]...)]
}

// comeOut lets somebody come out of a door.
func (t *Traffic) comeOut(p *pavement, at, way float64) {
	b := t.make(pedestrian)
	legs := t.plan(t.dice, p, at, way)
	t.addWalker(b, p, legs, pose{point{at, p.door()}, point{0, -p.side}}, t.gait(b))
}

// walkIn lets a party walk along a pavement.
func (t *Traffic) walkIn(p *pavement, at, way float64) {
	n := 1 + t.dice.Pick(0.55, 0.28, 0.11, 0.06)
	legs := t.plan(t.dice, p, at, way)
	first := t.make(pedestrian)
	speed := t.gait(first)
	if speed > 2 {
		n = 1 // a jogger
	}
	if n == 1 && first.height < 1.35 {
		n = 2 // a child
	}
	var together *party
	if n > 1 {
		together = &party{}
	}
	wide, deep := first.width+0.25, first.length+0.3
	own := p.keepRight(way)
	abreast := 1 + int(own.length()/wide)
	lane := own.clamp(legs[0].to.c)
	for i := range n {
		b := first
		if i > 0 {
			b = t.make(pedestrian)
		}
		row, column := float64(i/min(abreast, 3)), float64(i%min(abreast, 3))
		off := point{float64(-way * deep * row), float64(column * wide)}
		if lane > (own.lo+own.hi)/2 {
			off.c = -off.c
		}
		w := t.addWalker(b, p, shift(legs, off), pose{point{at + off.a, lane + off.c}, point{way, 0}}, speed)
		if w == nil {
			return
		}
		if together != nil {
			if together.lead == nil {
				together.lead = b
			}
			w.party = together
		}
	}
}

// shift returns a party's way for a member at an offset.
func shift(legs []leg, off point) []leg {
	own := make([]leg, len(legs))
	for i, l := range legs {
		switch l.do {
		case along, leaving:
			l.to.c = l.on.keepRight(l.way).clamp(l.to.c + off.c)
			l.to.a += off.a
		case waiting, over:
			// Abreast along the kerb.
			l.to.a = l.cross.keepRight(l.way).clamp(l.to.a + off.c)
		case resting:
			l.to.a += off.a + off.c
		case indoors:
		}
		own[i] = l
	}
	return own
}

// gait is the speed that somebody likes, m/s.
func (t *Traffic) gait(b *body) float64 {
	switch {
	case b.height < 1.35:
		return t.dice.Range(0.8, 1.2)
	case t.dice.Chance(t.mix.joggers):
		return t.dice.Range(2.3, 3.1)
	}
	return t.dice.Range(0.95, 1.65)
}

// addWalker puts somebody on foot into the street, or returns nil where there
// is no room.
func (t *Traffic) addWalker(b *body, p *pavement, legs []leg, at pose, speed float64) *walker {
	for i, l := range legs {
		switch l.do {
		case waiting:
			legs[i].to.c -= l.way * (b.length/2 - 0.4)
		case resting:
			legs[i].to.c = l.on.inside(b, l.face).clamp(l.to.c)
		default:
		}
	}
	w := &walker{speed: speed, legs: legs, pavement: p, patience: patience, radius: (max(b.length, b.width)+b.width)/4 + 0.04, dice: t.decisions(b)}
	b.mind = w
	if !t.add(b, at) {
		return nil
	}
	t.people++
	return w
}

// fillPeople places those who are in the street from the start: walking along
// the pavements, and standing about.
func (t *Traffic) fillPeople() {
	if len(t.pavements) == 0 {
		return
	}
	for tries := 0; t.people < t.crowd && tries < 200; tries++ {
		p := t.somePavement()
		if p.seen.length() > 2 {
			t.walkIn(p, t.dice.Range(p.seen.lo-3, p.seen.hi+3), dice.Of(t.dice, 1., -1))
		}
	}
	for _, p := range t.pavements {
		t.standAbout(p)
	}
}

// standAbout places the people who stand on a pavement.
func (t *Traffic) standAbout(p *pavement) {
	n := t.mix.waiting * max(0, p.seen.length()) / 100
	if p.nooks == (span{}) {
		return // they would be in everybody's way
	}
	for ; n > 0; n-- {
		switch {
		case n < 1 && !t.dice.Chance(n):
		case p.hasStop && t.dice.Chance(0.6):
			at := point{p.busStop + t.dice.Range(-6, 6), t.dice.Range(p.nooks.lo, p.nooks.hi)}
			t.stand(p, at, point{t.dice.Range(-0.8, 0.8), -p.side}, t.dice.Range(15, 120))
		case p.shelf.length() > 1.5 && t.dice.Chance(0.5):
			n -= t.chat(p)
		default:
			at := point{t.dice.Range(p.seen.lo, p.seen.hi), t.dice.Range(p.nooks.lo, p.nooks.hi)}
			t.stand(p, at, point{t.dice.Range(-1, 1), t.dice.Range(-1, 1)}, t.dice.Range(10, 200))
		}
	}
}

// chat places two or three people who face each other on the shelf, and returns
// how many more than one.
func (t *Traffic) chat(p *pavement) float64 {
	ring := [...]point{{0.6, 0}, {-0.6, 0.1}, {0, 0.75}}
	n := 2 + t.dice.Pick(2, 1)
	mid := point{t.dice.Range(p.seen.lo, p.seen.hi), p.kerb + p.side*t.dice.Range(0.5, 0.9)}
	seconds := t.dice.Range(20, 150)
	for _, off := range ring[:n] {
		off.c *= p.side
		t.stand(p, mid.add(off), off.mul(-1), seconds)
	}
	return float64(n - 1)
}

// inside returns where across the pavement a body that faces in a direction is
// wholly on it.
func (p *pavement) inside(b *body, face point) span {
	const edge = 0.2
	_, across := b.cover(pose{face: face})
	half := across.length()/2 + edge
	return span{min(p.kerb, p.outer) + half, max(p.kerb, p.outer) - half}
}

// stand places somebody who looks in a direction and goes on after so many
// seconds.
func (t *Traffic) stand(p *pavement, at, face point, seconds float64) {
	face = face.unit(point{1, 0})
	b := t.make(pedestrian)
	at.c = p.inside(b, face).clamp(at.c)
	if t.atCrossing(at.a, 3.5) {
		return
	}
	legs := append([]leg{{do: resting, to: at, face: face, steps: int(seconds / dt), on: p}},
		t.plan(t.dice, p, at.a, dice.Of(t.dice, 1., -1))...)
	if w := t.addWalker(b, p, legs, pose{at, face}, t.gait(b)); w != nil {
		w.arrived = true
	}
}
