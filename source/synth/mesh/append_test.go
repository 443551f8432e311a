package mesh

import (
	"math"
	"testing"
)

func TestAppend(t *testing.T) {
	var box Mesh
	box.Box(box.Material(Material{}), V(-1, -2, 0), V(1, 2, 3))
	for name, a := range map[string]Affine{
		"a turn": Yaw(0.7).Then(Roll(0.2)).Then(Move(V(3, 4, 5))),
		"a lean": Pitch(-0.3).At(V(1, 2, 3)),
	} {
		t.Run(name, func(t *testing.T) {
			var m Mesh
			m.Append(&box, Identity)
			m.Append(&box, a)
			n, k := len(box.Points), len(box.Triangles)
			if len(m.Points) != 2*n || len(m.Triangles) != 2*k || len(m.Materials) != 2 {
				t.Fatalf("%d points, %d triangles, %d materials", len(m.Points), len(m.Triangles), len(m.Materials))
			}
			for i := range n {
				if m.Points[i] != box.Points[i] || m.Points[n+i] != a.Point(box.Points[i]) {
					t.Errorf("point %d is at %v", i, m.Points[n+i])
				}
				want := a.Dir(box.Normals[i]).Unit()
				if d := m.Normals[n+i].Sub(want).Len(); d > 1e-9 || math.Abs(m.Normals[n+i].Len()-1) > 1e-9 {
					t.Errorf("normal %d is %v, want %v", i, m.Normals[n+i], want)
				}
			}
			if first := m.Triangles[k]; first.A != box.Triangles[0].A+int32(n) || first.Material != 1 {
				t.Errorf("the first triangle that was appended is %+v", first)
			}
		})
	}
}
