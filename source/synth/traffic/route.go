package traffic

import "braid/source/synth/dice"

// doing is what a walker does on a leg of its way.
type doing uint8

const (
	along   doing = iota // along a pavement to a distance along the road
	leaving              // the same, and out of the street
	waiting              // to the kerb, and there for a gap or the signal
	over                 // over the road
	indoors              // into a house
	resting              // to a place, and there for a time
)

// leg is a part of a walker's way.
type leg struct {
	do    doing
	to    point
	face  point     // resting: where it looks
	steps int       // resting: for how long
	cross *crossing // waiting and over
	way   float64   // +1: along the road's heading, or to its left; -1: against it, or to its right
	on    *pavement // where it leads
}

// goal returns the direction of a leg from where the walker is.
func (w *walker) goal(b *body, l *leg) point {
	d := l.to.sub(b.pose.at)
	switch l.do {
	case along, leaving:
		return point{l.way, span{-0.7, 0.7}.clamp(d.c / 2.5)}.unit(b.pose.face)
	case over:
		return point{span{-0.7, 0.7}.clamp(d.a / 3), l.way}.unit(b.pose.face)
	default:
		return d.unit(b.pose.face)
	}
}

// done goes to the next leg, or starts to stay, when the walker is there.
func (w *walker) done(t *Traffic, b *body, l *leg) {
	d := l.to.sub(b.pose.at)
	near := d.dot(d) < 0.09
	switch l.do {
	case along:
		if d.a*l.way < 0.25 {
			w.next()
		}
	case leaving:
		b.gone = w.pavement.isOut(b)
	case indoors:
		b.gone = near || w.stuck > 15 && d.dot(d) < 0.5 // one after the other
	case over:
		if d.c*l.way < 0.2 {
			w.pavement, w.crossing = l.on, nil
			w.next()
		}
	case waiting, resting:
		// Where somebody else already stands, next to it will do.
		w.arrived = near || w.stuck > 25 && d.dot(d) < 2.5
		if w.arrived {
			w.stuck, w.veering = 0, 0
		}
	}
}

// stay stands where a leg led to, until it is time to go on.
func (w *walker) stay(t *Traffic, b *body, l *leg) {
	switch l.do {
	case resting:
		w.walk(t, b, point{}, l.face)
		l.steps--
		if l.steps == 0 {
			w.next()
		}
	default:
		w.walk(t, b, point{}, point{0, l.way})
		if (t.now+int64(b.track))%5 != 0 {
			l.cross.waiting++
		} else if l.cross.begin(t, b) {
			w.crossing, w.toward = l.cross, l.way
			w.next()
		}
	}
}

// next begins the next leg.
func (w *walker) next() {
	w.legs = w.legs[1:]
	w.arrived, w.course, w.veering = false, point{}, 0
}

// isOut says whether a body has left the pavement at one of its ends, unseen.
func (p *pavement) isOut(b *body) bool {
	lo, hi := b.along.hi < p.ends.lo, b.along.lo > p.ends.hi
	if p.ends.cutLo {
		lo = b.along.lo < p.ends.lo+0.3
	}
	if p.ends.cutHi {
		hi = b.along.hi > p.ends.hi-0.3
	}
	return lo || hi
}

// planner makes the way of a party.
type planner struct {
	t    *Traffic
	dice *dice.Dice
	legs []leg
	p    *pavement
	at   float64 // along, so far
	way  float64 // +1 with the road's heading, -1 against it
	lane float64 // across, of the party's middle
}

// plan returns a way from a place on a pavement out of the street.
func (t *Traffic) plan(d *dice.Dice, p *pavement, at, way float64) []leg {
	m := &planner{t: t, dice: d, p: p, at: at, way: way}
	m.keepLane()
	if d.Chance(0.55) {
		m.crossOver()
	}
	if d.Chance(0.12) {
		m.pause()
	}
	m.out()
	return m.legs
}

// keepLane chooses where across the pavement the party walks.
func (m *planner) keepLane() {
	side := m.p.keepRight(m.way)
	m.lane = m.dice.Range(side.lo, side.hi)
}

