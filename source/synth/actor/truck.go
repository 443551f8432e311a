package actor

import (
	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// van is a large van: with windows a minibus, with panels a delivery van.
var van = carStyle{
	length: span{5.3, 6.6}, width: span{1.96, 2.06}, height: span{2.35, 2.75}, sill: span{0.24, 0.30}, wheel: span{0.34, 0.37},
	frontAxle: 0.165, rearAxle: 0.80, cowl: 0.135, header: 0.235, headZ: 0.86, roofEnd: 0.975, base: 0.99,
	cowlZ: 0.49, noseZ: 0.40, beltZ: 0.475, baseZ: 0.46, tailZ: 0.42, glassEnd: 0.95, tumble: 0.93, doors: []float64{0.39, 0.57, 0.76},
}

// pickup has a cab for two rows and an open bed.
var pickup = carStyle{
	length: span{5.1, 5.6}, width: span{1.85, 2.0}, height: span{1.75, 1.9}, sill: span{0.34, 0.42}, wheel: span{0.38, 0.41},
	frontAxle: 0.175, rearAxle: 0.775, cowl: 0.255, header: 0.375, roofEnd: 0.60, base: 0.62,
	cowlZ: 0.685, noseZ: 0.585, beltZ: 0.655, baseZ: 0.68, tailZ: 0.65, glassEnd: 0.60, tumble: 0.80, doors: []float64{0.48}, clad: true,
}

// NewTruck makes a truck: with a box, a tipping or flat bed, a tank, as a
// tractor with its trailer, a delivery van or a pickup.
func NewTruck(d *dice.Dice) Actor {
	switch d.Pick(30, 10, 10, 8, 14, 18, 10) {
	case 0:
		return newRigid(d, boxLoad)
	case 1:
		return newRigid(d, tipperLoad)
	case 2:
		return newRigid(d, flatLoad)
	case 3:
		return newRigid(d, tankLoad)
	case 4:
		return newSemi(d)
	case 5:
		return newVan(d)
	}
	return newPickup(d)
}

// newVan makes a delivery van.
func newVan(d *dice.Dice) Actor {
	v := &vehicle{class: Truck}
	var m mesh.Mesh
	c := van.shape(d)
	c.blind = c.pillars[0]
	paint := grey(0.74)
	if d.Chance(0.4) {
		paint = carPaint(d)
	}
	t := newTrim(&m, d, paint)
	v.brakes = []int32{t.tail}
	s := buildCar(&m, c, t, d, d.Chance(0.6))
	rearDoors(&m, s, c, t, d)
	if d.Chance(0.5) {
		sign := m.Material(mesh.Material{Albedo: busPaint(d), Gloss: 0.4})
		half := c.length / 2
		s.sidePatch(&m, sign, half-float64(c.length*d.Range(0.75, 0.9)), half-float64(c.length*0.45), c.beltZ+0.1, c.beltZ+d.Range(0.4, 0.7))
	}
	v.wheelsOf(c, newWheelStyle(d, c.wheel, c.tyre))
	return v.finish(&m)
}

// rearDoors adds the gap between a van's rear doors, hinges and, to some,
// windows.
func rearDoors(m *mesh.Mesh, s *shell, c *carShape, t trim, d *dice.Dice) {
	// Above the rear wall of the shell the doors are its steep last panel.
	w := c.width / 2
	panel := func(mat int32, y0, y1, z0, z1, out float64) {
		sheet(m, mat, 1, 1, func(u, v float64) mesh.Vec {
			z := blend(z0, z1, v)
			at := blend(c.base, c.roofEnd, (z-c.baseZ)/(float64(c.height*0.955)-c.baseZ))
			return c.bow(mesh.V(c.length/2-at, blend(y1, y0, u), z)).Add(mesh.V(-out, 0, 0))
		})
	}
	panel(t.seam, -0.014, 0.014, c.baseZ, c.height*0.93, 0.03)
	s.endPatch(m, t.seam, false, -0.014, 0.014, c.sill+0.2, c.tailZ-0.01, 0)
	if d.Chance(0.6) {
		z0, z1 := c.baseZ+0.12, c.height*0.84
		panel(t.glass, 0.08, 0.68*w, z0, z1, 0.03)
		panel(t.glass, -0.68*w, -0.08, z0, z1, 0.03)
	}
}

// newPickup makes a pickup.
func newPickup(d *dice.Dice) Actor {
	v := &vehicle{class: Truck}
	var m mesh.Mesh
	c := pickup.shape(d)
	c.bed = true
	t := newTrim(&m, d, carPaint(d))
	v.brakes = []int32{t.tail}
	buildCar(&m, c, t, d, d.Chance(0.7))
	if d.Chance(0.35) {
		pile := m.Material(mesh.Material{Albedo: dice.Of(d, grey(0.2), mesh.Color{R: 0.3, G: 0.2, B: 0.1}, mesh.Color{R: 0.1, G: 0.2, B: 0.1})})
		x := c.length/2 - c.base
		m.Box(pile, mesh.V(x-d.Range(0.8, 1.3), -0.5, c.beltZ-0.4), mesh.V(x-0.2, 0.5, c.beltZ+d.Range(0.05, 0.4)))
	}
	v.wheelsOf(c, newWheelStyle(d, c.wheel, c.tyre))
	return v.finish(&m)
}
