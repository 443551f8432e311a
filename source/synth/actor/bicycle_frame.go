package actor

import (
	"math"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// bicycleKind is what a bicycle is built for.
type bicycleKind uint8

const (
	cityBicycle bicycleKind = iota
	mountainBicycle
	racingBicycle
)

// bicycle is a bicycle's geometry, metres in its own axes, and its meshes.
type bicycle struct {
	kind         bicycleKind
	radius       float64 // of the wheels
	tyre         float64 // radius of the tyres' section
	rear, front  mesh.Vec
	crankAt      mesh.Vec // bottom bracket
	crank        float64  // length of a crank
	saddle       mesh.Vec // its top's middle
	headLow, top mesh.Vec // ends of the steering tube
	bar          mesh.Vec // middle of the handlebar
	grip         mesh.Vec // left grip, steering straight
	gear         float64  // turns of the wheel for one of the cranks
	frame, steer mesh.Mesh
	wheel        mesh.Mesh
	cranks       mesh.Mesh
	pedal        mesh.Mesh
}

// newBicycle builds a bicycle whose saddle suits a rider with legs of the given
// length from hip joint to sole, metres.
func newBicycle(d *dice.Dice, leg float64) *bicycle {
	b := &bicycle{kind: bicycleKind(d.Pick(5, 3, 2)), crank: 0.17, gear: d.Range(2.2, 2.9)}
	k := leg / 0.90
	b.radius, b.tyre = d.Range(0.335, 0.355), 0.021
	switch b.kind {
	case mountainBicycle:
		b.tyre = 0.029
	case racingBicycle:
		b.radius, b.tyre = 0.335, 0.015
	case cityBicycle:
		if d.Chance(0.2) { // small wheels
			b.radius = d.Range(0.25, 0.3)
		}
	}
	base := 0.53 * (0.55 + float64(0.45*k))
	b.rear, b.front = mesh.V(-base+0.02, 0, b.radius), mesh.V(base+0.04, 0, b.radius)
	b.crankAt = mesh.V(-0.08, 0, 0.28)
	// The leg is nearly straight at the lower end of the pedal's turn.
	b.saddle = mesh.V(-0.08-float64(0.20*k), 0, b.crankAt.Z-b.crank+float64(0.95*leg)-0.10)
	tilt := 0.32
	b.headLow = mesh.V(b.front.X-0.05-float64(tilt*(b.radius+0.08)), 0, float64(2*b.radius)+0.07)
	if b.radius < 0.31 {
		b.headLow = mesh.V(b.front.X-0.07-float64(tilt*(b.radius+0.02)), 0, float64(2*b.radius)+0.06)
	}
	up := max(0.10, b.saddle.Z-0.02-b.headLow.Z)
	b.top = b.headLow.Add(mesh.V(-tilt*up, 0, up))
	b.handlebar(d)
	b.build(d)
	return b
}

// handlebar places bar and grips.
func (b *bicycle) handlebar(d *dice.Dice) {
	switch b.kind {
	case cityBicycle:
		b.bar = b.top.Add(mesh.V(0.03, 0, d.Range(0.10, 0.18)))
		b.grip = b.bar.Add(mesh.V(-d.Range(0.10, 0.2), d.Range(0.26, 0.31), 0.02))
	case mountainBicycle:
		b.bar = b.top.Add(mesh.V(0.07, 0, 0.06))
		b.grip = b.bar.Add(mesh.V(-0.04, 0.31, 0.02))
	case racingBicycle:
		b.bar = b.top.Add(mesh.V(0.10, 0, 0.02))
		b.grip = b.bar.Add(mesh.V(0.08, 0.21, 0.01))
	}
}

// build makes the meshes.
func (b *bicycle) build(d *dice.Dice) {
	paint := mesh.Material{Albedo: dyed(d, dice.Of(d, darkCloth, darkCloth, vividCloth, vividCloth, paleCloth, mutedCloth)), Gloss: 0.6}
	metal := mesh.Material{Albedo: tint(0xa9acb0), Gloss: 0.7}
	black := mesh.Material{Albedo: tint(0x161618), Gloss: 0.2}
	rim := metal
	if b.kind != cityBicycle && d.Chance(0.6) {
		rim = black
	}
	wall := black
	if d.Chance(0.12) {
		wall.Albedo = tint(0x8a6a45)
	}
	spokes := 20
	spokedWheel(&b.wheel, b.radius, b.tyre, wall, rim, spokes)
	b.tubes(d, paint, metal, black)
	b.bars(paint, metal, black)
	b.drive(metal, black)
	b.lamps()
	if b.kind == cityBicycle {
		b.equip(d, paint, metal)
	}
	b.frame, b.steer = *weld(&b.frame), *weld(&b.steer)
}

// tubes adds the frame and the saddle.
func (b *bicycle) tubes(d *dice.Dice, paint, metal, black mesh.Material) {
	m := &b.frame
	p, s, k := m.Material(paint), m.Material(metal), m.Material(black)
	thick := 0.017
	if b.kind == mountainBicycle {
		thick = 0.021
	}
	down := 1.25 * thick
	if d.Chance(0.15) {
		down = 0.035 // with a motor's battery
	}
	seatDir := b.saddle.Sub(b.crankAt).Unit()
	seatTop := b.crankAt.Add(seatDir.Mul(0.62 * b.saddle.Sub(b.crankAt).Len()))
	rod(m, p, b.headLow, b.top, thick*1.15, thick*1.15, 8)
	rod(m, p, b.crankAt, b.headLow.Add(mesh.V(-0.01, 0, 0.03)), down, down, 8)
	rod(m, p, b.crankAt, seatTop, thick, thick, 8)
	if b.kind == cityBicycle && d.Chance(0.6) { // low step
		rod(m, p, b.crankAt.Lerp(seatTop, 0.35), b.headLow.Lerp(b.top, 0.45), thick, thick, 8)
	} else {
		rod(m, p, seatTop, b.top.Lerp(b.headLow, 0.12), thick, thick, 8)
	}
	for _, y := range sideSign {
		end := b.rear.Add(mesh.V(0, y*0.06, 0))
		rod(m, p, b.crankAt.Add(mesh.V(-0.04, y*0.03, 0)), end, 0.011, 0.011, 6)
		rod(m, p, seatTop.Add(mesh.V(0, y*0.02, -0.02)), end, 0.010, 0.010, 6)
	}
	rod(m, s, seatTop, b.saddle.Sub(mesh.V(0, 0, 0.05)), 0.014, 0.014, 7)
	wide := 0.085
	if b.kind == cityBicycle {
		wide = 0.11
	}
	at := b.saddle
	m.Ellipsoid(k, at.Add(mesh.V(-0.09, 0, -0.025)), mesh.V(0.09, wide, 0.035), 5, 10)
	rod(m, k, at.Add(mesh.V(-0.06, 0, -0.025)), at.Add(mesh.V(0.12, 0, -0.02)), 0.05, 0.024, 8)
}

// bars adds what turns with the front wheel but for the wheel: fork, stem and
// handlebar.
func (b *bicycle) bars(paint, metal, black mesh.Material) {
	m := &b.steer
	p, s, k := m.Material(paint), m.Material(metal), m.Material(black)
	fork, thick := p, 0.013
	if b.kind == mountainBicycle {
		fork, thick = k, 0.019
	}
	for _, y := range sideSign {
		crown := b.headLow.Add(mesh.V(0, y*0.05, -0.02))
		rod(m, fork, crown, b.front.Add(mesh.V(0, y*0.055, 0)), thick, 0.8*thick, 7)
		rod(m, fork, b.headLow, crown, thick, thick, 6)
	}
	rod(m, s, b.top, b.top.Add(mesh.V(0, 0, b.bar.Z-b.top.Z)), 0.014, 0.014, 6)
	rod(m, s, b.top.Add(mesh.V(0, 0, b.bar.Z-b.top.Z)), b.bar, 0.014, 0.014, 6)
	for _, y := range sideSign {
		g := mesh.V(b.grip.X, y*b.grip.Y, b.grip.Z)
		out := mesh.V(b.bar.X, y*0.8*b.grip.Y, b.bar.Z+0.01)
		switch b.kind {
		case racingBicycle:
			low := g.Add(mesh.V(0.02, 0, -0.10))
			rod(m, k, b.bar, mesh.V(b.bar.X, y*b.grip.Y, b.bar.Z), 0.015, 0.015, 6)
			rod(m, k, mesh.V(b.bar.X, y*b.grip.Y, b.bar.Z), g.Add(mesh.V(0.01, 0, 0)), 0.017, 0.017, 6)
			rod(m, k, g.Add(mesh.V(0.01, 0, 0.02)), low, 0.018, 0.015, 6)
			rod(m, k, low, low.Add(mesh.V(-0.13, 0, -0.03)), 0.015, 0.015, 6)
		case cityBicycle:
			rod(m, s, b.bar, out, 0.012, 0.012, 6)
			rod(m, s, out, g.Add(mesh.V(0.05, 0, 0)), 0.012, 0.012, 6)
			rod(m, k, g.Add(mesh.V(0.06, 0, 0)), g.Add(mesh.V(-0.05, y*0.01, 0)), 0.018, 0.018, 6)
		case mountainBicycle:
			rod(m, k, b.bar, g.Sub(mesh.V(0, y*0.06, 0)), 0.014, 0.014, 6)
			rod(m, k, g.Sub(mesh.V(0, y*0.07, 0)), g.Add(mesh.V(0, y*0.05, 0)), 0.018, 0.018, 6)
		}
	}
}

// drive adds cranks, chain wheel and the chain's two runs.
func (b *bicycle) drive(metal, black mesh.Material) {
	m := &b.cranks // about the origin; the left crank points down at angle 0
	s := m.Material(metal)
	k := m.Material(black)
	m.Cylinder(s, mesh.V(0, -0.052, 0), mesh.V(0, -0.046, 0), 0.085, 16)
	m.Cylinder(k, mesh.V(0, -0.054, 0), mesh.V(0, -0.044, 0), 0.05, 12)
	rod(m, s, mesh.V(0, 0.06, 0), mesh.V(0, 0.075, -b.crank), 0.012, 0.010, 6)
	rod(m, s, mesh.V(0, -0.06, 0), mesh.V(0, -0.075, b.crank), 0.012, 0.010, 6)
	rod(m, s, mesh.V(0, -0.06, 0), mesh.V(0, 0.06, 0), 0.018, 0.018, 6)
	pk := b.pedal.Material(black)
	b.pedal.Box(pk, mesh.V(-0.045, -0.05, -0.012), mesh.V(0.045, 0.05, 0.012))
	chain := b.frame.Material(mesh.Material{Albedo: tint(0x2a2826), Gloss: 0.3})
	for _, z := range sideSign {
		rod(&b.frame, chain, b.crankAt.Add(mesh.V(0, -0.05, z*0.08)), b.rear.Add(mesh.V(0, -0.05, z*0.04)), 0.005, 0.005, 4)
	}
	b.frame.Cylinder(chain, b.rear.Add(mesh.V(0, -0.06, 0)), b.rear.Add(mesh.V(0, -0.035, 0)), 0.045, 12)
}

// lamps adds a headlight and a red one at the back.
func (b *bicycle) lamps() {
	m := &b.steer
	white := m.Material(mesh.Material{Albedo: tint(0xe0e0dc), Gloss: 0.6, Glow: mesh.Color{R: 2.4, G: 2.3, B: 2}})
	m.Ellipsoid(white, b.headLow.Add(mesh.V(0.07, 0, 0.10)), mesh.V(0.03, 0.032, 0.032), 4, 8)
	red := b.frame.Material(mesh.Material{Albedo: tint(0xa01018), Gloss: 0.5, Glow: mesh.Color{R: 1.6, G: 0.05, B: 0.03}})
	b.frame.Ellipsoid(red, b.saddle.Add(mesh.V(-0.005, 0, -0.13)), mesh.V(0.03, 0.03, 0.025), 4, 6)
}

// crankTurn is the cranks' angle, forward, after a way of the wheels.
func (b *bicycle) crankTurn(travelled float64) float64 {
	return math.Mod(travelled/b.radius/b.gear, 2*math.Pi)
}
