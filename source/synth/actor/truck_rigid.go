package actor

import (
	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// rig is a truck in the making: its frame runs along x with the front at
// length/2.
type rig struct {
	v              *vehicle
	m              *mesh.Mesh
	t              trim
	d              *dice.Dice
	front          float64 // x of the cab's front
	cab            *boxBody
	deck           float64 // height of the frame's top
	wheel          float64
	loadTo, loadAt float64 // rear and front ends of the load, x
	width          float64
}

// newRig makes cab and frame of a truck of a length.
func newRig(d *dice.Dice, l, cab, height float64) *rig {
	r := &rig{v: &vehicle{class: Truck}, m: &mesh.Mesh{}, d: d, front: l / 2, wheel: d.Range(0.46, 0.52), width: d.Range(2.3, 2.5)}
	paint := busPaint(d)
	if d.Chance(0.4) {
		paint = carPaint(d)
	}
	r.t = newTrim(r.m, d, paint)
	r.v.brakes = []int32{r.t.tail}
	r.deck = float64(r.wheel*2) + d.Range(0, 0.1)
	b := &boxBody{
		front: l / 2, length: cab, width: r.width - 0.06, height: height, sill: 0.42,
		belt: blend(r.deck, height, 0.36), wheel: r.wheel, axles: []float64{cab * d.Range(0.58, 0.66)},
		rake: d.Range(0.12, 0.32), bow: d.Range(0.10, 0.22), post: 0.05,
		glassFrom: 0.32, glassTo: min(1.35, cab-0.3),
	}
	b.screen = b.belt - d.Range(0, 0.12)
	b.head = min(b.belt+d.Range(0.75, 0.9), height-0.3)
	s := b.build(r.m, r.t)
	b.lamps(r.m, s, r.t, d)
	w := b.width / 2
	g := w * 0.7
	g0, g1 := b.sill+0.5, b.screen-d.Range(0.1, 0.25)
	s.endPatch(r.m, r.t.grille, true, -g, g, g0, g1, 0)
	bars := dice.Of(d, r.t.chrome, r.t.paint, r.t.plastic)
	for i := range 3 {
		z := blend(g0, g1, float64(i+1)/4)
		s.above().endPatch(r.m, bars, true, -g*0.95, g*0.95, z-0.02, z+0.02, 0)
	}
	s.endPatch(r.m, r.t.plastic, true, -g/0.7, g/0.7, b.sill+0.02, b.sill+0.16, 0)
	b.cabin(r.m, s, r.t, d)
	day := r.m.Material(mesh.Material{Albedo: grey(d.Range(0.05, 0.12)), Clarity: 0.2})
	s.sidePatch(r.m, day, b.front-b.glassTo+0.12, b.front-b.glassFrom-0.25, b.belt+0.3, b.head-0.06)
	s.sidePatch(r.m, r.t.seam, b.front-b.glassTo+0.05, b.front-b.glassTo+0.25, b.belt-0.2, b.belt-0.15)
	if d.Chance(0.5) { // a deflector on the roof
		r.m.Loft(r.t.paint, [][]mesh.Vec{
			ring(b.front-cab+0.05, 0.85*w, height-0.05, min(height+d.Range(0.3, 0.6), 4)),
			ring(b.front-0.6, 0.7*w, height-0.2, height-0.02),
		})
	}
	s.sidePatch(r.m, r.t.seam, b.front-b.glassTo-0.03, b.front-b.glassTo-0.01, b.arch(b.glassTo)+0.04, b.belt)
	b.mirrors(r.m, r.t)
	r.cab = b
	r.loadAt = l/2 - cab - d.Range(0.1, 0.25)
	r.loadTo = -l / 2
	return r
}

// ring is a rectangle across x, w to either side and from z0 to z1, wound to
// lead forwards.
func ring(x, w, z0, z1 float64) []mesh.Vec {
	return []mesh.Vec{mesh.V(x, -w, z0), mesh.V(x, w, z0), mesh.V(x, w, z1), mesh.V(x, -w, z1)}
}

// frame adds the beams, guards, fuel tank and rear end between the cab and x.
func (r *rig) frame(x0, x1 float64) {
	m, t := r.m, r.t
	m.Box(t.under, mesh.V(x0+0.1, -0.45, r.deck-0.32), mesh.V(x1, 0.45, r.deck))
	m.Box(t.under, mesh.V(x0+0.3, -0.8, 0.5), mesh.V(x1, 0.8, r.deck-0.1))
	w := r.width / 2
	// Bumper and lamps at the rear.
	m.Box(t.plastic, mesh.V(x0+0.02, -w+0.1, 0.55), mesh.V(x0+0.14, w-0.1, 0.72))
	for _, side := range [2]float64{1, -1} {
		y := side * (w - 0.3)
		m.Box(t.tail, mesh.V(x0, y-0.2, 0.78), mesh.V(x0+0.1, y+0.2, 0.94))
	}
	for _, side := range [2]float64{1, -1} {
		y := side * (w - 0.3)
		m.Box(t.plastic, mesh.V(x0+0.45, y-0.26, 0.22), mesh.V(x0+0.49, y+0.26, 0.8))
	}
	m.Box(t.rearSign, mesh.V(x0, -0.26, 0.74), mesh.V(x0+0.05, 0.26, 0.86))
}

// wheelsAt mounts axles; twin ones have double tyres.
func (r *rig) wheelsAt(steer float64, twin ...float64) {
	metal := mesh.Material{Albedo: grey(r.d.Range(0.15, 0.6)), Gloss: 0.3}
	single := newWheel(wheelStyle{radius: r.wheel, width: 0.3, rim: 0.58, disc: true, metal: metal})
	double := newWheel(wheelStyle{radius: r.wheel, width: 0.55, rim: 0.58, disc: true, metal: metal})
	w := r.width / 2
	r.v.axle(single, steer, w-0.18, r.wheel, true)
	for _, x := range twin {
		r.v.axle(double, x, w-0.29, r.wheel, false)
	}
}

// guards adds side boards between the axles.
func (r *rig) guards(x0, x1 float64) {
	w := r.width / 2
	for _, side := range [2]float64{1, -1} {
		y := side * (w - 0.06)
		for _, z := range [2]float64{0.55, 0.8} {
			r.m.Box(r.t.plastic, mesh.V(x0, y-0.02, z), mesh.V(x1, y+0.02, z+0.12))
		}
	}
}

// newRigid makes a truck on one frame with a load.
func newRigid(d *dice.Dice, load func(*rig)) Actor {
	l := d.Range(6.2, 9.5)
	heavy := l > 8
	height := d.Range(2.3, 2.6)
	if heavy {
		height = d.Range(2.7, 3.1)
	}
	r := newRig(d, l, d.Range(1.7, 2.1), height)
	r.frame(r.loadTo, r.front-0.6)
	rear := r.loadTo + d.Range(1.3, 1.9)
	axles := []float64{rear}
	if heavy && d.Chance(0.6) {
		axles = append(axles, rear+1.25)
	}
	r.wheelsAt(r.front-r.cab.axles[0], axles...)
	last := axles[len(axles)-1]
	if from, to := last+r.wheel+0.2, r.front-r.cab.length-0.1; to > from+0.5 {
		r.guards(from, to)
	}
	load(r)
	return r.v.finish(r.m)
}

// newSemi makes a tractor with a short trailer.
func newSemi(d *dice.Dice) Actor {
	l := d.Range(11.5, 15.5)
	r := newRig(d, l, d.Range(2.0, 2.35), d.Range(3.0, 3.7))
	tractor := r.front - d.Range(5.4, 5.9)
	r.frame(r.loadTo, r.front-0.6)
	axles := []float64{tractor + 0.95}
	for i := range 2 + d.Int(2) {
		axles = append(axles, r.loadTo+1.4+float64(1.3*float64(i)))
	}
	r.wheelsAt(r.front-r.cab.axles[0], axles...)
	if from, to := axles[len(axles)-1]+r.wheel+0.3, tractor-0.1; to > from+0.5 {
		r.guards(from, to)
	}
	r.loadAt -= d.Range(0.3, 0.7)
	r.deck += 0.12
	boxLoad(r)
	return r.v.finish(r.m)
}
