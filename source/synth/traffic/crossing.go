package traffic

// crossing is where people walk over the road.
type crossing struct {
	along  span
	road   span    // across: from kerb to kerb
	signal *signal // nil where vehicles give way to people
	shows  phase   // of the signal
	open   bool    // people can cross here

	crossers []*body // on the road, or just stepping on it
	waiting  int     // people at the kerb who want to cross, now and the step before
	asked    bool
	delays   bool // a vehicle stops for people
	busy     int  // for how long vehicles have done so, steps
	hold     int  // for how long people leave the road to them, steps
}

// Where there is no signal, people who cross one after the other let vehicles
// pass now and then.
const (
	busyLimit = 12 / dt
	holdTime  = 7 / dt
)

// step prepares the crossing for a step.
func (c *crossing) step(now int64) {
	kept := c.crossers[:0]
	for _, b := range c.crossers {
		if !b.gone && c.onRoad(b) {
			kept = append(kept, b)
		}
	}
	clear(c.crossers[len(kept):])
	c.crossers = kept
	c.asked, c.waiting = c.waiting > 0, 0
	if c.signal != nil {
		c.shows = c.signal.at(now)
		return
	}
	switch {
	case c.hold > 0 && len(c.crossers) == 0:
		c.hold--
	case c.hold > 0:
	case !c.delays:
		c.busy = max(0, c.busy-1)
	case c.busy > busyLimit:
		c.busy, c.hold = 0, holdTime
	default:
		c.busy++
	}
	c.delays = false
}

// onRoad says whether a walker who has begun to cross is still under way.
func (c *crossing) onRoad(b *body) bool {
	w, ok := b.mind.(*walker)
	return ok && w.crossing == c
}

// begin lets a walker onto the road, if vehicles leave it to people; others
// wait.
func (c *crossing) begin(t *Traffic, b *body) bool {
	c.waiting++
	switch {
	case c.signal != nil && c.shows != walk:
		return false
	case c.signal == nil && c.hold > 0:
		return false
	case !c.safe(t):
		return false
	}
	c.crossers = append(c.crossers, b)
	return true
}

// safe says whether no vehicle is on the crossing and every one that comes can
// stop before it.
func (c *crossing) safe(t *Traffic) bool {
	const comfortable, reaction = 2.8, 0.35
	for _, b := range t.bodies {
		v, ok := b.mind.(*vehicle)
		if !ok {
			continue
		}
		x, own := c.along.facing(v.lane.way), b.along.facing(v.lane.way)
		if own.lo > x.hi+0.2 || v.atBay {
			continue
		}
		if own.hi > x.lo-0.1 {
			return false
		}
		if v.v > 0.1 && float64(v.v*v.v)/(2*comfortable)+float64(v.v*reaction) > x.lo-1+0.3-own.hi {
			return false
		}
	}
	return true
}

// keepRight returns where along the road people who cross that way walk.
func (c *crossing) keepRight(way float64) span {
	const edge = 0.4
	mid := (c.along.lo + c.along.hi) / 2
	if way > 0 {
		return span{mid + edge, c.along.hi - edge}
	}
	return span{c.along.lo + edge, mid - edge}
}

// claimed says whether somebody on the crossing is in, or still has to pass, a
// span across the road.
func (c *crossing) claimed(across span) bool {
	const respect = 0.7
	for _, b := range c.crossers {
		path := b.across
		if b.mind.(*walker).toward > 0 {
			path.hi = c.road.hi
		} else {
			path.lo = c.road.lo
		}
		if path.wider(respect).meets(across) {
			return true
		}
	}
	return false
}
