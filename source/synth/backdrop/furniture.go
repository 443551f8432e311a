package backdrop

import (
	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

var steel = mesh.Color{R: 0.20, G: 0.21, B: 0.22}

// addThing sets something small at the kerb; out leads away from the road.
func (l *site) addThing(d *dice.Dice, foot mesh.Vec, out float64) {
	kind := d.Pick(4, 2, 1, 1, 2)
	if kind < 4 {
		l.stand(foot, [...]func(*dice.Dice, mesh.Vec, float64) *mesh.Mesh{sign, bin, cabinet, bench}[kind](d, foot, out))
		return
	}
	// Short posts in a row, each as near as it is.
	color := dice.Of(d, mesh.Color{R: 0.04, G: 0.04, B: 0.045}, steel)
	for i := range 3 + d.Int(3) {
		p := foot.Add(mesh.V(float64(1.5*float64(i)), 0, 0))
		if l.clear(p.X, 0.2) {
			m := &mesh.Mesh{}
			m.Cylinder(m.Material(mesh.Material{Albedo: color}), p, p.Add(mesh.V(0, 0, 0.9)), 0.06, 8)
			l.stand(p, m)
		}
	}
}

// stand puts a solid on the street, with a shadow as of a post.
func (l *site) stand(foot mesh.Vec, m *mesh.Mesh) {
	lo, hi := m.Bounds()
	l.things = append(l.things, thing{foot, m})
	l.poles = append(l.poles, pole{foot, min(hi.X-lo.X, hi.Y-lo.Y) / 2, hi.Z})
}

// sign is a plate on a post: a disc, a triangle or a square in plain colours.
func sign(d *dice.Dice, foot mesh.Vec, out float64) *mesh.Mesh {
	m := &mesh.Mesh{}
	grey := m.Material(mesh.Material{Albedo: steel, Gloss: 0.2})
	rim := mesh.Color{R: 0.42, G: 0.03, B: 0.03}
	face := dice.Of(d, mesh.Color{R: 0.6, G: 0.6, B: 0.58}, mesh.Color{R: 0.03, G: 0.10, B: 0.38}, mesh.Color{R: 0.55, G: 0.42, B: 0.04})
	edge, plate := m.Material(mesh.Material{Albedo: rim}), m.Material(mesh.Material{Albedo: face})
	m.Cylinder(grey, foot, foot.Add(mesh.V(0, 0, 2.9)), 0.035, 8)
	sides := dice.Of(d, 24, 4, 24, 8)
	c := foot.Add(mesh.V(0, 0, 2.55))
	from := len(m.Points)
	// It faces the traffic on its side of the road, which keeps right.
	m.Cylinder(grey, mesh.V(0.04*out, 0, 0), mesh.V(0.05*out, 0, 0), 0.32, sides)
	m.Cylinder(edge, mesh.V(0.05*out, 0, 0), mesh.V(0.06*out, 0, 0), 0.32, sides)
	m.Cylinder(plate, mesh.V(0.06*out, 0, 0), mesh.V(0.065*out, 0, 0), 0.25, sides)
	m.Transform(from, mesh.Yaw(d.Range(-0.2, 0.2)).Then(mesh.Move(c)))
	return m
}

// bin is a litter bin.
func bin(d *dice.Dice, foot mesh.Vec, _ float64) *mesh.Mesh {
	m := &mesh.Mesh{}
	body := m.Material(mesh.Material{Albedo: dice.Of(d, mesh.Color{R: 0.03, G: 0.07, B: 0.045}, mesh.Color{R: 0.06, G: 0.06, B: 0.065}, mesh.Color{R: 0.16, G: 0.16, B: 0.16}), Gloss: 0.2})
	dark := m.Material(mesh.Material{Albedo: mesh.Color{R: 0.02, G: 0.02, B: 0.02}})
	m.Cylinder(body, foot, foot.Add(mesh.V(0, 0, 0.72)), 0.25, 14)
	m.Cylinder(dark, foot.Add(mesh.V(0, 0, 0.72)), foot.Add(mesh.V(0, 0, 0.8)), 0.22, 14)
	m.Cylinder(body, foot.Add(mesh.V(0, 0, 0.8)), foot.Add(mesh.V(0, 0, 0.88)), 0.26, 14)
	return m
}

// cabinet is a box of the electricity or telephone network.
func cabinet(d *dice.Dice, foot mesh.Vec, _ float64) *mesh.Mesh {
	m := &mesh.Mesh{}
	body := m.Material(mesh.Material{Albedo: dice.Of(d, mesh.Color{R: 0.22, G: 0.23, B: 0.21}, mesh.Color{R: 0.08, G: 0.12, B: 0.09})})
	dark := m.Material(mesh.Material{Albedo: mesh.Color{R: 0.08, G: 0.08, B: 0.08}})
	w, h := d.Range(0.3, 0.55), d.Range(0.9, 1.3)
	m.Box(dark, foot.Add(mesh.V(-w-0.03, -0.2, 0)), foot.Add(mesh.V(w+0.03, 0.2, 0.08)))
	m.Box(body, foot.Add(mesh.V(-w, -0.17, 0.08)), foot.Add(mesh.V(w, 0.17, h)))
	return m
}

// bench is a wooden seat with a back away from the road.
func bench(_ *dice.Dice, foot mesh.Vec, out float64) *mesh.Mesh {
	m := &mesh.Mesh{}
	wood := m.Material(mesh.Material{Albedo: mesh.Color{R: 0.20, G: 0.12, B: 0.06}})
	iron := m.Material(mesh.Material{Albedo: mesh.Color{R: 0.05, G: 0.05, B: 0.05}})
	box := func(mat int32, x, y, z, dx, dy, dz float64) {
		c := foot.Add(mesh.V(x, y*out, z))
		m.Box(mat, c.Sub(mesh.V(dx, dy, dz)), c.Add(mesh.V(dx, dy, dz)))
	}
	for i := range 3 {
		box(wood, 0, -0.15+0.15*float64(i), 0.45, 0.8, 0.06, 0.02)
	}
	for i := range 2 {
		box(wood, 0, 0.27, 0.62+0.16*float64(i), 0.8, 0.02, 0.06)
	}
	for _, x := range [2]float64{-0.65, 0.65} {
		box(iron, x, -0.18, 0.21, 0.03, 0.03, 0.21)
		box(iron, x, 0.27, 0.4, 0.03, 0.03, 0.4)
	}
	return m
}

// beacon is a post with the lamps of a crossing.
func beacon(d *dice.Dice, foot mesh.Vec) *mesh.Mesh {
	m := &mesh.Mesh{}
	post := m.Material(mesh.Material{Albedo: mesh.Color{R: 0.12, G: 0.12, B: 0.12}})
	box := m.Material(mesh.Material{Albedo: mesh.Color{R: 0.02, G: 0.02, B: 0.02}})
	m.Cylinder(post, foot, foot.Add(mesh.V(0, 0, 2.4)), 0.055, 8)
	c := foot.Add(mesh.V(0, 0, 2.4))
	m.Box(box, c.Add(mesh.V(-0.14, -0.14, 0)), c.Add(mesh.V(0.14, 0.14, 0.85)))
	lit := d.Int(3)
	for i := range 3 {
		glass := mesh.Material{Albedo: mesh.Color{R: 0.05, G: 0.05, B: 0.05}}
		if i == lit {
			glass.Signal = [3]mesh.Color{{R: 0.05, G: 0.8, B: 0.25}, {R: 0.9, G: 0.5, B: 0.03}, {R: 0.9, G: 0.04, B: 0.03}}[i]
		}
		at := c.Add(mesh.V(0, 0, 0.16+0.26*float64(i)))
		m.Cylinder(m.Material(glass), at.Add(mesh.V(-0.155, 0, 0)), at.Add(mesh.V(0.155, 0, 0)), 0.09, 12)
	}
	return m
}
