package traffic

import "math"

// courses are the directions that a walker weighs, off the one to its goal:
// cosine and sine of 0, 15, 30, 50, 75 and 100 degrees, each to the right before
// the left, since people give way to that side.
var courses = [...]point{
	{1, 0},
	{0.966, -0.259},
	{0.966, 0.259},
	{0.866, -0.5},
	{0.866, 0.5},
	{0.643, -0.766},
	{0.643, 0.766},
	{0.259, -0.966},
	{0.259, 0.966},
	{-0.174, -0.985},
	{-0.174, 0.985},
}

// horizon is how far walkers look for who is in their way, metres.
const horizon = 5.0

// steer chooses a course near the goal's direction and a speed: the course that
// leads nearest to a point on the way to the goal before a collision, after
// Moussaïd, Helbing and Theraulaz, "How simple rules determine pedestrian
// behavior and crowd disasters", PNAS 108, 6884 (2011).
func (w *walker) steer(t *Traffic, b *body, goal point, speed float64) (course point, pace float64) {
	const relaxation = 0.5 // seconds that it keeps to who is ahead
	var near [16]*body
	n := w.look(t, b, near[:])
	best, room := math.Inf(1), 0.0
	for _, k := range courses {
		c := goal.turn(k)
		f := w.walls(b, c)
		for _, o := range near[:n] {
			f = min(f, w.until(b, o, c, speed))
		}
		if cost := float64(horizon*horizon) + float64(f*f) - 2*float64(horizon*f*k.a); cost < best-1e-9 {
			best, course, room = cost, c, f
		}
	}
	return course, min(speed, max(0, room-0.05)/relaxation)
}

// look collects those on foot who are near, and returns how many.
func (w *walker) look(t *Traffic, b *body, near []*body) int {
	n := 0
	along, across := b.along.wider(horizon-1), b.across.wider(2)
	for _, o := range t.bodies {
		if o.kind == pedestrian && o.along.meets(along) && o.across.meets(across) && o != b && n < len(near) {
			near[n] = o
			n++
		}
	}
	return n
}

// until returns how far b gets on a course before it meets o, at most the
// horizon.
func (w *walker) until(b, o *body, course point, speed float64) float64 {
	apart := w.radius + o.mind.(*walker).radius
	v := course.mul(speed).sub(o.velocity)
	r := o.pose.at.sub(b.pose.at)
	closing := v.dot(r)
	if closing <= 0 {
		return horizon
	}
	c := r.dot(r) - float64(apart*apart)
	if c < 0 { // in touch: past it rather than against it
		const past = 0.6
		return past * (1 - closing/max(v.len()*r.len(), 1e-9))
	}
	vv := v.dot(v)
	root := float64(closing*closing) - float64(vv*c)
	if root < 0 {
		return horizon
	}
	return min(horizon, speed*(closing-math.Sqrt(root))/vv)
}

// walls returns how far b gets on a course before it leaves the pavement or
// the crossing.
func (w *walker) walls(b *body, course point) float64 {
	l := &w.legs[0]
	switch l.do {
	case along, leaving:
		room := w.pavement.keepRight(l.way).wider(0.15)
		if w.stuck > 0 {
			room = w.pavement.corridor.wider(0.2)
		}
		return until(b.pose.at.c, course.c, room)
	case over:
		return until(b.pose.at.a, course.a, l.cross.along.wider(0.5))
	default:
		return horizon
	}
}

// until returns how far somebody at x who goes in a direction gets within a
// span, at most the horizon. Who is outside may come in.
func until(x, direction float64, within span) float64 {
	limit := within.hi
	if direction < 0 {
		x, direction, limit = -x, -direction, -within.lo
	}
	if direction < 1e-6 {
		return horizon
	}
	return min(horizon, max(0, limit-x)/direction)
}
