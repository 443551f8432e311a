package actor

import (
	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// cabin adds what is seen through the windscreen: the bright side windows, the
// dashboard and the driver, all painted on the glass; and its wipers.
func (b *boxBody) cabin(m *mesh.Mesh, s *shell, t trim, d *dice.Dice) {
	w := b.width / 2
	z0, z1 := b.screen, b.head
	day := m.Material(mesh.Material{Albedo: grey(d.Range(0.06, 0.14)), Gloss: 0.3, Clarity: 0.5, Glow: mesh.Color{R: 0.5, G: 0.45, B: 0.35}})
	dash := m.Material(mesh.Material{Albedo: grey(d.Range(0.03, 0.07)), Gloss: 0.3, Clarity: 0.4})
	coat := m.Material(mesh.Material{Albedo: dice.Of(d, grey(0.25), mesh.Color{R: 0.05, G: 0.09, B: 0.2}, grey(0.08)), Gloss: 0.2, Clarity: 0.3})
	skin := m.Material(mesh.Material{Albedo: mesh.Color{R: 0.26, G: 0.16, B: 0.11}.Mul(d.Range(0.3, 1.2)), Gloss: 0.2, Clarity: 0.3})
	high := z1 - z0
	s.pairPatch(m, day, true, 0.66*w, 0.92*w, z0+float64(0.45*high), z1-float64(0.06*high), 0)
	s.endPatch(m, dash, true, -0.93*w, 0.93*w, z0+float64(0.03*high), z0+float64(0.22*high), 0)
	side := 0.45 * w
	if b.doorsLeft {
		side = -side
	}
	s.endPatch(m, coat, true, side-0.24, side+0.24, z0+float64(0.22*high), z0+float64(0.50*high), 0)
	s.endPatch(m, skin, true, side-0.09, side+0.09, z0+float64(0.50*high), z0+float64(0.68*high), 0)
	over := s.above()
	if d.Chance(0.4) {
		over.endPatch(m, t.pillar, true, -0.025, 0.025, z0, z1, 0)
	}
	for _, y := range [2]float64{-0.1, -0.9} { // wipers
		over.endPatch(m, t.pillar, true, y*w, (y+0.75)*w, z0+float64(0.02*high), z0+float64(0.045*high), 0.05*high)
	}
}

// face adds what is below the windscreen: a dark bumper, fog lamps, a grille.
func (b *boxBody) face(m *mesh.Mesh, s *shell, t trim, d *dice.Dice) {
	w := b.width / 2
	s.endPatch(m, t.plastic, true, -w-0.2, w+0.2, b.sill+0.01, b.sill+d.Range(0.1, 0.17), 0)
	if b.screen-b.sill > 0.6 {
		g := d.Range(0.3, 0.55) * w
		z := b.screen - d.Range(0.14, 0.2)
		s.endPatch(m, t.grille, true, -g, g, z-d.Range(0.05, 0.12), z, 0)
	}
	s.above().pairPatch(m, t.head, true, 0.6*w, float64(0.6*w)+0.12, b.sill+0.03, b.sill+0.1, 0)
}

// saloon adds what is seen through the side windows: rows of seats, people on
// some of them, and daylight from the other side above.
func (b *boxBody) saloon(m *mesh.Mesh, s *shell, d *dice.Dice) {
	high := b.head - b.belt
	cloth := dice.Of(d, mesh.Color{R: 0.03, G: 0.06, B: 0.16}, mesh.Color{R: 0.14, G: 0.02, B: 0.03}, grey(0.08), mesh.Color{R: 0.03, G: 0.10, B: 0.08})
	seat := m.Material(mesh.Material{Albedo: cloth, Gloss: 0.1, Clarity: 0.2, Glow: cloth})
	day := m.Material(mesh.Material{Albedo: grey(d.Range(0.06, 0.16)), Gloss: 0.1, Clarity: 0.2, Glow: mesh.Color{R: 0.6, G: 0.55, B: 0.42}})
	coat := m.Material(mesh.Material{Albedo: dice.Of(d, grey(0.2), mesh.Color{R: 0.2, G: 0.05, B: 0.04}, grey(0.03), mesh.Color{R: 0.05, G: 0.09, B: 0.2}), Clarity: 0.2})
	skin := m.Material(mesh.Material{Albedo: mesh.Color{R: 0.22, G: 0.14, B: 0.10}.Mul(d.Range(0.3, 1.2)), Clarity: 0.2})
	edges := append([]float64{b.glassFrom}, b.posts...)
	edges = append(edges, b.glassTo)
	for i := range len(edges) - 1 {
		from, to := edges[i]+b.post/2+0.03, edges[i+1]-b.post/2-0.03
		if to-from < 0.4 || b.atDoor(from) || b.atDoor(to) {
			continue
		}
		x0, x1 := b.front-to, b.front-from
		s.sidePatch(m, day, x0+0.08, x1-0.08, b.belt+float64(0.42*high), b.head-float64(0.12*high))
		s.sidePatch(m, seat, x0+0.1, x0+0.1+float64(0.4*(x1-x0)), b.belt+0.03, b.belt+float64(0.34*high))
		if d.Chance(0.6) {
			x := x0 + float64(d.Range(0.45, 0.7)*(x1-x0))
			up := s.above()
			up.sidePatch(m, coat, x-0.2, x+0.2, b.belt+0.02, b.belt+float64(0.36*high))
			up.sidePatch(m, skin, x-0.09, x+0.09, b.belt+float64(0.36*high), b.belt+float64(0.62*high))
		}
	}
}

// atDoor tells whether a distance from the front is within a door.
func (b *boxBody) atDoor(at float64) bool {
	for _, p := range b.doors {
		if at > p-0.1 && at < p+doorEdges[len(doorEdges)-1]+0.1 {
			return true
		}
	}
	return false
}
