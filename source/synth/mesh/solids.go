package mesh

import "math"

// Polygon adds a flat convex polygon; its corners are counter-clockwise seen
// from the side it faces.
func (m *Mesh) Polygon(mat int32, corners ...Vec) {
	n := corners[1].Sub(corners[0]).Cross(corners[2].Sub(corners[0])).Unit()
	first := m.point(corners[0], n)
	for _, c := range corners[1:] {
		m.point(c, n)
	}
	for i := int32(1); i+1 < int32(len(corners)); i++ {
		m.Triangles = append(m.Triangles, Triangle{first, first + i, first + i + 1, mat})
	}
}

// Box adds a box with sharp edges between the corners lo and hi.
func (m *Mesh) Box(mat int32, lo, hi Vec) {
	a, b := lo, hi
	m.Polygon(mat, V(a.X, a.Y, a.Z), V(a.X, b.Y, a.Z), V(b.X, b.Y, a.Z), V(b.X, a.Y, a.Z))
	m.Polygon(mat, V(a.X, a.Y, b.Z), V(b.X, a.Y, b.Z), V(b.X, b.Y, b.Z), V(a.X, b.Y, b.Z))
	m.Polygon(mat, V(a.X, a.Y, a.Z), V(b.X, a.Y, a.Z), V(b.X, a.Y, b.Z), V(a.X, a.Y, b.Z))
	m.Polygon(mat, V(b.X, b.Y, a.Z), V(a.X, b.Y, a.Z), V(a.X, b.Y, b.Z), V(b.X, b.Y, b.Z))
	m.Polygon(mat, V(a.X, b.Y, a.Z), V(a.X, a.Y, a.Z), V(a.X, a.Y, b.Z), V(a.X, b.Y, b.Z))
	m.Polygon(mat, V(b.X, a.Y, a.Z), V(b.X, b.Y, a.Z), V(b.X, b.Y, b.Z), V(b.X, a.Y, b.Z))
}

// Ellipsoid adds an ellipsoid with the given half axes; rings >= 2 bands from
// pole to pole and sides >= 3 around.
func (m *Mesh) Ellipsoid(mat int32, centre, radii Vec, rings, sides int) {
	from := int32(len(m.Points))
	for i := 0; i <= rings; i++ {
		sp, cp := math.Sincos(math.Pi * float64(i) / float64(rings))
		for j := 0; j <= sides; j++ {
			sa, ca := math.Sincos(2 * math.Pi * float64(j) / float64(sides))
			d := Vec{sp * ca, sp * sa, cp}
			n := Vec{d.X / radii.X, d.Y / radii.Y, d.Z / radii.Z}.Unit()
			m.point(centre.Add(Vec{d.X * radii.X, d.Y * radii.Y, d.Z * radii.Z}), n)
		}
	}
	m.band(mat, from, rings, sides)
}

// band joins rings+1 rows of sides+1 points, added since from, to quads.
func (m *Mesh) band(mat, from int32, rings, sides int) {
	w := int32(sides + 1)
	for i := range int32(rings) {
		for j := range int32(sides) {
			a := from + i*w + j
			m.Triangles = append(m.Triangles,
				Triangle{a, a + w, a + w + 1, mat}, Triangle{a, a + w + 1, a + 1, mat})
		}
	}
}

// Limb adds a rounded rod from a to b with radius ra at a and rb at b: a cone
// between two half spheres, as arms, legs and tubes are made of.
func (m *Mesh) Limb(mat int32, a, b Vec, ra, rb float64, sides int) {
	axis := b.Sub(a)
	u, v := frame(axis)
	d := axis.Unit()
	from := int32(len(m.Points))
	const cap = 3 // rows of each half sphere
	row := func(centre Vec, r, angle float64) {
		sp, cp := math.Sincos(angle)
		for j := 0; j <= sides; j++ {
			sa, ca := math.Sincos(2 * math.Pi * float64(j) / float64(sides))
			n := u.Mul(ca * sp).Add(v.Mul(sa * sp)).Add(d.Mul(cp))
			m.point(centre.Add(n.Mul(r)), n)
		}
	}
	for i := 0; i <= cap; i++ {
		row(b, rb, math.Pi/2*float64(i)/cap)
	}
	for i := 0; i <= cap; i++ {
		row(a, ra, math.Pi/2+math.Pi/2*float64(i)/cap)
	}
	m.band(mat, from, 2*cap+1, sides)
}

// frame returns two directions at right angles to d and to each other, such
// that u cross v points along d.
func frame(d Vec) (u, v Vec) {
	d = d.Unit()
	help := Vec{0, 0, 1}
	if math.Abs(d.Z) > 0.9 {
		help = Vec{1, 0, 0}
	}
	u = help.Cross(d).Unit()
	return u, d.Cross(u)
}

