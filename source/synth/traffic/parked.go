package traffic

import (
	"braid/source/synth/dice"
	"braid/source/synth/street"
)

// park places what stands in the street all the time.
func (t *Traffic) park(s *street.Street, v view, d *dice.Dice) {
	for _, b := range s.Bands {
		if b.Use != street.Parking {
			continue
		}
		if st, ok := v.stretch(span{b.From, b.To}, 2.5, still); ok {
			t.parkBand(b, st, d)
		}
	}
	for _, p := range t.pavements {
		t.rack(p, d)
	}
}

// parkBand fills a Parking band, with gaps.
func (t *Traffic) parkBand(b street.Band, st stretch, d *dice.Dice) {
	for a := max(st.lo, -90); a < min(st.hi, 90); {
		if !d.Chance(min(t.mix.filled, 0.95)) {
			a += d.Range(2, 7)
			continue
		}
		a += d.Range(0.5, 1.4)
		switch d.Pick(t.mix.parked[:]...) {
		case 0:
			a = t.parkOne(car, b, a, d)
		case 1:
			a = t.parkOne(truck, b, a, d)
		default:
			a = t.parkMotorcycles(b, a, d)
		}
	}
}

// parkOne parks a vehicle from a on, if it may stand there, and returns where
// its place ends.
func (t *Traffic) parkOne(k kind, b street.Band, a float64, d *dice.Dice) float64 {
	x := t.make(k)
	end := a + x.length
	face := point{b.Way, d.Range(-0.02, 0.02)}
	if d.Chance(0.08) {
		face.a = -face.a
	}
	if t.keepsFree(b, span{a, end}) {
		return a + 2
	}
	t.standIn(b, x, (a+end)/2, face.unit(face), d)
	return end
}

// standIn parks a body in a band: off its inner edge, where traffic passes,
// rather than off the kerb, if it is wide. It stays away if it is too wide.
func (t *Traffic) standIn(b street.Band, x *body, a float64, face point, d *dice.Dice) {
	const passing, overhang = 0.2, 0.4
	p := pose{point{a, b.Middle() + d.Range(-0.06, 0.06)}, face}
	_, across := x.cover(p)
	own, band := across.facing(b.Way), span{b.From, b.To}.facing(b.Way)
	over := max(0, own.hi-(band.hi-passing))
	if own.lo-over < band.lo-overhang {
		return
	}
	p.at.c -= b.Way * over
	t.add(x, p)
}

// parkMotorcycles parks a few side by side, their front wheels at the kerb or
// away from it.
func (t *Traffic) parkMotorcycles(b street.Band, a float64, d *dice.Dice) float64 {
	n := 1 + d.Pick(3, 2, 1)
	face := point{d.Range(-0.35, 0.35), dice.Of(d, 1., -1)}
	for range n {
		x := t.make(parkedMotorcycle)
		f := point{face.a + d.Range(-0.08, 0.08), face.c}
		if !t.keepsFree(b, span{a, a + 1}) {
			t.standIn(b, x, a+0.5, f.unit(face), d)
		}
		a += x.width + d.Range(0.08, 0.4)
	}
	return a
}

// keepsFree says whether nothing may be parked in a stretch of a band: near
// crossings and where vehicles halt.
func (t *Traffic) keepsFree(b street.Band, along span) bool {
	for _, c := range t.crossings {
		if c.along.wider(4.5).meets(along) {
			return true
		}
	}
	for _, l := range t.lanes {
		if l.way != b.Way {
			continue
		}
		for _, y := range l.bays {
			room := span{y.s - 19, y.s + 17}
			if y.inLane {
				room = span{y.s - 8, y.s + 7}
			}
			if room.facing(l.way).meets(along) {
				return true
			}
		}
	}
	return false
}

// rack stands bicycles in groups at a pavement's kerb, and the odd motorcycle.
func (t *Traffic) rack(p *pavement, d *dice.Dice) {
	deep := p.shelf.length()
	groups := int(t.mix.racks + d.Float())
	if deep <= 0 || p.seen.length() < 4 {
		return
	}
	mid := (p.shelf.lo + p.shelf.hi) / 2
	for range groups {
		a := d.Range(p.seen.lo, p.seen.hi)
		face, pitch := point{d.Range(-0.6, 0.6), dice.Of(d, 1., -1)}, d.Range(0.66, 0.95)
		n := 1 + d.Int(7)
		if deep < 1.5 { // along the kerb
			face, pitch, n = point{1, d.Range(-0.03, 0.03)}, d.Range(1.9, 2.3), 1+d.Int(3)
		}
		k := parkedBicycle
		if deep > 1.5 && d.Chance(0.15) {
			k, pitch, n = parkedMotorcycle, pitch+0.35, 1+d.Int(3)
		}
		for range n {
			x := t.make(k)
			f := point{face.a + d.Range(-0.06, 0.06), face.c}.unit(face)
			at := point{a, p.inside(x, f).clamp(mid + d.Range(-0.05, 0.05))}
			if t.standsFree(p, a) && !d.Chance(0.15) {
				t.add(x, pose{at, f})
			}
			a += pitch
		}
	}
}

// standsFree says whether something may stand at the kerb there all the time.
func (t *Traffic) standsFree(p *pavement, a float64) bool {
	return !t.atCrossing(a, 3.5) && (!p.hasStop || !(span{p.busStop - 8, p.busStop + 8}).holds(a))
}

// atCrossing says whether a distance along the road is within so many metres of
// a crossing.
func (t *Traffic) atCrossing(a, metres float64) bool {
	for _, c := range t.crossings {
		if c.along.wider(metres).holds(a) {
			return true
		}
	}
	return false
}
