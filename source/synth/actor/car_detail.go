package actor

import (
	"math"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// buildCar adds the body of a car to m.
func buildCar(m *mesh.Mesh, c *carShape, t trim, d *dice.Dice, clad bool) *shell {
	half := c.length / 2
	at := c.stations()
	top := c.top()
	s := &shell{warp: c.bow}
	for _, a := range at {
		s.x = append(s.x, half-a)
		s.half = append(s.half, c.section(a, top))
	}
	mid := func(i int) float64 { return (at[i] + at[i+1]) / 2 }
	s.side = func(i, j int, _ bool) int32 { return c.skin(mid(i), j, t, clad) }
	s.end = func(_ bool, j, _ int) int32 {
		if j < rowSill {
			return t.under
		}
		if clad && j == rowSill {
			return t.plastic
		}
		return t.paint
	}
	s.build(m)
	beneath(m, t.under, 0.3-half, half-0.3, c.width/2-c.tyre-0.07, c.width/2-0.1, 0.15, c.wheel*2)
	c.front(m, s, t, d)
	c.rear(m, s, t, d)
	c.flanks(m, s, t)
	c.mirrors(m, t)
	c.inside(m, d)
	return s
}

// skin is the material at a distance from the front and a row.
func (c *carShape) skin(at float64, row int, t trim, clad bool) int32 {
	switch {
	case row < rowSill:
		return t.under
	case row == rowSill:
		if clad || c.arch(at) > c.sill+0.05 && clad {
			return t.plastic
		}
		return t.paint
	case row == rowBelt && at > c.cowl+0.12 && at < c.glassEnd:
		if at > c.blind {
			return t.paint
		}
		for i := 0; i+1 < len(c.pillars); i += 2 {
			if at > c.pillars[i] && at < c.pillars[i+1] {
				return t.pillar
			}
		}
		return t.glass
	case row >= rowRail && at > c.cowl && at < c.header:
		return t.glass
	case row >= rowRail && at > c.roofEnd && at < c.base && c.blind == c.length:
		return t.glass
	case c.bed && row >= rowHead && at > c.base:
		return t.plastic
	case row >= rowRail && at > c.header && at < c.roofEnd:
		return t.second
	}
	return t.paint
}

// front adds lamps, grille and plate.
func (c *carShape) front(m *mesh.Mesh, s *shell, t trim, d *dice.Dice) {
	w, nose := c.width/2, c.noseZ
	lamp := d.Range(0.10, 0.16)
	inner := d.Range(0.48, 0.60) * w
	outer, rise := w+d.Range(0.08, 0.22), d.Range(0, 0.05)
	s.pairPatch(m, t.pillar, true, inner-0.02, outer+0.03, nose-0.115-lamp, nose-0.075, rise)
	s.above().pairPatch(m, t.head, true, inner+0.01, outer, nose-0.09-lamp, nose-0.095, rise)
	// Grille between the lamps, an air intake below.
	g := inner - d.Range(0.02, 0.12)
	deep := d.Range(0.09, 0.2)
	s.endPatch(m, t.grille, true, -g, g, nose-0.08-deep, nose-0.08, 0)
	if d.Chance(0.5) {
		s.above().endPatch(m, t.chrome, true, -0.07, 0.07, nose-0.08-float64(deep*0.5)-0.05, nose-0.08-float64(deep*0.5)+0.05, 0)
	}
	low := c.sill + 0.09
	if g := d.Range(0.5, 0.85) * w; low+0.12 < nose-0.14-deep {
		s.endPatch(m, t.grille, true, -g, g, low, low+d.Range(0.09, 0.14), 0)
	}
	if d.Chance(0.8) {
		z := c.sill + 0.22
		sheet(m, t.plate, 1, 1, c.plateAt(s, true, z))
	}
}

// plateAt places a number plate of 52 by 11 cm.
func (c *carShape) plateAt(s *shell, front bool, z float64) func(u, v float64) mesh.Vec {
	p := s.girdle(front, 0, z)
	out := 0.03
	if !front {
		out = -out
	}
	return func(u, v float64) mesh.Vec {
		y := blend(-0.26, 0.26, u)
		if !front {
			y = -y
		}
		return mesh.V(p.X+out, y, blend(z-0.055, z+0.055, v))
	}
}

// rear adds lamps, plate and the lower bumper.
func (c *carShape) rear(m *mesh.Mesh, s *shell, t trim, d *dice.Dice) {
	w := c.width / 2
	tall := c.base > 0.93*c.length // a tailgate
	topZ := c.tailZ - 0.06
	high, inner := d.Range(0.12, 0.17), d.Range(0.45, 0.62)*w
	if tall && d.Chance(0.6) {
		high, inner = d.Range(0.18, 0.26), d.Range(0.62, 0.72)*w
	}
	s.pairPatch(m, t.tail, false, inner, w+d.Range(0.08, 0.22), topZ-high, topZ, 0)
	if d.Chance(0.25) {
		s.endPatch(m, t.tail, false, -inner, inner, topZ-0.05, topZ-0.01, 0)
	}
	s.endPatch(m, t.seam, false, -w-0.3, w+0.3, c.sill+0.3, c.sill+0.325, 0)
	z := blend(c.sill, c.tailZ, 0.62) - 0.05
	if d.Chance(0.3) {
		z = c.sill + 0.2
	}
	sheet(m, t.rearSign, 1, 1, c.plateAt(s, false, z))
	if d.Chance(0.6) {
		s.endPatch(m, t.plastic, false, -0.8*w, 0.8*w, c.sill+0.08, c.sill+d.Range(0.14, 0.2), 0)
	}
}

// flanks adds door gaps and handles.
func (c *carShape) flanks(m *mesh.Mesh, s *shell, t trim) {
	half := c.length / 2
	top := c.beltZ - 0.03
	doors := []float64{c.cowl + 0.22}
	for i := 0; i+1 < len(c.pillars) && i < 4; i += 2 {
		doors = append(doors, (c.pillars[i]+c.pillars[i+1])/2)
	}
	for i, at := range doors {
		z0 := max(c.sill+0.1, c.arch(at)+0.03)
		s.sidePatch(m, t.seam, half-at-0.011, half-at+0.011, z0, top)
		if i > 0 {
			s.sidePatch(m, t.seam, half-at+0.06, half-at+0.24, top-0.10, top-0.07)
		}
	}
}

// mirrors adds the outside mirrors.
func (c *carShape) mirrors(m *mesh.Mesh, t trim) {
	x := c.length/2 - c.cowl - 0.33
	for _, side := range [2]float64{1, -1} {
		y := side * (float64(c.width/2*0.945) + 0.08)
		m.Ellipsoid(t.paint, mesh.V(x, y, c.beltZ+0.07), mesh.V(0.07, 0.12, 0.085), 4, 6)
	}
}

// pane adds a patch on the windscreen: u runs from -1 at the right to 1
// at the left, v from 0 below to 1 above.
func (c *carShape) pane(m *mesh.Mesh, mat int32, u0, u1, v0, v1 float64) {
	half, top := c.length/2, c.top()
	sheet(m, mat, 2, 1, func(u, v float64) mesh.Vec {
		at := blend(c.cowl, c.header, blend(v0, v1, v))
		r := c.section(at, top)
		side := blend(u0, u1, u)
		// The ring's points right of and left of side, by their share of the rail.
		k := min(1, math.Abs(side))
		z := blend(r[rowRoof].z, r[rowRail].z, max(0, (k-0.62)/0.38))
		if k < 0.62 {
			z = blend(r[rowCrown].z, r[rowRoof].z, k/0.62)
		}
		return c.bow(mesh.V(half-at, side*r[rowRail].y, z)).Add(mesh.V(0.02, 0, 0.02))
	})
}

// inside adds what is seen through the windows: daylight from the other side
// and the people and seats in front of it.
func (c *carShape) inside(m *mesh.Mesh, d *dice.Dice) {
	dark := m.Material(mesh.Material{Albedo: grey(0.012), Gloss: 0.1, Clarity: 0.15})
	coat := m.Material(mesh.Material{Albedo: dice.Of(d, grey(0.09), mesh.Color{R: 0.09, G: 0.025, B: 0.025}, grey(0.03), mesh.Color{R: 0.025, G: 0.04, B: 0.09}), Clarity: 0.2})
	skin := m.Material(mesh.Material{Albedo: mesh.Color{R: 0.13, G: 0.08, B: 0.06}.Mul(d.Range(0.3, 1.2)), Clarity: 0.2})
	side := dice.Of(d, 0.42, 0.42, 0.42, -0.42)
	c.pane(m, dark, -0.94, 0.94, 0.02, 0.10)
	c.pane(m, coat, side-0.21, side+0.21, 0.14, 0.45)
	c.pane(m, skin, side-0.09, side+0.09, 0.45, 0.72)
	if d.Chance(0.4) {
		c.pane(m, coat, -side-0.21, -side+0.21, 0.14, 0.42)
		c.pane(m, skin, -side-0.09, -side+0.09, 0.42, 0.68)
	}
}

// taxiSign stands a lit sign on the roof.
func taxiSign(m *mesh.Mesh, c *carShape) {
	sign := m.Material(mesh.Material{Albedo: mesh.Color{R: 0.8, G: 0.7, B: 0.2}, Glow: mesh.Color{R: 1.6, G: 1.2, B: 0.3}, Signal: mesh.Color{R: 0.2, G: 0.15, B: 0.03}})
	x := c.length/2 - blend(c.header, c.roofEnd, 0.35)
	m.Box(sign, mesh.V(x-0.09, -0.3, c.height-0.03), mesh.V(x+0.09, 0.3, c.height+0.14))
}
