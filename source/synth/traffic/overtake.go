package traffic

import (
	"math"

	"braid/source/synth/street"
)

// think looks, twice a second, whether to steer for another y.
func (v *vehicle) think(t *Traffic, b *body) {
	if v.bay != nil && !v.atBay {
		v.pullIn(t, b)
		if v.bay != nil && v.aim == v.berth(b.width) {
			return
		}
	}
	if (t.now+int64(b.track))%25 != 0 {
		return
	}
	if math.Abs(v.y-v.aim) < 0.1 && math.Abs(v.slope) < 0.02 {
		v.agile = cautious(b.kind)
	}
	switch {
	case v.overtakes(t, b), v.changesLane(t, b):
	case v.aim != v.base:
		if v.clear(t, b, v.base) {
			v.aim = v.base
		}
	case v.dice.Chance(0.12): // nobody keeps a line exactly
		y := v.lane.room(b.width).clamp(v.base + v.dice.Range(-0.12, 0.12))
		if v.clear(t, b, y) {
			v.base, v.aim = y, y
		}
	}
}

// overtakes passes a cyclist within the lane, where it is wide enough, and says
// whether that is what the vehicle does.
func (v *vehicle) overtakes(t *Traffic, b *body) bool {
	const beside, far = 0.28, 25
	if v.lane.use != street.Drive || b.kind == cyclist || v.leader == nil || v.leader.kind != cyclist || v.gap > far {
		return false
	}
	y := v.leader.across.facing(v.lane.way).hi + beside + b.width/2
	if y > v.lane.room(b.width).hi {
		return false
	}
	if v.aim < y-0.02 && v.gap > 2 && v.clear(t, b, y) {
		v.aim = y
	}
	return true
}

// changesLane goes round somebody slow ahead by the next lane, if there is one.
func (v *vehicle) changesLane(t *Traffic, b *body) bool {
	const near, far, slow = 11, 40, 4
	if v.lane.use != street.Drive || b.kind == cyclist || v.bay != nil || v.leader == nil || v.gap < near || v.gap > far {
		return false
	}
	o, ok := v.leader.mind.(*vehicle)
	if !ok || o.v > slow || !o.atBay && v.leader.kind != cyclist {
		return false
	}
	for _, l := range t.lanes {
		if l.way != v.lane.way || l.use != street.Drive || l == v.lane || !l.fits(b.width) || l.ahead.cutLo || l.ahead.cutHi || v.s+20 > l.ahead.hi {
			continue
		}
		y := l.y + (v.base - v.lane.y)
		y = l.room(b.width).clamp(y)
		if v.clear(t, b, y) {
			v.lane, v.base, v.aim, v.agile = l, y, y, 0.65*cautious(b.kind)
			return true
		}
	}
	return false
}

// clear says whether the vehicle can steer for y without getting in anybody's
// way: those beside and behind who would meet it there have room.
func (v *vehicle) clear(t *Traffic, b *body, y float64) bool {
	half := b.across.length() / 2
	was := b.across.wider(0.05)
	c := y * v.lane.way
	now := b.across.with(span{c - half, c + half}).wider(laneGap)
	own := b.along.facing(v.lane.way)
	for _, o := range t.bodies {
		if o == b || !o.claim.meets(now) {
			continue
		}
		other, speed := o.along.facing(v.lane.way), o.velocity.a*v.lane.way
		ahead, behind := other.lo-own.hi, own.lo-other.hi
		var room bool
		switch {
		case ahead > 0:
			room = o.across.meets(was) || ahead > 3+max(0, float64((v.v-speed)*2)) // it follows it already
		case behind > 0:
			room = o.mind == nil || behind > 0.4+float64(0.9*speed)+float64(max(0, speed-v.v)*2.5)
		}
		if !room {
			return false
		}
	}
	return true
}
