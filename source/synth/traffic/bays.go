package traffic

import (
	"braid/source/synth/dice"
	"braid/source/synth/street"
)

// layBays chooses where vehicles of a lane halt: at a bus stop, and for a while
// at the kerb.
func (t *Traffic) layBays(s *street.Street, l *lane, d *dice.Dice) {
	if !l.kerb {
		return
	}
	edge := l.y - l.width/2 // the lane's right edge
	if d.Chance(t.mix.stops) {
		if at, ok := t.place(l, d, 14, 11); ok && t.busStop(l, at) {
			l.bays = append(l.bays, &bay{s: at, y: edge, buses: true, inLane: true})
		}
	}
	if d.Chance(0.75) {
		if at, ok := t.place(l, d, 12, 10); ok && l.clearOf(at, 30) {
			b := &bay{s: at, y: edge, inLane: true}
			if p, ok := s.BandAt((edge - 0.5) * l.way); ok && p.Use == street.Parking {
				b.y, b.inLane = p.Middle()*l.way, false
			}
			l.bays = append(l.bays, b)
		}
	}
}

// place chooses a place to halt in the lane, so far before or behind the
// crossings.
func (t *Traffic) place(l *lane, d *dice.Dice, before, behind float64) (s float64, ok bool) {
	const tries, runUp, runOut = 5, 24, 12
	lo, hi := max(l.ahead.lo+runUp, -35), min(l.ahead.hi-runOut, 40)
	for range tries {
		s = d.Range(lo, hi)
		if lo < hi && l.offStops(s, before, behind) && t.offCamera(l, s) {
			return s, true
		}
	}
	return 0, false
}

// offStops says whether s is so far before and behind each crossing.
func (l *lane) offStops(s, before, behind float64) bool {
	for _, st := range l.stops {
		if s > st.near-before && s < st.far+behind {
			return false
		}
	}
	return true
}

// offCamera says whether vehicles can halt at s and get there without coming
// near the camera.
func (t *Traffic) offCamera(l *lane, s float64) bool {
	const aside, around = 3, 20 // metres of the manoeuvre
	y := span{l.y - l.width/2 - aside, l.y + l.width/2}.wider(eyeRadius)
	return !y.facing(l.way).holds(t.eye.c) || !(span{s - around, s + around}).facing(l.way).holds(t.eye.a)
}

// clearOf says whether no bay is within a distance of s.
func (l *lane) clearOf(s, distance float64) bool {
	for _, b := range l.bays {
		if (span{s - distance, s + distance}).holds(b.s) {
			return false
		}
	}
	return true
}

// busStop tells the lane's pavement that buses stop there.
func (t *Traffic) busStop(l *lane, s float64) bool {
	for _, p := range t.pavements {
		if p.side == -l.way && p.seen.holds(s*l.way) {
			p.busStop, p.hasStop = s*l.way, true
			return true
		}
	}
	return false
}

// kerbGap is what stays between a vehicle at the kerb and its lane's edge.
const kerbGap = 0.12

// berth returns the y at which a vehicle of a width halts in its bay.
func (v *vehicle) berth(width float64) float64 {
	if v.bay.inLane {
		return v.lane.room(width).clamp(v.bay.y + width/2 + kerbGap)
	}
	return v.bay.y
}

// bayLimit is the speed that its plan to halt leaves a vehicle.
func (v *vehicle) bayLimit() float64 {
	if v.bay == nil {
		return v.driver.speed
	}
	if v.atBay {
		return min(v.driver.speed, 5)
	}
	return min(v.driver.speed, 2.5+float64(0.3*max(0, v.bay.s-v.s)))
}

// pullIn steers for the bay when it comes near, or gives it up where somebody
// is in the way; and notices when it stands there.
func (v *vehicle) pullIn(t *Traffic, b *body) {
	manoeuvre, agile := 17., 3.2
	if v.bay.inLane {
		manoeuvre, agile = 30, cautious(b.kind)
	}
	left := v.bay.s - v.s
	y := v.berth(b.width)
	switch {
	case v.aim != y && left < manoeuvre && (left < manoeuvre-4 || !v.clear(t, b, y)):
		v.quitBay()
	case v.aim != y && left < manoeuvre:
		v.aim, v.agile = y, agile
	case v.aim == y && left < 1.3 && v.v < 0.15:
		v.atBay, v.v = true, 0
	}
}

// quitBay leaves the bay to others.
func (v *vehicle) quitBay() {
	v.bay.user = nil
	v.bay, v.atBay = nil, false
	v.aim = v.base
}

// leaveBay counts down the time at the bay and says whether the vehicle is on
// its way: when time is up and the lane is clear.
func (v *vehicle) leaveBay(t *Traffic, b *body) bool {
	v.dwell--
	if v.dwell > 0 || (t.now+int64(b.track))%10 != 0 || !v.clear(t, b, v.base) {
		return false
	}
	if !v.bay.inLane {
		v.agile = 3.2
	}
	v.quitBay()
	return true
}

// choose takes a bay ahead, if the vehicle wants to halt.
func (v *vehicle) choose(b *body, d *dice.Dice) {
	for _, y := range v.lane.bays {
		if y.user != nil || y.s < v.s+30 || b.kind == cyclist || y.buses != (b.kind == bus) {
			continue
		}
		wants, dwell := 0.4, d.Range(6, 40)
		switch {
		case y.buses:
			wants, dwell = 0.85, d.Range(6, 14)
		case y.inLane:
			wants, dwell = 0.12, d.Range(5, 14)
			if b.kind == truck {
				wants = 0.3 // it delivers
			}
		case b.length > 6 || b.width > 2.1:
			continue
		}
		if d.Chance(wants) {
			v.bay, v.dwell, y.user = y, int(dwell/dt), v
			return
		}
	}
}
