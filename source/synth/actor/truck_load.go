package actor

import (
	"math"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// boxLoad adds a closed box, often lettered, with doors at the rear.
func boxLoad(r *rig) {
	d, m := r.d, r.m
	color := grey(d.Range(0.6, 0.8))
	if d.Chance(0.4) {
		color = busPaint(d)
	}
	skin := m.Material(mesh.Material{Albedo: color, Gloss: 0.25})
	frame := m.Material(mesh.Material{Albedo: grey(d.Range(0.2, 0.6)), Gloss: 0.4})
	w, z0, z1 := r.width/2, r.deck, max(r.cab.height+d.Range(0, 0.6), r.deck+d.Range(2.0, 2.5))
	z1 = min(z1, 4)
	m.Box(skin, mesh.V(r.loadTo, -w, z0), mesh.V(r.loadAt, w, z1))
	// Rails along the edges, a hair proud of the panels.
	const e, p = 0.07, 0.012
	for _, x := range [2]float64{r.loadTo, r.loadAt} {
		m.Box(frame, mesh.V(x-p, -w-p, z0-0.05), mesh.V(x+p, w+p, z0+e))
		m.Box(frame, mesh.V(x-p, -w-p, z1-e), mesh.V(x+p, w+p, z1+p))
	}
	for _, side := range [2]float64{1, -1} {
		y := side * w
		m.Box(frame, mesh.V(r.loadTo, y-p, z0-0.08), mesh.V(r.loadAt, y+p, z0+e))
		m.Box(frame, mesh.V(r.loadTo, y-p, z1-e), mesh.V(r.loadAt, y+p, z1+p))
		m.Box(frame, mesh.V(r.loadTo-p, y-p, z0), mesh.V(r.loadTo+e, y+p, z1))
		m.Box(frame, mesh.V(r.loadAt-e, y-p, z0), mesh.V(r.loadAt+p, y+p, z1))
	}
	// The gap between the doors, and their bars.
	m.Box(r.t.seam, mesh.V(r.loadTo-p, -0.012, z0), mesh.V(r.loadTo+p, 0.012, z1))
	for _, y := range [4]float64{-0.7 * w, -0.3 * w, 0.3 * w, 0.7 * w} {
		m.Box(frame, mesh.V(r.loadTo-0.03, y-0.018, z0), mesh.V(r.loadTo+p, y+0.018, z1))
	}
	for _, y := range [2]float64{-0.85 * w, 0.85 * w} { // marker lamps
		m.Box(r.t.tail, mesh.V(r.loadTo-0.03, y-0.07, z1-0.16), mesh.V(r.loadTo, y+0.07, z1-0.09))
	}
	if d.Chance(0.55) {
		r.lettering(w, z0, z1)
	}
}

// lettering adds a sign of blocks to both sides of a box.
func (r *rig) lettering(w, z0, z1 float64) {
	d := r.d
	ink := r.m.Material(mesh.Material{Albedo: dice.Of(d, busPaint(d), grey(0.03), grey(0.7)), Gloss: 0.25})
	if d.Chance(0.4) { // a band
		a := blend(z0, z1, d.Range(0.15, 0.5))
		b := a + d.Range(0.2, 0.6)
		for _, side := range [2]float64{1, -1} {
			r.m.Box(ink, mesh.V(r.loadTo+0.1, float64(side*w)-0.01, a), mesh.V(r.loadAt-0.1, float64(side*w)+0.01, b))
		}
		return
	}
	long := r.loadAt - r.loadTo
	high := d.Range(0.25, 0.7)
	z := blend(z0, z1, d.Range(0.4, 0.6))
	end := r.loadAt - float64(long*d.Range(0.15, 0.3))
	for x := r.loadTo + float64(long*d.Range(0.1, 0.3)); x < end; {
		n := high * d.Range(0.3, 0.7)
		cut := d.Range(0, 0.35) * high
		for _, side := range [2]float64{1, -1} {
			r.m.Box(ink, mesh.V(x, float64(side*w)-0.01, z), mesh.V(x+n, float64(side*w)+0.01, z+high-cut))
		}
		x += n + float64(0.25*high)
	}
}

// tipperLoad adds an open body of ribbed steel with a heap in it.
func tipperLoad(r *rig) {
	d, m := r.d, r.m
	color := dice.Of(d, mesh.Color{R: 0.5, G: 0.22, B: 0.02}, grey(0.25), mesh.Color{R: 0.4, G: 0.03, B: 0.02}, mesh.Color{R: 0.03, G: 0.1, B: 0.3}, grey(0.6))
	steel := m.Material(mesh.Material{Albedo: color, Gloss: 0.2})
	inner := m.Material(mesh.Material{Albedo: color.Mul(0.4), Shade: 0.3})
	heap := m.Material(mesh.Material{Albedo: dice.Of(d, mesh.Color{R: 0.32, G: 0.24, B: 0.15}, grey(0.22), mesh.Color{R: 0.18, G: 0.11, B: 0.07})})
	w, z0, z1 := r.width/2, r.deck+0.12, r.deck+d.Range(0.9, 1.5)
	m.Box(steel, mesh.V(r.loadTo, -w, z0), mesh.V(r.loadAt, w, z1))
	m.Polygon(inner, mesh.V(r.loadTo+0.06, 0.06-w, z1+0.005), mesh.V(r.loadAt-0.06, 0.06-w, z1+0.005), mesh.V(r.loadAt-0.06, w-0.06, z1+0.005), mesh.V(r.loadTo+0.06, w-0.06, z1+0.005))
	n := int((r.loadAt - r.loadTo) / 0.7)
	for i := range n + 1 {
		x := blend(r.loadTo+0.05, r.loadAt-0.05, float64(i)/float64(n))
		for _, side := range [2]float64{1, -1} {
			m.Box(steel, mesh.V(x-0.05, float64(side*w)-0.06, z0), mesh.V(x+0.05, float64(side*w)+0.06, z1+0.03))
		}
	}
	// The shield over the cab.
	m.Box(steel, mesh.V(r.loadAt-0.05, -w, z1), mesh.V(r.loadAt+0.05, w, r.cab.height+0.12))
	m.Box(steel, mesh.V(r.loadAt, -w, r.cab.height+0.08), mesh.V(r.loadAt+0.8, w, r.cab.height+0.14))
	if d.Chance(0.7) {
		mid := (r.loadTo + r.loadAt) / 2
		long := (r.loadAt - r.loadTo) / 2
		m.Ellipsoid(heap, mesh.V(mid-0.1, 0, z1-0.1), mesh.V(long*0.92, w*0.92, d.Range(0.3, 0.7)), 10, 16)
	}
}

// flatLoad adds a flat bed with low boards and what is tied down on it.
func flatLoad(r *rig) {
	d, m := r.d, r.m
	wood := m.Material(mesh.Material{Albedo: mesh.Color{R: 0.26, G: 0.18, B: 0.11}})
	board := m.Material(mesh.Material{Albedo: grey(d.Range(0.25, 0.55)), Gloss: 0.3})
	w, z := r.width/2, r.deck+0.14
	m.Box(wood, mesh.V(r.loadTo, -w, r.deck), mesh.V(r.loadAt, w, z))
	high := d.Range(0.05, 0.5)
	for _, side := range [2]float64{1, -1} {
		m.Box(board, mesh.V(r.loadTo, float64(side*w)-0.025, z-0.1), mesh.V(r.loadAt, float64(side*w)+0.025, z+high))
	}
	m.Box(board, mesh.V(r.loadTo-0.02, -w, z-0.1), mesh.V(r.loadTo+0.03, w, z+high))
	m.Box(board, mesh.V(r.loadAt-0.06, -w, z-0.1), mesh.V(r.loadAt, w, z+d.Range(0.9, 1.4)))
	switch d.Pick(3, 2, 1) {
	case 0: // crates
		for x := r.loadTo + 0.2; x < r.loadAt-1.1; x += 1.25 {
			if d.Chance(0.8) {
				c := m.Material(mesh.Material{Albedo: dice.Of(d, mesh.Color{R: 0.4, G: 0.28, B: 0.15}, grey(0.5), mesh.Color{R: 0.1, G: 0.2, B: 0.4}, mesh.Color{R: 0.35, G: 0.1, B: 0.07})})
				m.Box(c, mesh.V(x, -d.Range(0.7, 1), z), mesh.V(x+1.1, d.Range(0.7, 1), z+d.Range(0.6, 1.4)))
			}
		}
	case 1: // pipes or logs
		c := m.Material(mesh.Material{Albedo: dice.Of(d, mesh.Color{R: 0.25, G: 0.16, B: 0.09}, grey(0.4), mesh.Color{R: 0.3, G: 0.12, B: 0.04}), Gloss: 0.1})
		radius := d.Range(0.16, 0.24)
		for row := range 3 {
			n := int(2*(w-0.15)/(2*radius)) - row
			for i := range n {
				y := (float64(i) - float64(n-1)/2) * 2 * radius
				m.Cylinder(c, mesh.V(r.loadTo+d.Range(0, 0.3), y, z+radius+float64(1.74*radius*float64(row))), mesh.V(r.loadAt-0.15, y, z+radius+float64(1.74*radius*float64(row))), radius, 8)
			}
		}
	}
}

// tankLoad adds a tank.
func tankLoad(r *rig) {
	d := r.d
	color := grey(d.Range(0.45, 0.75))
	if d.Chance(0.3) {
		color = busPaint(d)
	}
	shine := d.Range(0.3, 0.9)
	skin := r.m.Material(mesh.Material{Albedo: color, Gloss: shine})
	band := r.m.Material(mesh.Material{Albedo: grey(0.2), Gloss: 0.4})
	w, high := r.width/2-0.03, d.Range(0.78, 0.95)
	z := r.deck + 0.1 + high
	s := &shell{
		side: func(i, _ int, _ bool) int32 {
			if i%3 == 2 {
				return band
			}
			return skin
		},
		end: func(bool, int, int) int32 { return skin },
	}
	const n = 9
	ring := func(x, k float64) {
		half := make([]rim, n)
		for j := range half {
			sin, cos := math.Sincos(math.Pi * float64(j) / (n - 1))
			half[j] = rim{w * k * sin, z - float64(high*k*cos)}
		}
		half[0].y, half[n-1].y = 0, 0
		s.x, s.half = append(s.x, x), append(s.half, half)
	}
	a, b := r.loadTo+0.1, r.loadAt-0.1
	ring(a, 0.7)
	ring(a+0.15, 0.95)
	const parts = 4
	for i := range parts {
		x := blend(a+0.25, b-0.25, float64(i)/parts)
		ring(x, 1)
		ring(x+0.04, 1)
		ring(x+0.08, 1)
	}
	ring(b-0.15, 0.95)
	ring(b, 0.7)
	s.build(r.m)
	r.m.Box(band, mesh.V(a+0.3, -0.25, z+high-0.05), mesh.V(b-0.3, 0.25, z+high+0.08))
	r.m.Box(r.t.under, mesh.V(a, -w*0.8, r.deck-0.1), mesh.V(b, w*0.8, r.deck+0.4))
}
