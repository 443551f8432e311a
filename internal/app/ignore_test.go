package app

import (
	"testing"

	"pgregory.net/rapid"

	"braid/internal/config"
	"braid/internal/frame"
	"braid/stages"
)

func TestIgnored(t *testing.T) {
	v := &view{ignore: config.Polygons{
		{{0, 0}, {0.5, 0}, {0.5, 0.5}, {0, 0.5}},             // a square
		{{1, 1}, {1, 0.6}, {0.8, 0.9}, {0.6, 0.6}, {0.6, 1}}, // a crown
	}}
	for _, c := range []struct {
		x, y float32
		want bool
	}{
		{0.25, 0.25, true},
		{0.75, 0.25, false},
		{0.49, 0.49, true},
		{0.51, 0.51, false},
		{0.8, 0.95, true},
		{0.8, 0.85, false}, // between two points of the crown
		{0.65, 0.8, true},
	} {
		o := &stages.Object{Box: [4]float32{c.x - 0.05, c.y - 0.1, 0.1, 0.2}}
		if got := v.ignored(o); got != c.want {
			t.Errorf("centre at %g, %g: %t", c.x, c.y, got)
		}
	}
}

// A point is in a triangle when it lies on the same side of its three edges,
// whichever way round the corners are given.
func TestInsideTriangle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.Float32Range(0, 1)
		var c [3][2]float32
		for i := range c {
			c[i] = [2]float32{number.Draw(t, "x"), number.Draw(t, "y")}
		}
		x, y := number.Draw(t, "px"), number.Draw(t, "py")
		sides := 0
		for i, a := range c {
			b := c[(i+1)%3]
			cross := (float64(b[0])-float64(a[0]))*(float64(y)-float64(a[1])) - (float64(b[1])-float64(a[1]))*(float64(x)-float64(a[0]))
			switch {
			case cross > 1e-5:
				sides++
			case cross < -1e-5:
				sides--
			default:
				t.Skip("too near to an edge")
			}
		}
		if got := inside(c[:], x, y); got != (sides == 3 || sides == -3) {
			t.Fatalf("%v in %v: %t", [2]float32{x, y}, c, got)
		}
	})
}

func TestEmitLeavesOutWhatIsIgnored(t *testing.T) {
	s := &fakeSink{name: "s"}
	var l frame.Ledger
	e := newTestEmitter(&l, &view{camera: "cam", ignore: config.Polygons{{{0, 0}, {1, 0}, {0, 1}}}}, s)
	j := testJob(&l)
	j.Objects = []stages.Object{{Box: [4]float32{0.1, 0.1, 0.2, 0.2}}, {Class: 1, Box: [4]float32{0.7, 0.7, 0.2, 0.2}}}
	if err := e.emit(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	if m := s.frames[0]; len(m.Objects) != 1 || m.Objects[0].Class != 1 {
		t.Errorf("objects %+v", m.Objects)
	}
}
