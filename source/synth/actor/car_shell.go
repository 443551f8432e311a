package actor

import (
	"math"

	"braid/source/synth/mesh"
)

// rim is a point of a vehicle's cross section: its distance from the middle
// plane and its height, metres.
type rim struct{ y, z float64 }

// shell is a closed skin whose cross sections stand along x and are the same
// on the left and the right: the body of a car, a bus, a cab, a box.
type shell struct {
	x    []float64 // stations from rear to front, at least two
	half [][]rim   // by station: equally many points from bottom centre to top centre
	// warp bends the finished skin; nil leaves it straight.
	warp func(p mesh.Vec) mesh.Vec
	// side gives the material of the cell between stations i and i+1 and
	// rows j and j+1.
	side func(i, j int, left bool) int32
	// end gives the material of a cell of the rear or front wall, between
	// rows j and j+1; col counts endColumns from the right to the left.
	end func(front bool, j, col int) int32
	// layer counts the patches that lie under those that are added next.
	layer int
}

// endColumns is how many cells the end walls of a shell have across.
const endColumns = 6

// crease is the angle from which edges of vehicles look sharp.
const crease = math.Pi * 38 / 180

// blend returns the number t of the way from a to b.
func blend(a, b, t float64) float64 { return a + float64((b-a)*t) }

// smoothstep is 0 for t <= 0, 1 for t >= 1, and smooth between them.
func smoothstep(t float64) float64 {
	t = min(1, max(0, t))
	return float64(float64(t*t) * (3 - float64(2*t)))
}

// bend applies the warp, if there is one.
func (s *shell) bend(p mesh.Vec) mesh.Vec {
	if s.warp == nil {
		return p
	}
	return s.warp(p)
}

// build adds the skin to m.
func (s *shell) build(m *mesh.Mesh) {
	from := len(m.Triangles)
	for i := range len(s.x) - 1 {
		for j := range len(s.half[i]) - 1 {
			for _, left := range [2]bool{true, false} {
				a, b := s.point(i, j, left), s.point(i, j+1, left)
				d, c := s.point(i+1, j, left), s.point(i+1, j+1, left)
				if !left {
					a, b, c, d = b, a, d, c
				}
				quad(m, s.side(i, j, left), a, b, c, d)
			}
		}
	}
	s.wall(m, 0, false)
	s.wall(m, len(s.x)-1, true)
	m.Smooth(from, crease)
}

// point is the skin's point at station i and row j.
func (s *shell) point(i, j int, left bool) mesh.Vec {
	r := s.half[i][j]
	if !left {
		r.y = -r.y
	}
	return s.bend(mesh.V(s.x[i], r.y, r.z))
}

// wall closes the end at station i.
func (s *shell) wall(m *mesh.Mesh, i int, front bool) {
	half := s.half[i]
	for j := range len(half) - 1 {
		for col := range endColumns {
			at := func(j, col int) mesh.Vec {
				y := half[j].y * (float64(2*col)/endColumns - 1)
				return s.bend(mesh.V(s.x[i], y, half[j].z))
			}
			a, b, c, d := at(j, col), at(j, col+1), at(j+1, col+1), at(j+1, col)
			if !front {
				a, b, c, d = b, a, d, c
			}
			quad(m, s.end(front, j, col), a, b, c, d)
		}
	}
}

// quad adds two triangles, each with its own points and without those that
// have no area.
func quad(m *mesh.Mesh, mat int32, a, b, c, d mesh.Vec) {
	for _, t := range [2][3]mesh.Vec{{a, b, c}, {a, c, d}} {
		if t[1].Sub(t[0]).Cross(t[2].Sub(t[0])).Len() > 1e-9 {
			m.Polygon(mat, t[0], t[1], t[2])
		}
	}
}

// station is the last station before x that has another after it.
func (s *shell) station(x float64) int {
	i := 0
	for i < len(s.x)-2 && x > s.x[i+1] {
		i++
	}
	return i
}

// width is the distance of the unbent skin from the middle plane at x and z,
// where its upright part is widest.
func (s *shell) width(x, z float64) float64 {
	i := s.station(x)
	t := min(1, max(0, (x-s.x[i])/(s.x[i+1]-s.x[i])))
	row := func(j int) rim {
		a, b := s.half[i][j], s.half[i+1][j]
		return rim{blend(a.y, b.y, t), blend(a.z, b.z, t)}
	}
	widest := 0.0
	for j := range len(s.half[i]) - 1 {
		a, b := row(j), row(j+1)
		if lo, hi := min(a.z, b.z), max(a.z, b.z); z >= lo && z <= hi && hi > lo {
			widest = max(widest, blend(a.y, b.y, (z-a.z)/(b.z-a.z)))
		}
	}
	return widest
}

// girdle is the point of the skin at height z, a way along from the middle of
// an end wall, positive to the left: across the wall first and then back along
// the side.
func (s *shell) girdle(front bool, way, z float64) mesh.Vec {
	end, inward := s.x[len(s.x)-1], -1.0
	if !front {
		end, inward = s.x[0], 1
	}
	half := s.width(end, z)
	x, y := end, math.Abs(way)
	if y > half {
		x = end + float64(inward*(y-half))
		y = s.width(x, z)
	}
	return s.bend(mesh.V(x, math.Copysign(y, way), z))
}

