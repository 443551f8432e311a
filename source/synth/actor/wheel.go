package actor

import (
	"math"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// wheelStyle is how a vehicle's wheels look.
type wheelStyle struct {
	radius, width float64 // of the tyre, metres
	rim           float64 // share of the radius that is metal
	spokes        int
	wide          bool // spokes are as wide as the gaps between them
	disc          bool // a pressed disc without gaps, as on trucks
	metal         mesh.Material
}

// newWheelStyle draws the looks of a car's wheels.
func newWheelStyle(d *dice.Dice, radius, width float64) wheelStyle {
	s := wheelStyle{radius: radius, width: width, rim: d.Range(0.64, 0.74), spokes: dice.Of(d, 5, 5, 6, 7, 8), wide: d.Chance(0.5)}
	grey := d.Range(0.30, 0.6)
	if d.Chance(0.2) {
		grey = 0.03
	}
	s.metal = mesh.Material{Albedo: mesh.Color{R: grey, G: grey, B: grey * 1.02}, Gloss: 0.6}
	return s
}

// newWheel makes a wheel about the y axis with its outer face towards +y, its
// middle at the origin and a corner of its tread straight below.
func newWheel(s wheelStyle) *mesh.Mesh {
	var m mesh.Mesh
	tyre := m.Material(mesh.Material{Albedo: mesh.Color{R: 0.022, G: 0.022, B: 0.024}, Gloss: 0.08})
	metal := m.Material(s.metal)
	gap := m.Material(mesh.Material{Albedo: mesh.Color{R: 0.02, G: 0.02, B: 0.02}, Shade: 0.6})
	r, o := s.radius, s.width/2
	sunk := 0.02
	if s.disc {
		sunk = 0.05
	}
	profile := []rim{ // y is the radius here and z the distance outwards
		{0, o - float64(sunk*0.6)},
		{r * 0.17, o - float64(sunk*0.8)},
		{r * (s.rim - 0.06), o - sunk},
		{r * s.rim, o - 0.004},
		{r * 0.92, o},
		{r, o - 0.03},
		{r, 0.03 - o},
		{r * 0.6, -o},
		{0, -o},
	}
	per := 3
	if s.wide {
		per = 2
	}
	sides := s.spokes * per
	if s.disc {
		sides, per = 18, 3
	}
	if sides < 12 {
		sides, per = sides*2, per*2
	}
	lathe(&m, profile, sides, func(row, seg int) int32 {
		switch {
		case row == 0:
			return metal
		case row == 1 && s.disc && seg%per == 0:
			return gap
		case row == 1 && !s.disc && seg%per >= (per+1)/2-per/6:
			return gap
		case row <= 2:
			return metal
		case row >= 7:
			return gap
		}
		return tyre
	})
	return weld(&m)
}

// lathe turns a profile (y: distance from the axis, z: along it) about the y
// axis, from the middle of the face towards +y to that of the other.
func lathe(m *mesh.Mesh, profile []rim, sides int, mat func(row, seg int) int32) {
	from := len(m.Triangles)
	at := func(row, seg int) mesh.Vec {
		sin, cos := math.Sincos(2*math.Pi*float64(seg%sides)/float64(sides) - math.Pi/2)
		p := profile[row]
		return mesh.V(p.y*cos, p.z, p.y*sin)
	}
	for row := range len(profile) - 1 {
		for seg := range sides {
			quad(m, mat(row, seg), at(row, seg), at(row, seg+1), at(row+1, seg+1), at(row+1, seg))
		}
	}
	m.Smooth(from, crease)
}

// grid is how many steps a metre has to which welded points are moved. It is
// coarser than the last bits in which processors may differ.
const grid = 1 << 20

// weld returns m with points joined that share place, normal and material, so
// that each is moved and lit once.
func weld(m *mesh.Mesh) *mesh.Mesh {
	type key struct {
		p, n [3]int64
		mat  int32
	}
	round := func(v mesh.Vec, k float64) [3]int64 {
		return [3]int64{int64(math.Round(v.X * k)), int64(math.Round(v.Y * k)), int64(math.Round(v.Z * k))}
	}
	out := &mesh.Mesh{Materials: m.Materials}
	index := make(map[key]int32)
	for _, t := range m.Triangles {
		var c [3]int32
		for k, i := range [3]int32{t.A, t.B, t.C} {
			id := key{round(m.Points[i], grid), round(m.Normals[i], 1e3), t.Material}
			at, ok := index[id]
			if !ok {
				at = int32(len(out.Points))
				index[id] = at
				out.Points = append(out.Points, mesh.V(float64(id.p[0])/grid, float64(id.p[1])/grid, float64(id.p[2])/grid))
				out.Normals = append(out.Normals, m.Normals[i])
			}
			c[k] = at
		}
		out.Triangles = append(out.Triangles, mesh.Triangle{A: c[0], B: c[1], C: c[2], Material: t.Material})
	}
	return out
}
