package traffic

import (
	"math"

	"braid/source/synth/actor"
)

// point is a place or a direction on the road: along it and across it (positive
// to the left of its heading), metres.
type point struct{ a, c float64 }

func (p point) add(q point) point           { return point{p.a + q.a, p.c + q.c} }
func (p point) sub(q point) point           { return point{p.a - q.a, p.c - q.c} }
func (p point) mul(s float64) point         { return point{float64(p.a * s), float64(p.c * s)} }
func (p point) dot(q point) float64         { return float64(p.a*q.a) + float64(p.c*q.c) }
func (p point) len() float64                { return math.Sqrt(p.dot(p)) }
func (p point) left() point                 { return point{-p.c, p.a} }
func (p point) turn(by point) point         { return p.mul(by.a).add(p.left().mul(by.c)) }
func (p point) to(q point, t float64) point { return p.add(q.sub(p).mul(t)) }

// unit returns p at length 1, or other where p has no direction.
func (p point) unit(other point) point {
	l := p.len()
	if l < 1e-6 {
		return other
	}
	return p.mul(1 / l)
}

// pose is where a body is and where it faces (a direction of length 1).
type pose struct{ at, face point }

// mix returns the pose part of the way from p to q.
func (p pose) mix(q pose, part float64) pose {
	return pose{p.at.to(q.at, part), p.face.to(q.face, part).unit(p.face)}
}

// span is a stretch of a line, metres.
type span struct{ lo, hi float64 }

func (s span) meets(o span) bool       { return s.lo < o.hi && o.lo < s.hi }
func (s span) wider(by float64) span   { return span{s.lo - by, s.hi + by} }
func (s span) with(o span) span        { return span{min(s.lo, o.lo), max(s.hi, o.hi)} }
func (s span) length() float64         { return s.hi - s.lo }
func (s span) holds(x float64) bool    { return x >= s.lo && x <= s.hi }
func (s span) clamp(x float64) float64 { return min(max(x, s.lo), s.hi) }
func (s span) facing(way float64) span {
	if way < 0 {
		return span{-s.hi, -s.lo}
	}
	return s
}

// mind is what decides how a body moves.
type mind interface {
	// step moves the body on by dt.
	step(t *Traffic, b *body)
}

// body is one actor in the street.
type body struct {
	track         int
	actor         actor.Actor
	kind          kind
	length, width float64 // of its box on the ground
	height        float64
	pose          pose
	before        pose // a step ago
	along, across span // of the road that the box covers
	claim         span // across: what it covers or is about to
	velocity      point
	mind          mind // nil for what only stands
	born          int64
	gone          bool

	travelled, travelledBefore float64
	speed, steer               float64
	brake                      bool
}

// keep remembers the state of the step before.
func (b *body) keep() { b.before, b.travelledBefore = b.pose, b.travelled }

// put places the body, whatever stands there.
func (b *body) put(p pose) {
	b.pose = p
	b.along, b.across = b.cover(p)
	b.claim = b.across
}

// cover returns the stretches of the road under the body's box in a pose.
func (b *body) cover(p pose) (along, across span) {
	fa, fc := math.Abs(p.face.a), math.Abs(p.face.c)
	ha := float64(b.length/2*fa) + float64(b.width/2*fc)
	hc := float64(b.length/2*fc) + float64(b.width/2*fa)
	return span{p.at.a - ha, p.at.a + ha}, span{p.at.c - hc, p.at.c + hc}
}

// move takes the body to a pose where nothing else stands, or says that
// something does and leaves it.
func (t *Traffic) move(b *body, p pose) bool {
	if !t.free(b, p) {
		return false
	}
	b.travelled += p.at.sub(b.pose.at).len()
	b.put(p)
	return true
}

// Distances that hold between any two bodies, and of all of them to the point
// of the ground below the camera.
const (
	clearance = 0.04
	eyeRadius = 3.1
)

// free says whether nothing but b itself stands where b would in a pose.
func (t *Traffic) free(b *body, p pose) bool {
	along, across := b.cover(p)
	if t.eye.sub(point{along.clamp(t.eye.a), across.clamp(t.eye.c)}).len() < eyeRadius {
		return false
	}
	along, across = along.wider(clearance), across.wider(clearance)
	for _, o := range t.bodies {
		if o.along.meets(along) && o.across.meets(across) && o != b &&
			b.grown(p, clearance/2).overlaps(o.grown(o.pose, clearance/2)) {
			return false
		}
	}
	return true
}

// rectangle is a box on the ground.
type rectangle struct {
	pose
	length, width float64 // halves of them
}

// grown returns the body's box in a pose, larger by so many metres all around.
func (b *body) grown(p pose, by float64) rectangle {
	return rectangle{p, b.length/2 + by, b.width/2 + by}
}

// overlaps says whether two boxes meet: they do not where one of their four
// axes separates them.
func (r rectangle) overlaps(q rectangle) bool {
	d := q.at.sub(r.at)
	cos, sin := math.Abs(r.face.dot(q.face)), math.Abs(r.face.left().dot(q.face))
	return math.Abs(d.dot(r.face)) < r.length+float64(q.length*cos)+float64(q.width*sin) &&
		math.Abs(d.dot(r.face.left())) < r.width+float64(q.length*sin)+float64(q.width*cos) &&
		math.Abs(d.dot(q.face)) < q.length+float64(r.length*cos)+float64(r.width*sin) &&
		math.Abs(d.dot(q.face.left())) < q.width+float64(r.length*sin)+float64(r.width*cos)
}
