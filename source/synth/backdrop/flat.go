package backdrop

import (
	"math"

	"braid/source/synth/mesh"
)

// flat draws a face where it is nearer than what is there. It hides no bodies.
func (p *painter) flat(q *face) {
	n := q.u.Cross(q.v)
	away := q.origin.Sub(p.v.eye)
	dist := n.Dot(away)
	if dist >= -1e-6 {
		return // seen from behind
	}
	clipped := p.v.clip(q.corners)
	if len(clipped) < 3 {
		return
	}
	shape := make([]corner, len(clipped))
	for i, c := range clipped {
		x, y, _ := p.v.project(c)
		shape[i] = place(x, y)
	}
	lit := p.lit(n)
	f, v := p.film, p.v
	const half = 0.5 / over
	dx := v.right.Mul(1 / v.focal / over)
	// Along a row, ray · n changes evenly, and with it the inverse depth.
	ou, ov := away.Dot(q.u), away.Dot(q.v)
	f.spans(shape, func(y, from, to int) {
		ray := v.ray(float64(from)/over+half, float64(y)/over+half)
		for x := from; x < to; x++ {
			i := y*f.width + x
			inv := ray.Dot(n) / dist
			if inv > 0 && float32(inv) > f.inv[i] {
				t := 1 / inv
				at := ray.Mul(t)
				foot := t / v.focal / max(0.2, min(1, -inv*dist/ray.Len()))
				s := q.paint(at.Dot(q.u)-ou, at.Dot(q.v)-ov, foot)
				if !s.clear {
					f.inv[i], f.color[i] = float32(inv), p.finish(&s, &lit, ray, n, at)
				}
			}
			ray = ray.Add(dx)
		}
	})
}

// lit is the light that falls on a face.
type lit struct{ sky, sun mesh.Color }

func (p *painter) lit(n mesh.Vec) lit {
	l := &p.light
	return lit{
		sky: l.Ground.Mix(l.Sky, 0.5+0.5*n.Z).Mul(0.95),
		sun: l.SunColor.Mul(max(0, n.Dot(l.Sun))),
	}
}

// finish is what the camera sees of a point of a face; at is seen from the eye
// in direction ray.
func (p *painter) finish(s *finish, li *lit, ray, n, at mesh.Vec) [3]uint8 {
	z := at.Z + p.v.eye.Z
	open := 0.72 + 0.28*min(1, max(0, z)/4)
	light := li.sky.Mul(open)
	if li.sun.G > 0 {
		light = light.Add(li.sun.Mul(p.sun.share(at.Add(p.v.eye), 0.1)))
	}
	if p.light.Lamps > 0 {
		light = light.Add(pools(p.site.lamps, at.Add(p.v.eye), n).Mul(p.light.Lamps * 0.6))
	}
	c := s.albedo.Times(light)
	if s.mirror > 0 {
		up := ray.Z/ray.Len() + s.tilt
		m := p.light.Ground.Mul(0.55 - 0.35*min(0.5, max(0, up+0.25)))
		if up > 0 {
			// The roofs of the other side, and the sky above them.
			m = p.light.Sky.Mul(0.22).Mix(p.light.Horizon.Mix(p.light.Sky, math.Sqrt(min(1, up*1.2))), step(0.10, 0.24, up))
		}
		c = c.Mix(m, s.mirror)
	}
	return p.response(p.hazed(c.Add(s.glow.Mul(p.light.Lamps)), at.Len()))
}
