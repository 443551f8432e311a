package traffic

import (
	"slices"

	"braid/source/synth/street"
)

// lane is a Drive or Cycle band that is driven in one direction. Distances in
// it are the driver's: s along the lane, growing ahead, and y across it, to the
// left; both are the road's own times way.
type lane struct {
	use       street.Use
	way       float64
	y, width  float64
	kerb      bool    // no other lane for motors to its right
	cycles    bool    // cyclists ride here
	ahead     stretch // in the driver's s
	stops     []stop  // in order
	bays      []*bay
	barred    [pedestrian]bool // kinds that would be seen to appear or vanish
	next      int              // steps until somebody enters
	nextCycle int
}

// stop is where vehicles of a lane wait at a crossing.
type stop struct {
	at        float64 // s of the line
	near, far float64 // s of the crossing's edges
	crossing  *crossing
}

// bay is a place where vehicles halt for a while.
type bay struct {
	s, y   float64 // middle of the vehicle, in its lane's s and y
	buses  bool    // a bus stop: others don't use it
	inLane bool    // the vehicle stays in the lane, at its right edge
	user   *vehicle
}

// layLane adds the lane of band i, if any of it is seen.
func (t *Traffic) layLane(v view, s *street.Street, i int) {
	b := s.Bands[i]
	st, ok := v.stretch(span{b.From, b.To}, 3.4, longest)
	if !ok {
		return
	}
	st = t.runUp(st, v, b)
	l := &lane{use: b.Use, way: b.Way, y: b.Way * b.Middle(), width: b.Width(), ahead: st.facing(b.Way)}
	l.bar(v)
	right := i - 1 // the neighbour to the driver's right
	if b.Way < 0 {
		right = i + 1
	}
	l.kerb = b.Use == street.Drive && (right < 0 || right >= len(s.Bands) || s.Bands[right].Use != street.Drive)
	l.cycles = b.Use == street.Cycle || l.kerb && (right < 0 || right >= len(s.Bands) || s.Bands[right].Use != street.Cycle)
	for _, c := range t.crossings {
		x := c.along.facing(b.Way)
		if l.ahead.holds(x.lo) && l.ahead.holds(x.hi) {
			l.stops = append(l.stops, stop{at: x.lo - 1, near: x.lo, far: x.hi, crossing: c})
		}
	}
	if b.Way < 0 {
		slices.Reverse(l.stops)
	}
	t.lanes = append(t.lanes, l)
}

// runUp lengthens a lane's stretch, so that its vehicles can brake before each
// crossing and have cleared it before they leave.
func (t *Traffic) runUp(st stretch, v view, b street.Band) stretch {
	const brake, clear = 45, 16
	for _, c := range t.crossings {
		need := span{c.along.lo - brake, c.along.hi + clear}
		if b.Way < 0 {
			need = span{c.along.lo - clear, c.along.hi + brake}
		}
		if !st.cutLo {
			st.lo = min(st.lo, need.lo)
		}
		if !st.cutHi {
			st.hi = max(st.hi, need.hi)
		}
	}
	return v.cut(st, span{b.From, b.To}, longest)
}

// facing returns the stretch as somebody who goes that way measures it.
func (s stretch) facing(way float64) stretch {
	if way < 0 {
		return stretch{s.span.facing(way), s.cutHi, s.cutLo}
	}
	return s
}

// sizes are lengths, widths and heights that few of a kind exceed.
var sizes = [pedestrian][3]float64{
	car: {5, 2.2, 1.8}, bus: {12.4, 3, 3.5}, truck: {12, 2.9, 3.6}, motorcyclist: {2.4, 1.1, 1.8}, cyclist: {1.9, 1, 1.9},
}

// bar finds the kinds that cannot use a lane which ends in the picture.
func (l *lane) bar(v view) {
	for k, size := range sizes {
		across := span{l.y - size[1]/2, l.y + size[1]/2}.facing(l.way)
		for _, end := range [2]span{{l.ahead.lo, l.ahead.lo + size[0]}, {l.ahead.hi - size[0], l.ahead.hi}} {
			cut := l.ahead.cutLo && end.lo == l.ahead.lo || l.ahead.cutHi && end.hi == l.ahead.hi
			l.barred[k] = l.barred[k] || cut && v.sees(end.facing(l.way), across, size[2])
		}
	}
}

// room returns the y that a body of a width may have within the lane.
func (l *lane) room(width float64) span {
	half := (l.width-width)/2 - laneGap
	if half >= 0 {
		return span{l.y - half, l.y + half}
	}
	return span{l.y + half, l.y + half} // its mirrors overhang the kerb
}

// fits says whether a body of a width can drive in the lane.
func (l *lane) fits(width float64) bool {
	const overhang = 0.17
	if l.kerb {
		return width < l.width+overhang-2*laneGap
	}
	return width < l.width-2*laneGap
}

// laneGap is what vehicles keep off the lanes beside theirs, metres.
const laneGap = 0.06

// roomAt returns how far the lane is free from s on.
func (l *lane) roomAt(t *Traffic, s float64) float64 {
	room, across := sight*1., span{l.y - l.width/2, l.y + l.width/2}.facing(l.way)
	for _, b := range t.bodies {
		if own := b.along.facing(l.way); own.hi > s && b.claim.meets(across) {
			room = min(room, own.lo-s)
		}
	}
	return room
}
