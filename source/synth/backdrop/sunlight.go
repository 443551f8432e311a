package backdrop

import (
	"math"

	"braid/source/synth/mesh"
)

// sunlight knows where the sun is hidden.
type sunlight struct {
	on     bool
	dx, dy float64 // how far a shadow moves for each metre of height
	length float64 // of (dx, dy)
	walls  []caster
	crowns []crown
	poles  []pole
}

// caster is a house's plan, and the piece of ground that its shadow may reach.
type caster struct {
	x0, x1, y0, y1 float64
	height         float64
	reach          [4]float64
}

// crown is a tree's leaves: a ball, and the ellipse of ground that it shades,
// with half axes along and across the sun's direction.
type crown struct {
	middle           mesh.Vec
	x, y, long, wide float64
}

func newSunlight(sun mesh.Vec, l *site) *sunlight {
	c := l.s.Light.SunColor
	s := &sunlight{on: sun.Z > 0.05 && c.G > 0.02}
	if !s.on {
		return s
	}
	s.dx, s.dy = -sun.X/sun.Z, -sun.Y/sun.Z
	s.length = max(1e-6, math.Hypot(s.dx, s.dy))
	for i := range l.blocks {
		b := &l.blocks[i]
		c := caster{x0: b.from, x1: b.to, y0: min(b.front, b.back), y1: max(b.front, b.back), height: b.shadow}
		ex, ey := s.dx*c.height, s.dy*c.height
		c.reach = [4]float64{c.x0 + min(0, ex), c.x1 + max(0, ex), c.y0 + min(0, ey), c.y1 + max(0, ey)}
		s.walls = append(s.walls, c)
	}
	for i := range l.trees {
		t := &l.trees[i]
		m, r := t.crown()
		r *= 0.85
		s.crowns = append(s.crowns, crown{
			middle: m, x: m.X + s.dx*m.Z, y: m.Y + s.dy*m.Z, wide: r, long: r * math.Hypot(1, 0.8*s.length),
		})
		s.poles = append(s.poles, pole{t.at, t.trunk, t.height * 0.5})
	}
	s.poles = append(s.poles, l.poles...)
	return s
}

// share is how much of the sun's light reaches p, 0 to 1, averaged over foot
// metres. Where p is above the ground, the way to the sun is the one that
// begins further down, where its line meets the ground.
func (s *sunlight) share(p mesh.Vec, foot float64) float64 {
	if !s.on {
		return 1
	}
	x, y := p.X+s.dx*p.Z, p.Y+s.dy*p.Z
	lit := 1.0
	for i := range s.walls {
		w := &s.walls[i]
		if x < w.reach[0] || x > w.reach[1] || y < w.reach[2] || y > w.reach[3] {
			continue
		}
		if lit *= 1 - s.behind(w, x, y, p.Z, foot); lit < 0.02 {
			return 0
		}
	}
	for i := range s.crowns {
		lit *= 1 - s.under(&s.crowns[i], x, y, p.Z, foot)
	}
	if p.Z > 0.5 {
		return lit
	}
	ux, uy := s.dx/s.length, s.dy/s.length
	for i := range s.poles {
		p := &s.poles[i]
		qx, qy := x-p.at.X, y-p.at.Y
		if end, m := s.dx*p.height, p.radius+foot; qx < min(0, end)-m || qx > max(0, end)+m {
			continue
		}
		if aside := math.Abs(qx*uy - qy*ux); aside < p.radius+foot {
			along := qx*ux + qy*uy
			lit *= 1 - cover(aside, -p.radius, p.radius, foot+0.02)*cover(along, 0, p.height*s.length, foot+0.1)*0.9
		}
	}
	return lit
}

// behind is how much a house hides of the sun from height z on: the way to the
// sun is followed, by height, until it leaves the house's plan or passes over
// its roof.
func (s *sunlight) behind(w *caster, x, y, z, foot float64) float64 {
	lo, hi := 0.0, w.height
	for _, a := range [2][4]float64{{x, -s.dx, w.x0, w.x1}, {y, -s.dy, w.y0, w.y1}} {
		if math.Abs(a[1]) < 1e-6 {
			if a[0] < a[2] || a[0] > a[3] {
				return 0
			}
			continue
		}
		t0, t1 := (a[2]-a[0])/a[1], (a[3]-a[0])/a[1]
		lo, hi = max(lo, min(t0, t1)), min(hi, max(t0, t1))
	}
	if lo < z-1e-6 || lo >= hi {
		return 0 // lower down: a point of the house itself, or above it
	}
	return step(0, 0.05+foot+0.02*(lo-z)*s.length, (hi-lo)*max(s.length, 0.2))
}

// under is how much a tree hides of the sun from height z on.
func (s *sunlight) under(c *crown, x, y, z, foot float64) float64 {
	qx, qy := x-c.x, y-c.y
	if m := c.long * 1.4; qx > m || qx < -m || qy > m || qy < -m || z > c.middle.Z {
		return 0
	}
	k := 1 / s.length
	along, aside := (qx*s.dx+qy*s.dy)*k/c.long, (qx*s.dy-qy*s.dx)*k/c.wide
	r := math.Sqrt(along*along + aside*aside)
	if r > 1.4 {
		return 0
	}
	n := soft().at(x/5.3, y/5.3, foot/5.3)*0.9 + grit().at(x/7, y/7, foot/7)*0.35
	return 0.88 * step(0, 0.3, 1-r+n*0.6)
}
