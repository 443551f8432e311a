package backdrop

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"braid/source/synth/mesh"
	"braid/source/synth/street"
)

func TestHousesLeaveTheStreetInView(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := street.New(rapid.Uint64Range(0, 2000).Draw(t, "seed"), 640, 360)
		l := &site{s: s, v: newView(s)}
		l.plan()
		right, left := s.Width()
		p := mesh.V(rapid.Float64Range(s.From, s.To).Draw(t, "along"), rapid.Float64Range(right, left).Draw(t, "across"), 1)
		if x, y, depth := l.v.project(p); depth < 1 || x < 0 || y < 0 || x > float64(l.v.width) || y > float64(l.v.height) {
			t.Skip("not in the picture")
		}
		d := p.Sub(l.v.eye)
		for _, b := range l.blocks {
			lo, hi := 0.0, 1.0
			for _, a := range [3][4]float64{
				{l.v.eye.X, d.X, b.from, b.to},
				{l.v.eye.Y, d.Y, min(b.front, b.back), max(b.front, b.back)},
				{l.v.eye.Z, d.Z, 0, b.height},
			} {
				t0, t1 := (a[2]-a[0])/a[1], (a[3]-a[0])/a[1]
				lo, hi = max(lo, min(t0, t1)), min(hi, max(t0, t1))
			}
			if lo < hi {
				t.Fatalf("a house at %.0f to %.0f hides %v", b.from, b.to, p)
			}
		}
	})
}

func TestShadowOfAHouse(t *testing.T) {
	s := &sunlight{on: true, dx: 1, length: 1, walls: []caster{{x0: 0, x1: 10, y0: 0, y1: 10, height: 5, reach: [4]float64{0, 15, 0, 10}}}}
	for _, c := range []struct {
		at   mesh.Vec
		want float64
	}{
		{mesh.V(12, 5, 0), 0},
		{mesh.V(16, 5, 0), 1},
		{mesh.V(12, 11, 0), 1},
		{mesh.V(-1, 5, 0), 1},
		{mesh.V(12, 5, 4), 1},    // over the shadow's upper edge
		{mesh.V(12, 5, 2), 0},    // below it
		{mesh.V(0, 5, 2), 1},     // the wall that the sun shines on
		{mesh.V(12, 5, 0.01), 0}, // a thing's foot
	} {
		if got := s.share(c.at, 0.01); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("at %v the sun's share is %g, want %g", c.at, got, c.want)
		}
	}
}
