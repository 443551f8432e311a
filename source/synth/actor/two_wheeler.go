package actor

import (
	"math"

	"braid/source/synth/mesh"
)

// rod adds a tube from a to b with flat ends, radius ra at a and rb at b: what
// frames are welded from, at a fraction of a limb's triangles.
func rod(m *mesh.Mesh, mat int32, a, b mesh.Vec, ra, rb float64, sides int) {
	d := b.Sub(a).Unit()
	help := mesh.V(0, 0, 1)
	if math.Abs(d.Z) > 0.9 {
		help = mesh.V(1, 0, 0)
	}
	u := help.Cross(d).Unit()
	v := d.Cross(u)
	first := int32(len(m.Points))
	for j := range sides {
		s, c := math.Sincos(2 * math.Pi * float64(j) / float64(sides))
		n := u.Mul(c).Add(v.Mul(s))
		m.Points = append(m.Points, a.Add(n.Mul(ra)), b.Add(n.Mul(rb)))
		m.Normals = append(m.Normals, n, n)
	}
	k := int32(sides)
	for j := range k {
		p, q := first+2*j, first+2*((j+1)%k)
		m.Triangles = append(m.Triangles,
			mesh.Triangle{A: p, B: q, C: q + 1, Material: mat}, mesh.Triangle{A: p, B: q + 1, C: p + 1, Material: mat})
		if j >= 1 && j < k-1 { // the ends share the sides' points: they are too small to be shaded
			r := first + 2*(j+1)
			m.Triangles = append(m.Triangles,
				mesh.Triangle{A: first, B: r, C: p, Material: mat}, mesh.Triangle{A: first + 1, B: p + 1, C: r + 1, Material: mat})
		}
	}
}
