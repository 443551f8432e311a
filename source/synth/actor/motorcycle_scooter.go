package actor

import (
	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// frameScooter has a step-through floor, a shield before the legs and small
// wheels; sometimes a box for deliveries.
func (b *motorcycle) frameScooter(d *dice.Dice) {
	c := newCoats(d)
	r := d.Range(0.225, 0.28)
	b.chassis(d.Range(1.24, 1.36), r, r+0.01, 0.052, 0.048, 0.44)
	b.grip, b.peg, b.seat, b.lean = mesh.V(0.28, 0.33, 1.02), mesh.V(0.20, 0.15, 0.33), mesh.V(-0.26, 0, 0.77), 0.06
	b.wheels(dice.Of(d, c.metal, c.black), 5)
	m := &b.body
	paint, black, seat := m.Material(c.paint), m.Material(c.black), m.Material(c.seat)
	back := b.rear.X
	// The body over the rear wheel and below the seat.
	hull(m, paint, 0, 0.75, slice{back - 0.36, 0.72, 0.04, 0.03}, slice{back - 0.26, 0.69, 0.11, 0.07}, slice{back - 0.05, 0.63, 0.16, 0.12},
		slice{-0.38, 0.57, 0.175, 0.165}, slice{-0.24, 0.50, 0.17, 0.20}, slice{-0.12, 0.44, 0.14, 0.19}, slice{-0.05, 0.40, 0.12, 0.13})
	hull(m, black, 0, 0.7, slice{-0.42, 0.42, 0.10, 0.05}, slice{-0.30, 0.36, 0.15, 0.09}, slice{-0.14, 0.31, 0.14, 0.07})
	hull(m, seat, 0, 0.7, slice{back - 0.30, 0.80, 0.06, 0.03}, slice{back - 0.18, 0.80, 0.13, 0.05}, slice{-0.40, 0.76, 0.16, 0.055}, slice{-0.20, 0.725, 0.15, 0.05}, slice{-0.03, 0.71, 0.09, 0.04})
	hull(m, black, 0, 0.6, slice{-0.32, 0.27, 0.13, 0.05}, slice{-0.2, 0.27, 0.17, 0.045}, slice{0.30, 0.28, 0.17, 0.04}, slice{0.40, 0.34, 0.15, 0.05})
	hull(m, paint, 0, 0.6, slice{-0.22, 0.24, 0.175, 0.03}, slice{0.28, 0.25, 0.175, 0.03})
	b.shield(paint, black)
	// Engine and exhaust beside the rear wheel.
	rod(m, black, mesh.V(-0.30, 0.13, 0.26), b.rear.Add(mesh.V(0, 0.13, 0)), 0.075, 0.085, 8)
	b.pipe(&c, 0.055, mesh.V(-0.25, -0.12, 0.22), mesh.V(back+0.1, -0.16, 0.24), mesh.V(back-0.26, -0.17, 0.30))
	b.fork(&c, 0.02)
	b.fender(&b.steer, 1, c.paint, -1.2, 0.9)
	b.fender(m, 0, c.black, -1.3, 0)
	b.bars(&c, mesh.V(0.34, 0, 0.98), 0.15)
	sp := b.steer.Material(c.paint)
	hull(&b.steer, sp, 0, 0.8, slice{0.24, 1.00, 0.08, 0.03}, slice{0.30, 1.00, 0.17, 0.055}, slice{0.38, 0.99, 0.16, 0.065}, slice{0.45, 0.96, 0.09, 0.06})
	headlight(&b.steer, mesh.V(0.42, 0, 0.965), mesh.V(0.06, 0.075, 0.055), c.paint)
	b.lights(mesh.V(back-0.34, 0, 0.68))
	switch d.Pick(5, 2, 2) {
	case 1:
		box := m.Material(dice.Of(d, c.black, c.paint))
		hull(m, box, 0, 0.6, slice{back - 0.48, 0.98, 0.15, 0.10}, slice{back - 0.43, 0.98, 0.20, 0.13}, slice{back - 0.16, 0.98, 0.20, 0.13}, slice{back - 0.11, 0.97, 0.14, 0.10})
	case 2: // a courier's box
		box := m.Material(mesh.Material{Albedo: dyed(d, dice.Of(d, vividCloth, vividCloth, darkCloth)), Gloss: 0.1})
		m.Box(box, mesh.V(back-0.52, -0.23, 0.86), mesh.V(back-0.08, 0.23, 1.30))
	}
	if d.Chance(0.3) {
		b.screen(mesh.V(0.44, 0, 1.02), 0.36, 0.20)
	}
}

// shield adds the leg shield from the floor up to the steering: a sheet of some
// thickness that is rounded to the front.
func (b *motorcycle) shield(paint, inner int32) {
	m := &b.body
	const cols, rows = 6, 5
	at := func(i, j int, depth float64) mesh.Vec {
		t, u := float64(i)/rows, float64(j)/(cols/2)-1
		z := 0.27 + float64(0.64*t)
		half := 0.16 + float64(0.05*ease(0, 0.4, t)) - float64(0.12*ease(0.5, 1, t))
		x := 0.42 - float64(0.10*t) + float64(0.03*(1-t)*(1-t))
		return mesh.V(x+float64(0.09*(1-float64(u*u))*ease(-0.2, 0.5, t))+depth, u*half, z)
	}
	front, back := len(m.Triangles), 0
	for i := range rows {
		for j := range cols {
			m.Polygon(paint, at(i, j, 0), at(i, j+1, 0), at(i+1, j+1, 0), at(i+1, j, 0))
		}
	}
	m.Smooth(front, 1)
	back = len(m.Triangles)
	for i := range rows {
		for j := range cols {
			m.Polygon(inner, at(i, j+1, -0.03), at(i, j, -0.03), at(i+1, j, -0.03), at(i+1, j+1, -0.03))
		}
	}
	m.Smooth(back, 1)
	for i := range rows { // the rims
		m.Polygon(paint, at(i, 0, -0.03), at(i, 0, 0), at(i+1, 0, 0), at(i+1, 0, -0.03))
		m.Polygon(paint, at(i, cols, 0), at(i, cols, -0.03), at(i+1, cols, -0.03), at(i+1, cols, 0))
	}
	for j := range cols {
		m.Polygon(paint, at(rows, j, 0), at(rows, j+1, 0), at(rows, j+1, -0.03), at(rows, j, -0.03))
		m.Polygon(paint, at(0, j, -0.03), at(0, j+1, -0.03), at(0, j+1, 0), at(0, j, 0))
	}
}
