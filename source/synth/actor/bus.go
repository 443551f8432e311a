package actor

import (
	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// NewBus makes a bus: a city bus, a coach or a minibus.
func NewBus(d *dice.Dice) Actor {
	switch d.Pick(6, 3, 1) {
	case 0:
		return newCityBus(d)
	case 1:
		return newCoach(d)
	}
	return newMinibus(d)
}

// busPaint draws the colours of an operator.
func busPaint(d *dice.Dice) mesh.Color {
	switch d.Pick(5, 4, 3, 3, 2, 2, 1) {
	case 0:
		return grey(0.72)
	case 1:
		return mesh.Color{R: 0.50, G: 0.02, B: 0.02}
	case 2:
		return mesh.Color{R: 0.72, G: 0.46, B: 0.02}
	case 3:
		return mesh.Color{R: 0.03, G: 0.12, B: 0.40}
	case 4:
		return mesh.Color{R: 0.04, G: 0.30, B: 0.12}
	case 5:
		return mesh.Color{R: 0.05, G: 0.36, B: 0.45}
	}
	return mesh.Color{R: 0.60, G: 0.20, B: 0.02}
}

// newCityBus makes a low bus with wide windows, doors and a display.
func newCityBus(d *dice.Dice) Actor {
	l := d.Range(9.2, 12.2)
	b := &boxBody{
		front: l / 2, length: l, width: d.Range(2.42, 2.55), height: d.Range(2.85, 3.15),
		sill: 0.30, belt: d.Range(1.02, 1.25), screen: d.Range(0.85, 1.05), rake: d.Range(0.05, 0.25), bow: d.Range(0.10, 0.28),
		wheel: 0.48, axles: []float64{2.65, l - d.Range(2.8, 3.4)}, post: 0.07,
		glassFrom: 0.16, glassTo: l - d.Range(0.3, 0.9), rearGlass: d.Chance(0.75), paintedPosts: d.Chance(0.25),
	}
	b.head = b.height - d.Range(0.52, 0.66)
	b.windows(d.Range(1.25, 1.75))
	b.doors, b.doorsLeft = []float64{0.3, blend(b.axles[0], b.axles[1], 0.45)}, d.Chance(0.25)
	v, m, t, s := b.start(d, Bus)
	b.display(m, s, d)
	if d.Chance(0.6) {
		x := d.Range(-0.2, 0.2) * l
		m.Box(t.paint, mesh.V(x-1.2, -0.8, b.height-0.06), mesh.V(x+1.2, 0.8, b.height+0.2))
	}
	return v.finish(m)
}

// newCoach makes a tall bus for long distances.
func newCoach(d *dice.Dice) Actor {
	l := d.Range(10, 12.5)
	b := &boxBody{
		front: l / 2, length: l, width: 2.55, height: d.Range(3.3, 3.75),
		sill: 0.32, belt: d.Range(1.65, 1.9), screen: d.Range(0.95, 1.2), rake: d.Range(0.35, 0.7), bow: d.Range(0.18, 0.3),
		wheel: 0.52, axles: []float64{2.7, l - d.Range(3, 3.6)}, post: 0.06,
		glassFrom: 0.3, glassTo: l - d.Range(0.2, 0.8), rearGlass: d.Chance(0.6),
	}
	b.head = b.height - d.Range(0.45, 0.6)
	b.windows(d.Range(1.5, 2))
	b.doors, b.doorsLeft = []float64{0.4}, d.Chance(0.25)
	v, m, _, _ := b.start(d, Bus)
	return v.finish(m)
}

// newMinibus makes a van with windows all round.
func newMinibus(d *dice.Dice) Actor {
	style := van
	v := &vehicle{class: Bus}
	var m mesh.Mesh
	c := style.shape(d)
	t := newTrim(&m, d, busPaint(d))
	v.brakes = []int32{t.tail}
	buildCar(&m, c, t, d, d.Chance(0.5))
	v.wheelsOf(c, newWheelStyle(d, c.wheel, c.tyre))
	return v.finish(&m)
}

// windows spaces posts evenly, about step apart.
func (b *boxBody) windows(step float64) {
	n := int((b.glassTo - b.glassFrom - 1) / step)
	for i := range n {
		b.posts = append(b.posts, b.glassFrom+1+float64((b.glassTo-b.glassFrom-1)*float64(i)/float64(n)))
	}
}

// start makes the vehicle with body, lamps, wheels and mirrors.
func (b *boxBody) start(d *dice.Dice, class Class) (*vehicle, *mesh.Mesh, trim, *shell) {
	v := &vehicle{class: class}
	m := &mesh.Mesh{}
	paint := busPaint(d)
	t := newTrim(m, d, paint)
	v.brakes = []int32{t.tail}
	if d.Chance(0.45) {
		b.skirtSecond = true
		second := dice.Of(d, busPaint(d), grey(0.75), grey(0.05), paint.Mul(0.5))
		t.second = m.Material(mesh.Material{Albedo: second, Gloss: gloss})
	}
	s := b.build(m, t)
	b.lamps(m, s, t, d)
	b.face(m, s, t, d)
	b.cabin(m, s, t, d)
	b.saloon(m, s, d)
	b.tail(m, s, t, d)
	b.mirrors(m, t)
	beneath(m, t.under, b.front-b.length+0.35, b.front-0.35, b.width/2-0.4, b.width/2-0.12, 0.25, b.wheel*2.1)
	w := newWheel(wheelStyle{radius: b.wheel, width: 0.3, rim: 0.6, spokes: 6, disc: true, metal: mesh.Material{Albedo: grey(d.Range(0.2, 0.5)), Gloss: 0.3}})
	for i, at := range b.axles {
		v.axle(w, b.front-at, b.width/2-0.19, b.wheel, i == 0)
	}
	return v, m, t, s
}

// display adds the lit line number over the windscreen.
func (b *boxBody) display(m *mesh.Mesh, s *shell, d *dice.Dice) {
	lit := dice.Of(d, mesh.Color{R: 0.9, G: 0.42, B: 0.03}, mesh.Color{R: 0.8, G: 0.75, B: 0.6}, mesh.Color{R: 0.75, G: 0.65, B: 0.1})
	on := m.Material(mesh.Material{Albedo: grey(0.03), Signal: lit})
	z0, z1 := b.head+0.08, b.height-0.22
	if z1 < z0+0.06 {
		return
	}
	for x := -0.7; x < 0.65; {
		w := d.Range(0.05, 0.16)
		s.endPatch(m, on, true, x, x+w, z0, z1, 0)
		x += w + d.Range(0.03, 0.08)
	}
}

// tail adds the rear's lamps, plate and engine grille.
func (b *boxBody) tail(m *mesh.Mesh, s *shell, t trim, d *dice.Dice) {
	w := b.width / 2
	z := d.Range(0.75, 1.0)
	lamp := d.Range(0.3, 0.6)
	s.pairPatch(m, t.tail, false, 0.8*w, w+0.03, z, z+lamp, 0)
	s.pairPatch(m, t.indicator, false, 0.8*w, w+0.03, z+lamp+0.03, z+lamp+0.15, 0)
	s.endPatch(m, t.plastic, false, -w-0.2, w+0.2, b.sill+0.01, b.sill+0.2, 0)
	s.endPatch(m, t.grille, false, -0.55*w, 0.55*w, 0.6, 0.85, 0)
	s.endPatch(m, t.seam, false, -0.7*w, 0.7*w, b.belt-0.08, b.belt-0.05, 0)
	s.pairPatch(m, t.seam, false, 0.7*w, float64(0.7*w)+0.03, 0.6, b.belt-0.05, 0)
	s.pairPatch(m, t.tail, false, 0.75*w, 0.88*w, b.height-0.32, b.height-0.24, 0)
	if b.rearGlass {
		day := m.Material(mesh.Material{Albedo: grey(d.Range(0.05, 0.13)), Clarity: 0.2, Glow: mesh.Color{R: 0.5, G: 0.45, B: 0.35}})
		high := b.head - b.belt
		s.pairPatch(m, day, false, 0.12*w, 0.55*w, b.belt+float64(0.45*high), b.head-float64(0.1*high), 0)
	} else if d.Chance(0.6) { // a poster
		poster := m.Material(mesh.Material{Albedo: busPaint(d), Gloss: 0.2})
		s.endPatch(m, poster, false, -0.7*w, 0.7*w, b.belt+0.05, b.head, 0)
	}
	x := b.front - b.length
	m.Box(t.rearSign, mesh.V(x-0.03, -0.26, 0.95), mesh.V(x+0.05, 0.26, 1.06))
}

// mirrors adds the ears at the front's corners.
func (b *boxBody) mirrors(m *mesh.Mesh, t trim) {
	for _, side := range [2]float64{1, -1} {
		y := side * (b.width/2 + 0.13)
		z := b.head - 0.25
		m.Box(t.pillar, mesh.V(b.front-0.12, y-0.1, z-0.2), mesh.V(b.front+0.02, y+0.1, z+0.2))
		m.Limb(t.pillar, mesh.V(b.front-0.2, side*(b.width/2-0.1), b.head+0.1), mesh.V(b.front-0.05, y, z+0.2), 0.03, 0.03, 4)
	}
}
