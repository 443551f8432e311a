package actor

import (
	"math"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// skin is a surface that follows a posture: each vertex goes with one bone or
// is shared by two.
type skin struct {
	vertices  []skinVertex
	triangles []mesh.Triangle
	materials []mesh.Material
}

type skinVertex struct {
	at, normal mesh.Vec
	tie        tie
}

// tie says which bones a point follows: share of it a, the rest b.
type tie struct {
	a, b  bone
	share float64
}

// only ties to a single bone.
func only(b bone) func(mesh.Vec) tie {
	return func(mesh.Vec) tie { return tie{a: b, b: b, share: 1} }
}

// material adds a material and returns its index.
func (s *skin) material(m mesh.Material) int32 {
	s.materials = append(s.materials, m)
	return int32(len(s.materials) - 1)
}

// pose appends the surface as it is in posture p.
func (s *skin) pose(p *posture, out *mesh.Mesh) {
	points, mats := int32(len(out.Points)), int32(len(out.Materials))
	for i := range s.vertices {
		v := &s.vertices[i]
		at, n := p[v.tie.a].Point(v.at), p[v.tie.a].Dir(v.normal)
		if v.tie.share < 1 {
			at = p[v.tie.b].Point(v.at).Lerp(at, v.tie.share)
			n = p[v.tie.b].Dir(v.normal).Lerp(n, v.tie.share)
		}
		out.Points = append(out.Points, at)
		out.Normals = append(out.Normals, n.Unit())
	}
	for _, t := range s.triangles {
		out.Triangles = append(out.Triangles, mesh.Triangle{
			A: t.A + points, B: t.B + points, C: t.C + points, Material: t.Material + mats,
		})
	}
	out.Materials = append(out.Materials, s.materials...)
}

// solid adds a rigid shape that goes with one bone.
func (s *skin) solid(b bone, m *mesh.Mesh) {
	points, mats := int32(len(s.vertices)), int32(len(s.materials))
	for i, p := range m.Points {
		s.vertices = append(s.vertices, skinVertex{at: p, normal: m.Normals[i], tie: tie{b, b, 1}})
	}
	for _, t := range m.Triangles {
		s.triangles = append(s.triangles, mesh.Triangle{
			A: t.A + points, B: t.B + points, C: t.C + points, Material: t.Material + mats,
		})
	}
	s.materials = append(s.materials, m.Materials...)
}

// sleeve is a closed skin over rings of equally many points each,
// counter-clockwise seen from where the rings lead to.
type sleeve struct {
	rings [][]mesh.Vec
	tie   func(mesh.Vec) tie
	paint func(ring, side int) int32 // material of the face above ring and after side
	folds *dice.Dice                 // where not nil, normals are ruffled by it
	ruff  float64                    // how much
}

// plain paints every face alike.
func plain(mat int32) func(int, int) int32 { return func(int, int) int32 { return mat } }

// cover adds a sleeve.
func (s *skin) cover(v sleeve) {
	rows, n := len(v.rings), len(v.rings[0])
	normals := v.normals()
	// A vertex has one material: those between two materials are doubled.
	type key struct {
		point int
		mat   int32
	}
	index := make(map[key]int32)
	point := func(i, j int, mat int32) int32 {
		j %= n
		k := key{i*n + j, mat}
		if at, ok := index[k]; ok {
			return at
		}
		at := v.rings[i][j]
		s.vertices = append(s.vertices, skinVertex{at: at, normal: normals[i*n+j], tie: v.tie(at)})
		index[k] = int32(len(s.vertices) - 1)
		return index[k]
	}
	for i := 0; i+1 < rows; i++ {
		for j := range n {
			m := v.paint(i, j)
			a, b, c, d := point(i, j, m), point(i, j+1, m), point(i+1, j+1, m), point(i+1, j, m)
			s.triangles = append(s.triangles, mesh.Triangle{A: a, B: b, C: c, Material: m}, mesh.Triangle{A: a, B: c, C: d, Material: m})
		}
	}
	s.lid(v.rings[rows-1], v.paint(rows-2, 0), v.tie, 1)
	s.lid(v.rings[0], v.paint(0, 0), v.tie, -1)
}

// normals averages the faces about each point, weighted by area, and ruffles.
func (v *sleeve) normals() []mesh.Vec {
	n := len(v.rings[0])
	sum := make([]mesh.Vec, len(v.rings)*n)
	for i := 0; i+1 < len(v.rings); i++ {
		for j := range n {
			k := (j + 1) % n
			a, b, c, d := v.rings[i][j], v.rings[i][k], v.rings[i+1][k], v.rings[i+1][j]
			f := c.Sub(a).Cross(d.Sub(b))
			for _, at := range [4]int{i*n + j, i*n + k, (i+1)*n + k, (i+1)*n + j} {
				sum[at] = sum[at].Add(f)
			}
		}
	}
	for i := range sum {
		sum[i] = sum[i].Unit()
		if v.folds != nil {
			noise := mesh.V(v.folds.Range(-1, 1), v.folds.Range(-1, 1), v.folds.Range(-1, 1))
			sum[i] = sum[i].Add(noise.Mul(v.ruff)).Unit()
		}
	}
	return sum
}

// lid closes a ring with a flat face that looks along the rings (way 1) or
// against them (-1).
func (s *skin) lid(ring []mesh.Vec, mat int32, bind func(mesh.Vec) tie, way int) {
	var c, n mesh.Vec
	for i, p := range ring {
		c = c.Add(p)
		n = n.Add(p.Cross(ring[(i+1)%len(ring)]))
	}
	c = c.Mul(1 / float64(len(ring)))
	n = n.Mul(float64(way)).Unit()
	first := int32(len(s.vertices))
	for _, p := range ring {
		s.vertices = append(s.vertices, skinVertex{at: p, normal: n, tie: bind(p)})
	}
	s.vertices = append(s.vertices, skinVertex{at: c, normal: n, tie: bind(c)})
	k := int32(len(ring))
	for i := range k {
		a, b := first+i, first+(i+1)%k
		if way < 0 {
			a, b = b, a
		}
		s.triangles = append(s.triangles, mesh.Triangle{A: a, B: b, C: first + k, Material: mat})
	}
}

// oval is a level ring about (cx, cy) at height z with half axes rf to the
// front, rb to the back and ry to the sides, starting at the front. Square is 1
// for an ellipse and less for fuller corners.
func oval(z, cx, cy, rf, rb, ry, square float64, sides int) []mesh.Vec {
	ring := make([]mesh.Vec, sides)
	for j := range ring {
		sa, ca := math.Sincos(2 * math.Pi * float64(j) / float64(sides))
		sa, ca = full(sa, square), full(ca, square)
		rx := rf
		if ca < 0 {
			rx = rb
		}
		ring[j] = mesh.V(cx+float64(rx*ca), cy+float64(ry*sa), z)
	}
	return ring
}

// full raises a sine or cosine to a power and keeps its sign.
func full(x, power float64) float64 {
	if power == 1 || math.Abs(x) < 1e-12 {
		return x
	}
	return math.Copysign(math.Pow(math.Abs(x), power), x)
}

// ease is Hermite's smooth step from 0 at x = lo to 1 at x = hi.
func ease(lo, hi, x float64) float64 {
	t := min(1, max(0, (x-lo)/(hi-lo)))
	return float64(t*t) * (3 - float64(2*t))
}
