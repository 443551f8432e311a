package traffic

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestRectanglesOverlap(t *testing.T) {
	ahead, slanted := point{1, 0}, point{1, 1}.unit(point{})
	for _, c := range []struct {
		name string
		a, b rectangle
		want bool
	}{
		{"same", rectangle{pose{point{1, 2}, ahead}, 2, 1}, rectangle{pose{point{1, 2}, ahead}, 2, 1}, true},
		{"one in the other", rectangle{pose{point{}, ahead}, 5, 5}, rectangle{pose{point{1, 1}, slanted}, 0.5, 0.5}, true},
		{"beside", rectangle{pose{point{}, ahead}, 2, 1}, rectangle{pose{point{0, 2.01}, ahead}, 2, 1}, false},
		{"touching lengths", rectangle{pose{point{}, ahead}, 2, 1}, rectangle{pose{point{3.99, 0}, ahead}, 2, 1}, true},
		{"corner by corner, axes apart", rectangle{pose{point{}, ahead}, 1, 1}, rectangle{pose{point{1.8, 1.8}, slanted}, 1, 1}, false},
		{"crossed", rectangle{pose{point{}, ahead}, 3, 0.1}, rectangle{pose{point{}, ahead.left()}, 3, 0.1}, true},
	} {
		if got := c.a.overlaps(c.b); got != c.want {
			t.Errorf("%s: %t, want %t", c.name, got, c.want)
		}
	}
}

// Overlapping is mutual, and boxes overlap where a point is in both.
func TestOverlapIsMutual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) rectangle {
			f := func(n string, lo, hi float64) float64 { return rapid.Float64Range(lo, hi).Draw(t, name+n) }
			sin, cos := math.Sincos(f("angle", -4, 4))
			return rectangle{pose{point{f("a", -3, 3), f("c", -3, 3)}, point{cos, sin}}, f("length", 0.1, 3), f("width", 0.1, 1)}
		}
		a, b := draw("p"), draw("q")
		if a.overlaps(b) != b.overlaps(a) {
			t.Fatalf("%v and %v overlap one way only", a, b)
		}
		for x := -1.0; x <= 1; x += 0.5 {
			for y := -1.0; y <= 1; y += 0.5 {
				p := a.at.add(a.face.mul(x * a.length * 0.999)).add(a.face.left().mul(y * a.width * 0.999)).sub(b.at)
				if math.Abs(p.dot(b.face)) < b.length && math.Abs(p.dot(b.face.left())) < b.width && !a.overlaps(b) {
					t.Fatalf("%v and %v share a point and do not overlap", a, b)
				}
			}
		}
	})
}

func TestUntil(t *testing.T) {
	for _, c := range []struct {
		name         string
		x, direction float64
		want         float64
	}{
		{"to the upper end", 1, 1, 2},
		{"to the lower end", 1, -1, 1},
		{"at a slant", 1, 0.5, 4},
		{"along it", 1, 0, horizon},
		{"far", 1, 0.01, horizon},
		{"outside, further out", 4, 1, 0},
		{"outside, inwards", 4, -1, 4},
	} {
		if got := until(c.x, c.direction, span{0, 3}); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %.3f, want %.3f", c.name, got, c.want)
		}
	}
}

// A vehicle's path ends at its aim and never leaves the way there.
func TestPathLeadsToTheAim(t *testing.T) {
	l := &lane{way: -1, y: -2, width: 3.2}
	v := &vehicle{lane: l, y: -2, aim: -4, agile: 4}
	b := &body{length: 4, width: 2}
	b.put(v.pose(0, -2, 0))
	if near := v.path(b, 0); math.Abs(near.lo-1) > 1e-9 || math.Abs(near.hi-5) > 1e-9 {
		t.Errorf("near it covers %v, want from where it is to its aim", near)
	}
	if far := v.path(b, 60); math.Abs(far.lo-3) > 0.05 || math.Abs(far.hi-5) > 1e-9 {
		t.Errorf("far ahead it covers %v, want the aim", far)
	}
}
