package mesh

import (
	"math"
	"testing"
)

func TestSolidsFaceOutwards(t *testing.T) {
	square := func(z, h float64) []Vec { return []Vec{V(-h, -h, z), V(h, -h, z), V(h, h, z), V(-h, h, z)} }
	for _, c := range []struct {
		name   string
		volume float64
		tol    float64
		add    func(m *Mesh)
	}{
		{"box", 6, 1e-9, func(m *Mesh) { m.Box(0, V(1, 1, 1), V(2, 3, 4)) }},
		{"ellipsoid", 4. / 3 * math.Pi * 1 * 2 * 3, 1, func(m *Mesh) { m.Ellipsoid(0, V(5, -2, 1), V(1, 2, 3), 16, 24) }},
		{"limb", 4./3*math.Pi + 4*math.Pi, 1.6, func(m *Mesh) { m.Limb(0, V(0, 0, 0), V(0, 4, 0), 1, 1, 24) }},
		{"cylinder", 4 * math.Pi, 0.2, func(m *Mesh) { m.Cylinder(0, V(1, 0, 0), V(1, 0, 4), 1, 32) }},
		{"lying cylinder", 4 * math.Pi, 0.2, func(m *Mesh) { m.Cylinder(0, V(1, 4, 0), V(1, 0, 0), 1, 32) }},
		{"torus", 2 * math.Pi * math.Pi * 3, 1.5, func(m *Mesh) { m.Torus(0, V(1, 2, 3), V(0, 1, 0), 3, 1, 48, 24) }},
		{"loft", 4 * 5, 1e-9, func(m *Mesh) { m.Loft(0, [][]Vec{square(0, 1), square(2, 1), square(5, 1)}) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			var m Mesh
			c.add(&m)
			if got := m.Volume(); math.Abs(got-c.volume) > c.tol {
				t.Errorf("volume %.3f, want %.3f: not closed, or wound the wrong way", got, c.volume)
			}
			for i, n := range m.Normals {
				if math.Abs(n.Len()-1) > 1e-9 {
					t.Fatalf("normal %d has length %g", i, n.Len())
				}
			}
		})
	}
}

func TestAffine(t *testing.T) {
	near := func(got, want Vec) {
		t.Helper()
		if got.Sub(want).Len() > 1e-12 {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	near(Yaw(math.Pi/2).Point(V(1, 0, 0)), V(0, 1, 0))
	near(Pitch(math.Pi/2).Point(V(1, 0, 0)), V(0, 0, -1))
	near(Roll(math.Pi/2).Point(V(0, 1, 0)), V(0, 0, 1))
	near(Move(V(1, 2, 3)).Then(Yaw(math.Pi)).Point(V(1, 0, 0)), V(-2, -2, 3))
	near(Yaw(math.Pi).At(V(1, 0, 0)).Point(V(0, 0, 0)), V(2, 0, 0))
	a, b := Yaw(0.3).Then(Pitch(0.2)), Move(V(1, 2, 3)).Then(Roll(0.1))
	near(a.Then(b).Point(V(4, 5, 6)), b.Point(a.Point(V(4, 5, 6))))
}