// keepRight returns the part of the pavement's corridor that people who walk
// that way keep to: the right one, more strictly where it is narrow.
func (p *pavement) keepRight(way float64) span {
	const passing = 0.75 // metres that two who meet need
	mid, over := (p.corridor.lo+p.corridor.hi)/2, p.corridor.length()/4-passing/2
	if way > 0 {
		return span{p.corridor.lo, max(p.corridor.lo, mid+over)}
	}
	return span{min(p.corridor.hi, mid-over), p.corridor.hi}
}

// crossOver goes over the road at a crossing ahead, if there is one, and on
// either way.
func (m *planner) crossOver() {
	for _, c := range m.t.crossings {
		mid := (c.along.lo + c.along.hi) / 2
		if !c.open || (mid-m.at)*m.way < 3 || m.dice.Chance(0.3) {
			continue
		}
		other := m.t.opposite(m.p)
		toward := -m.p.side
		own := c.keepRight(toward)
		a := m.dice.Range(own.lo, own.hi)
		from, to := c.road.lo-0.6, c.road.hi+0.6
		if toward < 0 {
			from, to = to, from
		}
		m.legs = append(m.legs,
			leg{do: along, to: point{a, m.lane}, way: m.way, on: m.p},
			leg{do: waiting, to: point{a, from}, cross: c, way: toward, on: m.p},
			leg{do: over, to: point{a, to}, cross: c, way: toward, on: other})
		m.p, m.at = other, a
		m.way = dice.Of(m.dice, 1., -1)
		if m.p.shut(m.way) && m.dice.Chance(0.7) {
			m.way = -m.way
		}
		m.keepLane()
		return
	}
}

// pause stands for a while at the side of the pavement.
func (m *planner) pause() {
	a := m.at + m.way*m.dice.Range(4, 14)
	if !m.p.seen.holds(a) || m.p.nooks == (span{}) || m.t.atCrossing(a, 3.5) {
		return
	}
	c, face := m.dice.Range(m.p.nooks.lo, m.p.nooks.hi), point{m.dice.Range(-1, 1), m.dice.Range(-1, 1)}
	m.legs = append(m.legs,
		leg{do: along, to: point{a - m.way, m.lane}, way: m.way, on: m.p},
		leg{do: resting, to: point{a, c}, face: face.unit(point{1, 0}), steps: int(m.dice.Range(4, 25) / dt), on: m.p})
	m.at = a
}

// out leaves by the pavement's end or by a door.
func (m *planner) out() {
	end := m.p.ends.lo
	if m.way > 0 {
		end = m.p.ends.hi
	}
	room := m.p.seen
	if m.way > 0 {
		room.lo = max(room.lo, m.at+3)
	} else {
		room.hi = min(room.hi, m.at-3)
	}
	shut := m.p.shut(m.way)
	if room.length() > 1 && (shut || m.dice.Chance(0.22)) {
		a := m.dice.Range(room.lo, room.hi)
		m.legs = append(m.legs,
			leg{do: along, to: point{a - m.way, m.lane}, way: m.way, on: m.p},
			leg{do: indoors, to: point{a, m.p.door()}, on: m.p})
		return
	}
	if shut { // too near the end: the other way
		m.way = -m.way
		if m.p.shut(m.way) {
			m.legs = append(m.legs, leg{do: indoors, to: point{m.at, m.p.door()}, on: m.p})
			return
		}
		end = m.p.ends.lo + m.p.ends.hi - end
	}
	m.legs = append(m.legs, leg{do: leaving, to: point{end + 3*m.way, m.lane}, way: m.way, on: m.p})
}

// shut says whether people cannot leave by the pavement's end that lies this
// way: they would vanish in the picture.
func (p *pavement) shut(way float64) bool {
	if way > 0 {
		return p.shutHi
	}
	return p.shutLo
}

// door is where across the road people go in and out of houses.
func (p *pavement) door() float64 { return p.outer - float64(p.side*0.42) }

// opposite returns the pavement on the other side of the road, nil for none.
func (t *Traffic) opposite(p *pavement) *pavement {
	for _, o := range t.pavements {
		if o.side != p.side {
			return o
		}
	}
	return nil
}
