package actor

import (
	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// engine adds a block with cylinders between the wheels; the frame that holds
// it goes up to the steering.
func (b *motorcycle) engine(c *coats) {
	m := &b.body
	black, grey := m.Material(c.black), m.Material(mesh.Material{Albedo: tint(0x55585c), Gloss: 0.5})
	hull(m, grey, 0, 0.6, slice{-0.20, 0.36, 0.13, 0.10}, slice{-0.12, 0.38, 0.17, 0.14}, slice{0.10, 0.36, 0.17, 0.13}, slice{0.20, 0.34, 0.13, 0.08})
	hull(m, black, 0, 0.6, slice{0.00, 0.56, 0.13, 0.10}, slice{0.08, 0.57, 0.15, 0.14}, slice{0.20, 0.54, 0.14, 0.11})
	hull(m, black, 0, 0.6, slice{-0.42, 0.68, 0.07, 0.06}, slice{-0.26, 0.63, 0.11, 0.12}, slice{-0.06, 0.66, 0.11, 0.12}, slice{0.04, 0.70, 0.09, 0.08})
	m.Box(black, mesh.V(0.24, -0.15, 0.44), mesh.V(0.275, 0.15, 0.74)) // radiator
	for i := range 4 {                                                 // fins, clutch and generator covers
		z := 0.51 + float64(0.045*float64(i))
		m.Box(grey, mesh.V(0.01, -0.155, z), mesh.V(0.19, 0.155, z+0.015))
	}
	m.Cylinder(grey, mesh.V(-0.06, -0.185, 0.36), mesh.V(-0.06, 0.185, 0.36), 0.085, 12)
	for _, y := range sideSign {
		rod(m, black, mesh.V(-0.22, y*0.13, 0.42), b.headLow.Add(mesh.V(-0.10, y*0.05, 0.10)), 0.028, 0.028, 7)
		rod(m, black, mesh.V(-0.18, y*0.10, 0.42), b.rear.Add(mesh.V(0, y*0.10, 0)), 0.030, 0.026, 7)
		rod(m, grey, mesh.V(-0.26, y*0.14, 0.50), mesh.V(-0.52, y*0.11, 0.74), 0.018, 0.016, 6)
		rod(m, black, b.peg.Add(mesh.V(-0.02, -b.peg.Y+float64(y*0.12), -0.015)), b.peg.Add(mesh.V(-0.02, -b.peg.Y+float64(y*0.26), -0.015)), 0.014, 0.014, 5)
	}
	rod(m, grey, mesh.V(-0.28, 0, 0.52), b.rear.Add(mesh.V(0.16, 0, 0.06)), 0.035, 0.03, 7)
}

// frameNaked is the usual motorcycle, sometimes with a screen and cases.
func (b *motorcycle) frameNaked(d *dice.Dice) {
	c := newCoats(d)
	b.chassis(d.Range(1.40, 1.48), 0.315, 0.305, 0.066, 0.052, 0.42)
	b.grip, b.peg, b.seat, b.lean = mesh.V(0.27, 0.36, 1.05), mesh.V(-0.16, 0.22, 0.36), mesh.V(-0.24, 0, 0.80), 0.26
	b.wheels(dice.Of(d, c.black, c.metal, c.black), 5)
	b.engine(&c)
	m := &b.body
	paint, seat := m.Material(c.paint), m.Material(c.seat)
	hull(m, paint, 0, 0.75, slice{-0.12, 0.82, 0.07, 0.05}, slice{-0.04, 0.86, 0.12, 0.10}, slice{0.12, 0.89, 0.165, 0.13}, slice{0.28, 0.88, 0.15, 0.11}, slice{0.38, 0.86, 0.08, 0.06})
	hull(m, seat, 0, 0.7, slice{-0.72, 0.87, 0.08, 0.025}, slice{-0.55, 0.85, 0.12, 0.045}, slice{-0.40, 0.80, 0.14, 0.045}, slice{-0.22, 0.765, 0.13, 0.045}, slice{-0.06, 0.79, 0.09, 0.04})
	hull(m, paint, 0, 0.7, slice{-0.82, 0.85, 0.04, 0.03}, slice{-0.66, 0.80, 0.10, 0.05}, slice{-0.42, 0.73, 0.12, 0.05}, slice{-0.25, 0.68, 0.11, 0.06})
	b.fork(&c, 0.026)
	b.fender(&b.steer, 1, dice.Of(d, c.paint, c.black), -0.9, 0.35)
	b.fender(m, 0, c.black, -0.9, 0.25)
	b.bars(&c, mesh.V(0.36, 0, 1.00), 0.13)
	headlight(&b.steer, mesh.V(0.50, 0, 0.90), mesh.V(0.09, 0.105, 0.105), c.black)
	b.pipe(&c, 0.055, mesh.V(0.18, -0.12, 0.50), mesh.V(0.22, -0.13, 0.26), mesh.V(-0.18, -0.16, 0.24), mesh.V(-0.72, -0.19, 0.40))
	b.lights(mesh.V(-0.84, 0, 0.83))
	if d.Chance(0.35) {
		b.tour(d, &c)
	}
}

// tour adds a screen and cases for luggage.
func (b *motorcycle) tour(d *dice.Dice, c *coats) {
	m := &b.body
	box := m.Material(dice.Of(d, c.black, c.paint, c.metal))
	for _, y := range sideSign {
		hull(m, box, y*0.30, 0.5, slice{-0.92, 0.62, 0.09, 0.15}, slice{-0.86, 0.62, 0.12, 0.18}, slice{-0.50, 0.62, 0.12, 0.18}, slice{-0.45, 0.62, 0.08, 0.14})
	}
	if d.Chance(0.6) {
		hull(m, box, 0, 0.55, slice{-1.02, 1.02, 0.15, 0.10}, slice{-0.96, 1.03, 0.20, 0.14}, slice{-0.66, 1.03, 0.20, 0.14}, slice{-0.60, 1.01, 0.15, 0.10})
	}
	b.screen(mesh.V(0.50, 0, 1.00), 0.34, 0.17)
}

// screen adds a windscreen that leans back from its foot.
func (b *motorcycle) screen(foot mesh.Vec, high, half float64) {
	m := &b.steer
	glass := m.Material(mesh.Material{Albedo: tint(0x3a4046), Gloss: 0.9, Clarity: 0.6})
	var rows [2][5]mesh.Vec
	for i := range rows {
		for j := range rows[i] {
			t := float64(j)/2 - 1
			narrow := 1 - float64(0.25*float64(i))
			rows[i][j] = foot.Add(mesh.V(float64(-0.10*t*t)-float64(0.45*high*float64(i)), t*half*narrow, high*float64(i)*(1-float64(0.15*t*t))))
		}
	}
	for j := range 4 {
		a, e, f, g := rows[0][j], rows[0][j+1], rows[1][j+1], rows[1][j]
		m.Polygon(glass, a, e, f, g)
		m.Polygon(glass, g, f, e, a)
	}
}

// frameSport has a fairing and low bars.
func (b *motorcycle) frameSport(d *dice.Dice) {
	c := newCoats(d)
	b.chassis(d.Range(1.36, 1.42), 0.315, 0.300, 0.070, 0.052, 0.41)
	b.grip, b.peg, b.seat, b.lean = mesh.V(0.36, 0.31, 0.90), mesh.V(-0.30, 0.20, 0.42), mesh.V(-0.30, 0, 0.82), 0.66
	b.wheels(c.black, 6)
	b.engine(&c)
	m := &b.body
	paint, second, seat := m.Material(c.paint), m.Material(c.second), m.Material(c.seat)
	hull(m, paint, 0, 0.75, slice{-0.14, 0.80, 0.08, 0.05}, slice{-0.04, 0.85, 0.13, 0.10}, slice{0.12, 0.89, 0.17, 0.12}, slice{0.28, 0.88, 0.16, 0.09}, slice{0.38, 0.86, 0.09, 0.05})
	hull(m, seat, 0, 0.7, slice{-0.50, 0.83, 0.11, 0.03}, slice{-0.30, 0.79, 0.13, 0.04}, slice{-0.10, 0.78, 0.09, 0.04})
	hull(m, paint, 0, 0.65, slice{-0.90, 0.96, 0.03, 0.02}, slice{-0.76, 0.92, 0.09, 0.05}, slice{-0.52, 0.84, 0.13, 0.06}, slice{-0.28, 0.74, 0.12, 0.06})
	// The fairing with its belly pan, and the ducts in its flanks.
	hull(m, paint, 0, 0.7, slice{-0.18, 0.33, 0.09, 0.06}, slice{-0.06, 0.37, 0.17, 0.13}, slice{0.08, 0.45, 0.20, 0.22}, slice{0.22, 0.54, 0.205, 0.27},
		slice{0.36, 0.67, 0.20, 0.24}, slice{0.48, 0.78, 0.18, 0.18}, slice{0.60, 0.84, 0.15, 0.12}, slice{0.70, 0.85, 0.09, 0.07}, slice{0.76, 0.84, 0.03, 0.03})
	hull(m, second, 0, 0.7, slice{-0.20, 0.27, 0.10, 0.05}, slice{-0.02, 0.28, 0.19, 0.07}, slice{0.18, 0.34, 0.20, 0.09}, slice{0.28, 0.42, 0.12, 0.07})
	duct := m.Material(c.black)
	hull(m, duct, 0, 0.6, slice{-0.04, 0.52, 0.17, 0.04}, slice{0.06, 0.54, 0.212, 0.07}, slice{0.20, 0.60, 0.217, 0.06}, slice{0.30, 0.66, 0.18, 0.03})
	b.fork(&c, 0.028)
	b.fender(&b.steer, 1, c.paint, -0.9, 0.4)
	b.fender(m, 0, c.black, -0.6, 0.5)
	b.bars(&c, mesh.V(0.38, 0, 0.88), 0)
	black := m.Material(c.black)
	for _, y := range sideSign { // mirrors on the fairing
		rod(m, black, mesh.V(0.54, y*0.14, 0.93), mesh.V(0.52, y*0.30, 1.00), 0.010, 0.010, 5)
		m.Ellipsoid(paint, mesh.V(0.52, y*0.34, 1.01), mesh.V(0.03, 0.075, 0.035), 5, 8)
	}
	for _, y := range sideSign {
		headlight(m, mesh.V(0.675, y*0.065, 0.845), mesh.V(0.07, 0.05, 0.045), c.black)
	}
	b.screen(mesh.V(0.58, 0, 0.92), 0.20, 0.13)
	b.pipe(&c, 0.055, mesh.V(0.10, -0.12, 0.24), mesh.V(-0.20, -0.16, 0.28), mesh.V(-0.62, -0.20, 0.50))
	b.lights(mesh.V(-0.90, 0, 0.93))
}

// frameCruiser is long and low.
func (b *motorcycle) frameCruiser(d *dice.Dice) {
	c := newCoats(d)
	b.chassis(d.Range(1.60, 1.70), 0.325, 0.345, 0.075, 0.052, 0.55)
	b.grip, b.peg, b.seat, b.lean = mesh.V(0.12, 0.40, d.Range(1.05, 1.18)), mesh.V(0.30, 0.27, 0.34), mesh.V(-0.32, 0, 0.69), -0.02
	b.wheels(c.metal, dice.Of(d, 20, 7))
	b.engine(&c)
	m := &b.body
	paint, seat, metal := m.Material(c.paint), m.Material(c.seat), m.Material(c.metal)
	for _, tilt := range []float64{-0.35, 0.35} { // cylinders of a V
		foot := mesh.V(0.02+float64(0.10*tilt), 0, 0.42)
		rod(m, metal, foot, foot.Add(mesh.V(0.24*tilt/0.35*0.5, 0, 0.24)), 0.085, 0.080, 10)
	}
	hull(m, paint, 0, 0.85, slice{-0.20, 0.74, 0.05, 0.03}, slice{-0.08, 0.77, 0.12, 0.07}, slice{0.10, 0.80, 0.165, 0.10}, slice{0.28, 0.83, 0.14, 0.09}, slice{0.40, 0.84, 0.06, 0.05})
	hull(m, seat, 0, 0.75, slice{-0.86, 0.78, 0.09, 0.03}, slice{-0.64, 0.75, 0.13, 0.05}, slice{-0.48, 0.67, 0.16, 0.05}, slice{-0.30, 0.65, 0.16, 0.045}, slice{-0.12, 0.69, 0.10, 0.04})
	b.fork(&c, 0.028)
	b.fender(&b.steer, 1, c.paint, -1.1, 0.6)
	b.fender(m, 0, c.paint, -1.5, 0.5)
	b.bars(&c, mesh.V(0.34, 0, 0.98), 0.12)
	headlight(&b.steer, mesh.V(0.52, 0, 0.88), mesh.V(0.11, 0.105, 0.105), c.metal)
	for _, z := range []float64{0.30, 0.40} {
		b.pipe(&c, 0.045, mesh.V(0.10, -0.12, 0.55), mesh.V(0.18, -0.19, z+0.04), mesh.V(-0.10, -0.21, z), mesh.V(-0.95, -0.21, z))
	}
	b.lights(mesh.V(-1.16, 0, 0.62))
	if d.Chance(0.5) {
		bag := m.Material(c.seat)
		for _, y := range sideSign {
			hull(m, bag, y*0.25, 0.6, slice{-1.06, 0.58, 0.06, 0.12}, slice{-1.00, 0.57, 0.09, 0.15}, slice{-0.66, 0.57, 0.09, 0.15}, slice{-0.60, 0.58, 0.06, 0.12})
		}
	}
}
