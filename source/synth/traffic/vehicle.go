package traffic

import (
	"math"

	"braid/source/synth/dice"
)

// vehicle drives or rides in a lane. Positions are in the lane's s and y.
type vehicle struct {
	driver driver
	lane   *lane
	s, y   float64 // of the middle; y of the rear axle
	v      float64
	slope  float64 // dy/ds: the tangent of the angle to the lane
	aim    float64 // y that it steers for
	base   float64 // y that it keeps when nothing is in its way
	agile  float64 // metres in which it changes y by most of a difference
	tight  float64 // greatest curvature, 1/m
	axles  float64 // distance between its axles, metres
	polite bool    // stops for people who wait where there is no signal
	bay    *bay    // where it will halt, or halts
	dwell  int     // steps still to stand there
	atBay  bool
	leader *body   // that it follows, nil for none within sight
	gap    float64 // to the leader, metres
	idle   int     // steps without moving
	dice   *dice.Dice
}

// sight is how far drivers look, metres.
const sight = 70

// step drives on by dt.
func (v *vehicle) step(t *Traffic, b *body) {
	if v.atBay && !v.leaveBay(t, b) {
		v.rest(b)
		return
	}
	v.think(t, b)
	acc := v.pedal(t, b)
	was := v.v
	v.v = max(0, v.v+float64(acc*dt))
	if v.v < 0.05 && acc < 0.05 {
		v.v = 0
	}
	v.advance(t, b, float64((was+v.v)/2*dt))
	v.lights(b, acc)
	b.gone = v.isOut(b)
	if b.gone && v.bay != nil {
		v.bay.user = nil
	}
}

// rest keeps a vehicle standing.
func (v *vehicle) rest(b *body) {
	v.v = 0
	b.speed, b.velocity = 0, point{}
	b.brake = v.dwell > 0 && v.idle < 2/dt
	v.idle++
}

// advance moves by ds along the path; it stops dead if something is there.
func (v *vehicle) advance(t *Traffic, b *body, ds float64) {
	if ds > 0 {
		k := v.agile
		bend := -(v.y-v.aim)/(k*k) - 2*v.slope/k
		bend = min(max(bend, -v.tight), v.tight)
		slope := min(max(v.slope+float64(bend*ds), -0.35), 0.35)
		cos := 1 / math.Sqrt(1+float64(slope*slope))
		s, y := v.s+float64(ds*cos), v.y+float64(slope*cos*ds)
		if t.move(b, v.pose(s, y, slope)) {
			v.s, v.y, v.slope = s, y, slope
			b.steer += float64((min(max(bend*v.axles, -0.55), 0.55) - b.steer) * 0.1)
		} else {
			v.v = 0
		}
	}
	if v.v > 0 {
		v.idle = 0
	} else {
		v.idle++
	}
	half := b.across.length() / 2
	y := v.aim * v.lane.way
	b.claim = b.across.with(span{y - half, y + half})
	b.speed = v.v
	b.velocity = b.pose.face.mul(v.v)
}

// pose turns a position in the lane to the road's axes. The rear axle is what
// follows the path: the front swings out.
func (v *vehicle) pose(s, y, slope float64) pose {
	cos := 1 / math.Sqrt(1+float64(slope*slope))
	sin, way := slope*cos, v.lane.way
	return pose{point{s * way, (y + float64(v.axles/2*sin)) * way}, point{cos * way, sin * way}}
}

// lights sets the brake lights: on when it slows and while it waits.
func (v *vehicle) lights(b *body, acc float64) {
	switch {
	case acc < -0.7, v.v < 0.3 && acc < 0.3:
		b.brake = true
	case acc > -0.25:
		b.brake = false
	}
}

// isOut says whether the vehicle has left the lane, unseen.
func (v *vehicle) isOut(b *body) bool {
	if v.lane.ahead.cutHi {
		return v.s+b.length/2+0.3 > v.lane.ahead.hi
	}
	return v.s-b.length/2 > v.lane.ahead.hi
}

// pedal returns the acceleration that all who are ahead, the crossings and its
// own plans leave it.
func (v *vehicle) pedal(t *Traffic, b *body) float64 {
	v.look(t, b)
	d := v.driver
	d.speed = min(d.speed, v.bayLimit())
	acc := d.follow(v.v, math.Inf(1), 0)
	if v.leader != nil {
		acc = d.follow(v.v, max(v.gap, d.gap/2), max(0, v.leader.velocity.a*v.lane.way))
	}
	if x := v.obstacle(b); !math.IsInf(x, 1) {
		acc = min(acc, d.follow(v.v, x+d.gap, 0))
	}
	return acc
}

// look finds who is ahead: the nearest body whose claim meets its own.
func (v *vehicle) look(t *Traffic, b *body) {
	v.leader, v.gap = nil, sight
	front := v.s + b.along.length()/2
	for _, o := range t.bodies {
		own := o.along.facing(v.lane.way)
		if own.lo-front > v.gap || (own.lo+own.hi)/2 <= v.s || o == b {
			continue
		}
		margin := 0.15
		if other, ok := o.mind.(*vehicle); !ok {
			if margin = 0.05; own.lo < front {
				continue // beside it
			}
		} else if other.lane.way != v.lane.way {
			continue
		}
		if o.claim.meets(v.path(b, own.lo-front).wider(margin)) {
			v.leader, v.gap = o, own.lo-front
		}
	}
}

// path returns what the vehicle covers across the road from so many metres
// ahead on, while it steers for its aim.
func (v *vehicle) path(b *body, ahead float64) span {
	x := 0.8 * max(0, ahead) / v.agile
	left := 1 / (1 + float64(x*x/2) + float64(x*x*x/6)) // of the way to the aim; about (1+x) exp(-x)
	half := b.width / 2
	from, to := v.aim+float64((v.y-v.aim)*left), v.aim
	return span{min(from, to) - half, max(from, to) + half}.facing(v.lane.way)
}

// obstacle returns the distance to where it has to stop: a crossing that it
// may not enter, or its bay; infinity for none.
func (v *vehicle) obstacle(b *body) float64 {
	front := v.s + b.length/2
	nearest := math.Inf(1)
	if v.bay != nil && !v.atBay {
		nearest = max(0, v.bay.s-v.s)
	}
	for i := range v.lane.stops {
		st := &v.lane.stops[i]
		d := st.at - front
		if st.near < front {
			continue // it is on it, or over
		}
		if d > sight || d > nearest {
			break
		}
		if v.mustStop(b, st, d) {
			return min(nearest, d)
		}
	}
	return nearest
}

// mustStop says whether it may not drive on over a crossing d metres ahead.
func (v *vehicle) mustStop(b *body, st *stop, d float64) bool {
	const beyond = 0.8 // the line: still short of the crossing
	c, brake := st.crossing, needed(v.v, d+beyond)
	switch {
	case c.claimed(b.claim), c.signal == nil && c.asked && c.hold == 0 && v.polite && brake < 2.2:
		c.delays = true
		return true
	case c.signal != nil && (c.shows != drive) && brake < 4:
		return true
	}
	// It does not enter what it could not leave.
	if v.leader == nil || v.leader.velocity.a*v.lane.way > 2 || brake > 4 {
		return false
	}
	behind := v.gap - d // of the line, to the leader's rear
	return behind > 0 && behind < st.far-st.at+b.length+v.driver.gap+0.5
}
