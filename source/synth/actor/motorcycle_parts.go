package actor

import (
	"math"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// coats are the materials of a motorcycle.
type coats struct {
	paint, second, metal, black, seat mesh.Material
}

func newCoats(d *dice.Dice) coats {
	dyes := dice.Of(d, darkCloth, darkCloth, vividCloth, vividCloth, vividCloth, paleCloth, mutedCloth)
	c := coats{
		paint: mesh.Material{Albedo: dyed(d, dyes), Gloss: 0.9},
		metal: mesh.Material{Albedo: tint(0xb4b6b9), Gloss: 0.9},
		black: mesh.Material{Albedo: tint(0x1b1b1d), Gloss: 0.25},
		seat:  mesh.Material{Albedo: tint(dice.Of[uint32](d, 0x121213, 0x17171a, 0x3b2417)), Gloss: 0.15},
	}
	c.second = c.black
	if d.Chance(0.4) {
		c.second = mesh.Material{Albedo: dyed(d, dice.Of(d, paleCloth, vividCloth)), Gloss: 0.8}
	}
	return c
}

// slice is a cross section of a hull: where its middle is along and above, its
// half width and half height.
type slice struct{ x, z, wide, high float64 }

// hull adds a closed body through slices that are listed from the back to the
// front, moved sideways by y; square is as in oval.
func hull(m *mesh.Mesh, mat int32, y, square float64, slices ...slice) {
	const n = 12
	rings := make([][]mesh.Vec, len(slices))
	for i, s := range slices {
		rings[i] = make([]mesh.Vec, n)
		for j := range n {
			sa, ca := math.Sincos(2 * math.Pi * (float64(j) + 0.5) / n)
			rings[i][j] = mesh.V(s.x, y+float64(s.wide*full(ca, square)), s.z+float64(s.high*full(sa, square)))
		}
	}
	m.Loft(mat, rings)
}

// castWheel adds a motorcycle's wheel about the origin.
func castWheel(m *mesh.Mesh, r, tyre float64, rim mesh.Material, arms int) {
	rubber := m.Material(mesh.Material{Albedo: tint(0x19191a), Gloss: 0.05})
	metal := m.Material(rim)
	steel := m.Material(mesh.Material{Albedo: tint(0x6a6d70), Gloss: 0.6})
	axle := mesh.V(0, 1, 0)
	m.Torus(rubber, mesh.Vec{}, axle, r-tyre, tyre, 28, 8)
	m.Torus(metal, mesh.Vec{}, axle, r-float64(2*tyre), 0.022, 24, 6)
	rod(m, metal, mesh.V(0, -0.05, 0), mesh.V(0, 0.05, 0), 0.05, 0.05, 8)
	for i := range arms {
		s, c := math.Sincos(2 * math.Pi * float64(i) / float64(arms))
		end := r - float64(2*tyre)
		thick := 0.022
		if arms > 8 {
			thick = 0.007
		}
		rod(m, metal, mesh.V(0.03*s, 0, 0.03*c), mesh.V(end*s, 0, end*c), thick, 0.8*thick, 5)
	}
	m.Cylinder(steel, mesh.V(0, 0.058, 0), mesh.V(0, 0.064, 0), 0.36*r, 14)
	m.Cylinder(steel, mesh.V(0, -0.064, 0), mesh.V(0, -0.058, 0), 0.36*r, 14)
}

// wheels builds both.
func (b *motorcycle) wheels(rim mesh.Material, arms int) {
	for i := range b.wheel {
		castWheel(&b.wheel[i], b.radius[i], b.tyre[i], rim, arms)
	}
}

// fork adds the two legs to the front axle.
func (b *motorcycle) fork(c *coats, thick float64) {
	m := &b.steer
	metal, black := m.Material(c.metal), m.Material(c.black)
	up := mesh.V(-math.Sin(b.rake), 0, math.Cos(b.rake))
	for _, y := range sideSign {
		foot := b.front.Add(mesh.V(0, y*(b.tyre[1]+0.045), 0))
		rod(m, black, foot, foot.Add(up.Mul(0.24)), 1.25*thick, 1.25*thick, 8)
		rod(m, metal, foot.Add(up.Mul(0.2)), foot.Add(up.Mul(0.62)), thick, thick, 8)
	}
}

// bars adds a handlebar from the clamp to both grips, levers' hands and mirrors.
func (b *motorcycle) bars(c *coats, clamp mesh.Vec, mirrors float64) {
	m := &b.steer
	metal, black := m.Material(c.metal), m.Material(c.black)
	glass := m.Material(mesh.Material{Albedo: tint(0x2a2d31), Gloss: 0.6, Clarity: 0.8})
	for _, y := range sideSign {
		g := mesh.V(b.grip.X, y*b.grip.Y, b.grip.Z)
		in := g.Add(mesh.V(0.04, -y*0.10, -0.005))
		rod(m, metal, clamp, in, 0.014, 0.014, 6)
		rod(m, black, in, g.Add(mesh.V(-0.02, y*0.06, 0)), 0.021, 0.021, 7)
		rod(m, black, in.Add(mesh.V(0.05, 0, 0)), g.Add(mesh.V(0.06, y*0.04, -0.01)), 0.007, 0.006, 4)
		if mirrors > 0 {
			head := g.Add(mesh.V(0.06, y*0.02, mirrors))
			rod(m, black, in, head, 0.008, 0.008, 5)
			m.Ellipsoid(black, head.Add(mesh.V(0.012, y*0.03, 0.02)), mesh.V(0.02, 0.068, 0.042), 5, 8)
			m.Ellipsoid(glass, head.Add(mesh.V(-0.002, y*0.03, 0.02)), mesh.V(0.012, 0.060, 0.036), 4, 8)
		}
	}
}

// headlight adds a lamp that shines forward to mesh m.
func headlight(m *mesh.Mesh, at mesh.Vec, radii mesh.Vec, shell mesh.Material) {
	s := m.Material(shell)
	lamp := m.Material(mesh.Material{
		Albedo: tint(0xdfe3e6), Gloss: 0.8, Glow: mesh.Color{R: 5, G: 4.8, B: 4.2}, Signal: mesh.Color{R: 0.35, G: 0.35, B: 0.33},
	})
	m.Ellipsoid(s, at, radii, 6, 10)
	front := at.Add(mesh.V(0.55*radii.X, 0, 0))
	m.Ellipsoid(lamp, front, mesh.V(0.55*radii.X, 0.82*radii.Y, 0.82*radii.Z), 6, 10)
}

// lights adds the rear light, its number plate and indicators.
func (b *motorcycle) lights(at mesh.Vec) {
	for i := range b.tail {
		red := mesh.Material{Albedo: tint(0xa8101a), Gloss: 0.6, Glow: mesh.Color{R: 1.5, G: 0.05, B: 0.03}}
		if i == 1 {
			red.Signal = mesh.Color{R: 2.6, G: 0.12, B: 0.08}
		}
		b.tail[i].Ellipsoid(b.tail[i].Material(red), at, mesh.V(0.03, 0.075, 0.032), 5, 8)
	}
	m := &b.body
	plate := m.Material(mesh.Material{Albedo: tint(0xe4e4dc)})
	amber := m.Material(mesh.Material{Albedo: tint(0xd97a12), Gloss: 0.5})
	black := m.Material(mesh.Material{Albedo: tint(0x18181a)})
	p := at.Add(mesh.V(-0.02, 0, -0.14))
	m.Box(plate, p.Add(mesh.V(-0.01, -0.09, -0.07)), p.Add(mesh.V(0, 0.09, 0.06)))
	rod(m, black, at.Add(mesh.V(0.06, 0, -0.02)), p.Add(mesh.V(0.01, 0, -0.02)), 0.03, 0.02, 6)
	for _, y := range sideSign {
		tip := at.Add(mesh.V(0.02, y*0.15, -0.05))
		rod(m, black, at.Add(mesh.V(0.04, 0, -0.05)), tip, 0.010, 0.010, 4)
		m.Ellipsoid(amber, tip, mesh.V(0.03, 0.028, 0.022), 4, 6)
	}
}

// fender adds a guard over wheel i to mesh m, between two angles from straight
// up (positive to the front).
func (b *motorcycle) fender(m *mesh.Mesh, i int, mat mesh.Material, from, to float64) {
	at := [2]mesh.Vec{b.rear, b.front}[i]
	mudguard(m, m.Material(mat), at, b.radius[i]+0.012, b.tyre[i]+0.022, from, to)
}

// pipe adds an exhaust on the right through the points.
func (b *motorcycle) pipe(c *coats, thick float64, points ...mesh.Vec) {
	m := b.body.Material(c.metal)
	for i := 1; i < len(points); i++ {
		r := thick * 0.6
		if i == len(points)-1 {
			r = thick
		}
		rod(&b.body, m, points[i-1], points[i], r, r, 8)
	}
}