// Cylinder adds a flat-ended cylinder from a to b.
func (m *Mesh) Cylinder(mat int32, a, b Vec, r float64, sides int) {
	u, v := frame(b.Sub(a))
	from := int32(len(m.Points))
	ring := make([]Vec, sides)
	for _, c := range [2]Vec{b, a} {
		for j := 0; j <= sides; j++ {
			sa, ca := math.Sincos(2 * math.Pi * float64(j) / float64(sides))
			n := u.Mul(ca).Add(v.Mul(sa))
			m.point(c.Add(n.Mul(r)), n)
		}
	}
	m.band(mat, from, 1, sides)
	for j := range ring {
		ring[j] = m.Points[from+int32(j)]
	}
	m.Polygon(mat, ring...)
	for j := range ring {
		ring[j] = m.Points[from+int32(sides+1)+int32(sides-1-j)]
	}
	m.Polygon(mat, ring...)
}

// Torus adds a tyre about the axis: R from the centre to the middle of the
// tube, r the tube's radius.
func (m *Mesh) Torus(mat int32, centre, axis Vec, R, r float64, around, sides int) {
	u, v := frame(axis)
	d := axis.Unit()
	from := int32(len(m.Points))
	for i := 0; i <= around; i++ {
		sp, cp := math.Sincos(2 * math.Pi * float64(i) / float64(around))
		out := u.Mul(cp).Add(v.Mul(sp))
		for j := 0; j <= sides; j++ {
			sa, ca := math.Sincos(2 * math.Pi * float64(j) / float64(sides))
			n := out.Mul(ca).Add(d.Mul(sa))
			m.point(centre.Add(out.Mul(R)).Add(n.Mul(r)), n)
		}
	}
	m.band(mat, from, around, sides)
}

// Loft joins rings of equally many points each, counter-clockwise seen from
// where the rings lead to, to a closed skin with flat ends. Normals are smooth
// where neighbouring faces meet at less than 40 degrees and sharp elsewhere.
func (m *Mesh) Loft(mat int32, rings [][]Vec) {
	from := len(m.Triangles)
	n := len(rings[0])
	for i := 0; i+1 < len(rings); i++ {
		for j := range n {
			k := (j + 1) % n
			m.Polygon(mat, rings[i][j], rings[i][k], rings[i+1][k])
			m.Polygon(mat, rings[i][j], rings[i+1][k], rings[i+1][j])
		}
	}
	m.fan(mat, rings[len(rings)-1], 0, 1)
	m.fan(mat, rings[0], n-1, -1)
	m.Smooth(from, math.Pi*40/180)
}

// fan closes a ring that may bend about its middle, walking it from start.
func (m *Mesh) fan(mat int32, ring []Vec, start, step int) {
	var c Vec
	for _, p := range ring {
		c = c.Add(p)
	}
	c = c.Mul(1 / float64(len(ring)))
	n := len(ring)
	for i := range ring {
		a, b := ring[((start+i*step)%n+n)%n], ring[((start+(i+1)*step)%n+n)%n]
		m.Polygon(mat, a, b, c)
	}
}

// Smooth gives the triangles from index from on, each of which must have its
// own three points, normals that are averaged (weighted by area) over the
// neighbours that meet it at less than the angle crease.
func (m *Mesh) Smooth(from int, crease float64) {
	type key struct{ x, y, z int64 }
	at := func(p Vec) key {
		return key{int64(math.Round(p.X * 1e4)), int64(math.Round(p.Y * 1e4)), int64(math.Round(p.Z * 1e4))}
	}
	faces := make(map[key][]Vec)
	for _, t := range m.Triangles[from:] {
		p := m.Points
		n := p[t.B].Sub(p[t.A]).Cross(p[t.C].Sub(p[t.A]))
		for _, i := range [3]int32{t.A, t.B, t.C} {
			faces[at(p[i])] = append(faces[at(p[i])], n)
		}
	}
	limit := math.Cos(crease)
	for _, t := range m.Triangles[from:] {
		p := m.Points
		own := p[t.B].Sub(p[t.A]).Cross(p[t.C].Sub(p[t.A])).Unit()
		for _, i := range [3]int32{t.A, t.B, t.C} {
			var sum Vec
			for _, n := range faces[at(p[i])] {
				if n.Unit().Dot(own) >= limit {
					sum = sum.Add(n)
				}
			}
			if sum.Len() > 0 {
				m.Normals[i] = sum.Unit()
			}
		}
	}
}
