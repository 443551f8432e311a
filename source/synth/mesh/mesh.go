package mesh

import "slices"

// Color is an albedo or a light, linear red, green and blue; an albedo's are
// between 0 and 1.
type Color struct{ R, G, B float64 }

// Mul returns c times s.
func (c Color) Mul(s float64) Color {
	return Color{float64(c.R * s), float64(c.G * s), float64(c.B * s)}
}

// Add returns c plus d.
func (c Color) Add(d Color) Color { return Color{c.R + d.R, c.G + d.G, c.B + d.B} }

// Times returns the product by component.
func (c Color) Times(d Color) Color {
	return Color{float64(c.R * d.R), float64(c.G * d.G), float64(c.B * d.B)}
}

// Mix returns the colour t of the way from c to d.
func (c Color) Mix(d Color, t float64) Color { return c.Mul(1 - t).Add(d.Mul(t)) }

// Material says how a surface answers light.
type Material struct {
	Albedo  Color   // of its diffuse reflection
	Gloss   float64 // 0 dull to 1 polished: strength of the highlight and of the mirrored sky
	Glow    Color   // light it gives when the scene's lamps are on (dusk)
	Signal  Color   // light it gives always: brake lights, displays
	Shade   float64 // 0 open to 1 enclosed: how much of the sky's light it misses
	Clarity float64 // 0 opaque surface, to 1: mirrors the surroundings as glass does
}

// Triangle names three vertices and a material by their indices.
type Triangle struct {
	A, B, C  int32
	Material int32
}

// Mesh is a set of triangles. The zero Mesh is empty and ready to use.
type Mesh struct {
	Points    []Vec
	Normals   []Vec // one per point, length 1
	Triangles []Triangle
	Materials []Material
}

// Reset empties m and keeps its memory.
func (m *Mesh) Reset() {
	m.Points, m.Normals = m.Points[:0], m.Normals[:0]
	m.Triangles, m.Materials = m.Triangles[:0], m.Materials[:0]
}

// Material adds a material and returns its index.
func (m *Mesh) Material(mat Material) int32 {
	m.Materials = append(m.Materials, mat)
	return int32(len(m.Materials) - 1)
}

// point adds a vertex and returns its index.
func (m *Mesh) point(p, n Vec) int32 {
	m.Points = append(m.Points, p)
	m.Normals = append(m.Normals, n)
	return int32(len(m.Points) - 1)
}

// Append adds what o holds, moved by a, which turns and shifts only: normals are
// not brought to length 1 again, which would cost more than all else here.
func (m *Mesh) Append(o *Mesh, a Affine) {
	points, mats := int32(len(m.Points)), int32(len(m.Materials))
	n := len(m.Points) + len(o.Points)
	m.Points = slices.Grow(m.Points, len(o.Points))[:n]
	m.Normals = slices.Grow(m.Normals, len(o.Points))[:n]
	to, normals := m.Points[points:], m.Normals[points:]
	for i, p := range o.Points {
		to[i], normals[i] = a.Point(p), a.Dir(o.Normals[i])
	}
	first := len(m.Triangles)
	m.Triangles = append(m.Triangles, o.Triangles...)
	for i := range o.Triangles {
		t := &m.Triangles[first+i]
		t.A, t.B, t.C, t.Material = t.A+points, t.B+points, t.C+points, t.Material+mats
	}
	m.Materials = append(m.Materials, o.Materials...)
}

// Transform moves everything from vertex index from on by a, so that a solid
// can be built in place and then turned: from is len(m.Points) before it.
func (m *Mesh) Transform(from int, a Affine) {
	for i := from; i < len(m.Points); i++ {
		m.Points[i] = a.Point(m.Points[i])
		m.Normals[i] = a.Dir(m.Normals[i]).Unit()
	}
}

// Bounds returns the corners of the box about all points; both are zero for an
// empty mesh.
func (m *Mesh) Bounds() (lo, hi Vec) {
	for i, p := range m.Points {
		if i == 0 {
			lo, hi = p, p
			continue
		}
		lo = Vec{min(lo.X, p.X), min(lo.Y, p.Y), min(lo.Z, p.Z)}
		hi = Vec{max(hi.X, p.X), max(hi.Y, p.Y), max(hi.Z, p.Z)}
	}
	return lo, hi
}

// Volume returns the signed volume that the triangles enclose. It is positive
// where a closed mesh is wound the right way round.
func (m *Mesh) Volume() float64 {
	v := 0.0
	for _, t := range m.Triangles {
		v += m.Points[t.A].Dot(m.Points[t.B].Cross(m.Points[t.C]))
	}
	return v / 6
}
