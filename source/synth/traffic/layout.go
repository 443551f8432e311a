package traffic

import (
	"slices"

	"braid/source/synth/dice"
	"braid/source/synth/street"
)

// layOut finds the places of the street that traffic needs.
func (t *Traffic) layOut(s *street.Street, d *dice.Dice) {
	v := viewOf(s)
	t.eye = v.eye
	t.layCrossings(s, d)
	for i, b := range s.Bands {
		switch b.Use {
		case street.Drive, street.Cycle:
			t.layLane(v, s, i)
		case street.Walk:
			t.layPavement(v, s, i)
		case street.Parking, street.Verge:
		}
	}
	for _, l := range t.lanes {
		t.layBays(s, l, d)
	}
	for _, c := range t.crossings {
		c.open = t.canCross(c)
	}
	t.park(s, v, d)
	t.measureCrowd()
}

// canCross says whether people get over at a crossing: there is a pavement on
// both sides, and the camera is not in the way.
func (t *Traffic) canCross(c *crossing) bool {
	near := c.road.wider(eyeRadius+1).holds(t.eye.c) && c.along.wider(eyeRadius+1).holds(t.eye.a)
	sides := 0
	for _, p := range t.pavements {
		if p.ends.lo < c.along.lo && p.ends.hi > c.along.hi {
			sides++
		}
	}
	return sides == 2 && !near
}

// layCrossings takes over the crossings, in order along the road.
func (t *Traffic) layCrossings(s *street.Street, d *dice.Dice) {
	road := carriageway(s)
	var shared *signal // crossings of one street are in step
	if d.Chance(t.mix.signals) {
		shared = newSignal(d, 1+road.length()/0.9)
	}
	for _, c := range s.Crossings {
		x := &crossing{along: span{c.Along - c.Width/2, c.Along + c.Width/2}, road: road, signal: shared}
		t.crossings = append(t.crossings, x)
	}
	slices.SortStableFunc(t.crossings, func(a, b *crossing) int {
		if a.along.lo < b.along.lo {
			return -1
		}
		return 1
	})
}

// carriageway returns the stretch across the road that is not for people.
func carriageway(s *street.Street) span {
	var road span
	for _, b := range s.Bands {
		if b.Use == street.Drive || b.Use == street.Cycle || b.Use == street.Parking {
			road = road.with(span{b.From, b.To})
		}
	}
	return road
}
