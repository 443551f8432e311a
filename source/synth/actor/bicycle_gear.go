package actor

import (
	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// equip adds what a city bicycle carries: mudguards, a rack, a basket, a
// child's seat, panniers.
func (b *bicycle) equip(d *dice.Dice, paint, metal mesh.Material) {
	m := &b.frame
	p, s := m.Material(paint), m.Material(metal)
	mudguard(m, p, b.rear, b.radius+0.018, 0.028, -1.9, 0.5)
	fp := b.steer.Material(paint)
	mudguard(&b.steer, fp, b.front, b.radius+0.018, 0.028, -1.5, 0.35)
	rack := b.rear.Add(mesh.V(-0.02, 0, b.radius+0.07))
	for _, y := range sideSign {
		rod(m, s, rack.Add(mesh.V(0.22, y*0.05, 0.01)), rack.Add(mesh.V(-0.18, y*0.06, 0)), 0.007, 0.007, 5)
		rod(m, s, rack.Add(mesh.V(-0.08, y*0.06, 0)), b.rear.Add(mesh.V(0, y*0.06, 0)), 0.006, 0.006, 5)
	}
	for _, x := range []float64{-0.18, -0.08, 0.02, 0.12} {
		rod(m, s, rack.Add(mesh.V(x, -0.06, 0)), rack.Add(mesh.V(x, 0.06, 0)), 0.006, 0.006, 4)
	}
	if d.Chance(0.35) {
		b.basket(d)
	}
	switch d.Pick(5, 1.2, 2) {
	case 1:
		b.childSeat(d, rack)
	case 2:
		cloth := m.Material(cloth(d, 3, 1, 0, 2))
		for _, y := range sideSign {
			x, z := rack.X, rack.Z-0.17
			hull(m, cloth, y*0.14, 0.5, slice{x - 0.20, z, 0.05, 0.12}, slice{x - 0.17, z, 0.065, 0.16}, slice{x + 0.10, z, 0.065, 0.16}, slice{x + 0.13, z, 0.05, 0.12})
		}
	}
}

// basket hangs before the handlebar and turns with it.
func (b *bicycle) basket(d *dice.Dice) {
	m := &b.steer
	weave := m.Material(mesh.Material{Albedo: dyed(d, dice.Of(d, drab, leather, darkCloth))})
	inside := m.Material(mesh.Material{Albedo: m.Materials[weave].Albedo.Mul(0.4), Shade: 0.5})
	lo, hi := b.bar.Add(mesh.V(0.06, -0.17, -0.26)), b.bar.Add(mesh.V(0.34, 0.17, -0.02))
	m.Loft(weave, [][]mesh.Vec{
		{mesh.V(hi.X-0.04, lo.Y+0.03, lo.Z), mesh.V(hi.X-0.04, hi.Y-0.03, lo.Z), mesh.V(lo.X+0.02, hi.Y-0.03, lo.Z), mesh.V(lo.X+0.02, lo.Y+0.03, lo.Z)},
		{mesh.V(hi.X, lo.Y, hi.Z), mesh.V(hi.X, hi.Y, hi.Z), mesh.V(lo.X, hi.Y, hi.Z), mesh.V(lo.X, lo.Y, hi.Z)},
	})
	m.Polygon(inside, mesh.V(hi.X-0.02, lo.Y+0.02, hi.Z+0.002), mesh.V(hi.X-0.02, hi.Y-0.02, hi.Z+0.002), mesh.V(lo.X+0.02, hi.Y-0.02, hi.Z+0.002), mesh.V(lo.X+0.02, lo.Y+0.02, hi.Z+0.002))
}

// childSeat stands on the rack.
func (b *bicycle) childSeat(d *dice.Dice, rack mesh.Vec) {
	m := &b.frame
	shell := m.Material(mesh.Material{Albedo: dyed(d, dice.Of(d, darkCloth, mutedCloth, vividCloth)), Gloss: 0.2})
	x, z := rack.X, rack.Z
	hull(m, shell, 0, 0.6, slice{x - 0.22, z + 0.10, 0.12, 0.05}, slice{x, z + 0.09, 0.15, 0.05}, slice{x + 0.13, z + 0.10, 0.13, 0.03})
	hull(m, shell, 0, 0.7, slice{x - 0.26, z + 0.36, 0.12, 0.22}, slice{x - 0.23, z + 0.34, 0.15, 0.27}, slice{x - 0.19, z + 0.33, 0.14, 0.25})
	for _, y := range sideSign {
		hull(m, shell, y*0.15, 0.7, slice{x - 0.22, z + 0.22, 0.02, 0.14}, slice{x - 0.05, z + 0.17, 0.02, 0.09}, slice{x + 0.06, z + 0.13, 0.015, 0.04})
		rod(m, shell, mesh.V(x+0.10, y*0.13, z+0.08), mesh.V(x+0.16, y*0.15, z-0.22), 0.05, 0.04, 7)
	}
}
