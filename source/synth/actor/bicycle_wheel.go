package actor

import (
	"math"

	"braid/source/synth/mesh"
)

// spokedWheel adds a wheel of outer radius r about the origin, its axle along
// y: tyre, rim, hub and spokes that are thin sheets, seen from both sides.
func spokedWheel(m *mesh.Mesh, r, tyre float64, wall, rim mesh.Material, spokes int) {
	rubber, metal := m.Material(wall), m.Material(rim)
	axle := mesh.V(0, 1, 0)
	m.Torus(rubber, mesh.Vec{}, axle, r-tyre, tyre, 30, 6)
	m.Torus(metal, mesh.Vec{}, axle, r-float64(2.1*tyre)-0.006, 0.011, 26, 4)
	rod(m, metal, mesh.V(0, -0.045, 0), mesh.V(0, 0.045, 0), 0.02, 0.02, 6)
	wire := m.Material(mesh.Material{Albedo: rim.Albedo.Mul(0.8), Gloss: 0.3})
	const half = 0.0017 // a spoke's half width: a real one looks so wide by its gleam
	for i := range spokes {
		angle := 2 * math.Pi * float64(i) / float64(spokes)
		s, c := math.Sincos(angle)
		y := 0.03
		if i%2 == 1 {
			y = -y
		}
		a, b := mesh.V(0.02*s, y, 0.02*c), mesh.V((r-float64(2*tyre))*s, 0, (r-float64(2*tyre))*c)
		w := mesh.V(half*c, 0, -half*s)
		m.Polygon(wire, a.Sub(w), a.Add(w), b.Add(w), b.Sub(w))
		m.Polygon(wire, b.Sub(w), b.Add(w), a.Add(w), a.Sub(w))
	}
}

// mudguard adds a strip about a wheel of radius r at the axle, between two
// angles from straight up (positive to the front).
func mudguard(m *mesh.Mesh, mat int32, axle mesh.Vec, r, half, from, to float64) {
	const n = 10
	edge := func(i int, out, y float64) mesh.Vec {
		s, c := math.Sincos(from + (to-from)*float64(i)/n)
		return axle.Add(mesh.V((r+out)*s, y, (r+out)*c))
	}
	first := len(m.Triangles)
	for i := range n {
		a, b, c, d := edge(i, 0, half), edge(i, 0, -half), edge(i+1, 0, -half), edge(i+1, 0, half)
		e, f := edge(i, 0.012, 0), edge(i+1, 0.012, 0)
		m.Polygon(mat, a, e, f, d)
		m.Polygon(mat, e, b, c, f)
		m.Polygon(mat, a, d, c, b)
	}
	m.Smooth(first, 1)
}