// sheet adds a patch of nu by nv cells whose point (u, v), both 0 to 1, is
// at(u, v); it faces where u turns into v.
func sheet(m *mesh.Mesh, mat int32, nu, nv int, at func(u, v float64) mesh.Vec) {
	from := len(m.Triangles)
	p := func(i, j int) mesh.Vec { return at(float64(i)/float64(nu), float64(j)/float64(nv)) }
	for i := range nu {
		for j := range nv {
			quad(m, mat, p(i, j), p(i+1, j), p(i+1, j+1), p(i, j+1))
		}
	}
	m.Smooth(from, crease)
}

// proud is how far patches stand off what they lie on, metres.
const proud = 0.012

// beneath fills the dark below a vehicle that is w wide to either side: upright
// sheets behind the wheels, inner from the middle, and the shade on the ground.
// Both are cut along x, which makes them cheaper to draw.
func beneath(m *mesh.Mesh, mat int32, x0, x1, inner, w, z0, z1 float64) {
	for _, side := range [2]float64{1, -1} {
		sheet(m, mat, 4, 1, func(u, v float64) mesh.Vec {
			return mesh.V(blend(x0, x1, 0.5-float64(side*(u-0.5))), side*inner, blend(z0, z1, v))
		})
	}
	sheet(m, mat, 4, 1, func(u, v float64) mesh.Vec {
		return mesh.V(blend(x0, x1, u), blend(-w, w, v), 0.012)
	})
}

// above returns s for adding patches on top of patches.
func (s *shell) above() *shell {
	up := *s
	up.layer++
	return &up
}

// lift is how far patches stand off the skin.
func (s *shell) lift() float64 { return proud * float64(s.layer+1) }

// endPatch adds a patch on an end wall, from one way along the girdle to
// another and from height z0 to z1. The corners at its outer end are lifted by
// rise, which slants lamps.
func (s *shell) endPatch(m *mesh.Mesh, mat int32, front bool, w0, w1, z0, z1, rise float64) {
	out, i := 1.0, len(s.x)-1
	if !front {
		out, i = -1, 0
	}
	var edges []float64
	for _, r := range s.half[i] {
		edges = append(edges, r.z)
	}
	zs := cuts(z0, z1, edges)
	n := 1 + int((w1-w0)/0.18)
	from := len(m.Triangles)
	at := func(i, k int) mesh.Vec {
		u := float64(i) / float64(n)
		outer := u
		if math.Abs(w0) > math.Abs(w1) {
			outer = 1 - u
		}
		p := s.girdle(front, blend(w0, w1, u), zs[k]+float64(rise*outer))
		return p.Add(mesh.V(out*0.5, p.Y, 0).Unit().Mul(s.lift()))
	}
	for i := range n {
		for k := range len(zs) - 1 {
			a, b, c, d := at(i, k), at(i+1, k), at(i+1, k+1), at(i, k+1)
			if !front {
				a, b, c, d = b, a, d, c
			}
			quad(m, mat, a, b, c, d)
		}
	}
	m.Smooth(from, crease)
}

// pairPatch adds an endPatch on the left and its mirror image on the right.
func (s *shell) pairPatch(m *mesh.Mesh, mat int32, front bool, w0, w1, z0, z1, rise float64) {
	s.endPatch(m, mat, front, w0, w1, z0, z1, rise)
	s.endPatch(m, mat, front, -w1, -w0, z0, z1, rise)
}

// sidePatch adds a patch on both sides between two distances along x and two
// heights.
func (s *shell) sidePatch(m *mesh.Mesh, mat int32, x0, x1, z0, z1 float64) {
	xs := cuts(x0, x1, s.x)
	var edges []float64
	for _, r := range s.half[s.station((x0+x1)/2)] {
		edges = append(edges, r.z)
	}
	zs := cuts(z0, z1, edges)
	from := len(m.Triangles)
	for _, side := range [2]float64{1, -1} {
		at := func(i, k int) mesh.Vec {
			p := s.bend(mesh.V(xs[i], s.width(xs[i], zs[k]), zs[k]))
			return mesh.V(p.X, side*(p.Y+s.lift()), p.Z)
		}
		for i := range len(xs) - 1 {
			for k := range len(zs) - 1 {
				a, b, c, d := at(i, k), at(i, k+1), at(i+1, k+1), at(i+1, k)
				if side < 0 {
					a, b, c, d = b, a, d, c
				}
				quad(m, mat, a, b, c, d)
			}
		}
	}
	m.Smooth(from, crease)
}

// cuts are from and to with those of at that lie well between them, smallest
// first.
func cuts(from, to float64, at []float64) []float64 {
	out := []float64{from}
	for _, a := range at {
		if a > out[len(out)-1]+0.02 && a < to-0.02 {
			out = append(out, a)
		}
	}
	return append(out, to)
}
