package raster

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"braid/source/synth/mesh"
)

// open is a place where nothing of the backdrop hides anything.
type open struct{}

func (open) InverseDepth(int, int) float32 { return 0 }

// wall hides what is farther than a depth in the left half of the picture.
type wall struct{ depth float32 }

func (w wall) InverseDepth(x, _ int) float32 {
	if x < 100 {
		return 1 / w.depth
	}
	return 0
}

func plain() *Light {
	white := mesh.Color{R: 1, G: 1, B: 1}
	return &Light{Sun: mesh.V(0, 0, 1), Sky: white, Horizon: white, Ground: white, Exposure: 1}
}

// level is a camera 200 x 100 whose focal length is 100 pixels, 1 m above the
// ground, looking along y.
func level() *Camera {
	return NewCamera(mesh.V(0, 0, 1), 0, 0, 0, math.Pi/2, 200, 100)
}

// board is a square that faces the camera, at depth y.
func board(x, y, z, half float64) *mesh.Mesh {
	var m mesh.Mesh
	mat := m.Material(mesh.Material{Albedo: mesh.Color{R: 1}})
	m.Polygon(mat, mesh.V(x-half, y, z-half), mesh.V(x+half, y, z-half), mesh.V(x+half, y, z+half), mesh.V(x-half, y, z+half))
	return &m
}

func TestProject(t *testing.T) {
	c := level()
	for _, w := range []struct {
		p           mesh.Vec
		x, y, depth float64
	}{
		{mesh.V(0, 5, 1), 100, 50, 5},
		{mesh.V(1, 5, 1), 120, 50, 5},
		{mesh.V(0, 5, 0), 100, 70, 5},
		{mesh.V(-2, 10, 3), 80, 30, 10},
	} {
		x, y, d := c.Project(w.p)
		if math.Abs(x-w.x)+math.Abs(y-w.y)+math.Abs(d-w.depth) > 1e-9 {
			t.Errorf("%v is at %.3f, %.3f, %.3f, want %v", w.p, x, y, d, w)
		}
	}
}

func TestRayMeetsWhatItPoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := func(name string, lo, hi float64) float64 { return rapid.Float64Range(lo, hi).Draw(t, name) }
		c := NewCamera(mesh.V(1, 2, 5), f("pan", -1, 1), f("tilt", -0.5, 0.8), f("roll", -0.2, 0.2), 1, 640, 360)
		x, y := f("x", 0, 640), f("y", 0, 360)
		gx, gy, _ := c.Project(c.Eye.Add(c.Ray(x, y).Mul(f("far", 1, 100))))
		if math.Abs(gx-x)+math.Abs(gy-y) > 1e-6 {
			t.Fatalf("the ray of %v, %v leads to %v, %v", x, y, gx, gy)
		}
	})
}

func TestDrawCountsSamples(t *testing.T) {
	c := NewCanvas(200, 100)
	// 1 m at 5 m is 20 pixels: 40 x 40 pixels, 4 samples each.
	got := c.Draw(board(0, 5, 1, 1), mesh.Identity, 1, level(), plain(), open{})
	if got.Samples != 40*40*4 || got.Inside != 1 {
		t.Errorf("covers %+v, want %d samples", got, 40*40*4)
	}
	seen, boxes := make([]int, 2), make([]Box, 2)
	c.Tally(seen, boxes)
	if seen[1] != got.Samples || boxes[1] != (Box{160, 60, 239, 139}) {
		t.Errorf("tally is %d in %+v", seen[1], boxes[1])
	}
}

func TestNearerHidesFarther(t *testing.T) {
	for name, order := range map[string][2]int{"far first": {0, 1}, "near first": {1, 0}} {
		t.Run(name, func(t *testing.T) {
			c := NewCanvas(200, 100)
			boards := [2]*mesh.Mesh{board(0, 10, 1, 2), board(1, 5, 1, 1)} // 80..120 and 100..140 px wide
			for _, k := range order {
				c.Draw(boards[k], mesh.Identity, uint16(k+1), level(), plain(), open{})
			}
			seen, boxes := make([]int, 3), make([]Box, 3)
			c.Tally(seen, boxes)
			if want := 20 * 40 * 4; seen[1] != want {
				t.Errorf("%d samples of the farther one are seen, want %d", seen[1], want)
			}
			if seen[2] != 40*40*4 {
				t.Errorf("%d samples of the nearer one are seen", seen[2])
			}
		})
	}
}

func TestBackdropHides(t *testing.T) {
	for depth, want := range map[float32]int{4: 20 * 40 * 4, 6: 40 * 40 * 4} {
		c := NewCanvas(200, 100)
		c.Draw(board(0, 5, 1, 1), mesh.Identity, 1, level(), plain(), wall{depth})
		seen, boxes := make([]int, 2), make([]Box, 2)
		c.Tally(seen, boxes)
		if seen[1] != want {
			t.Errorf("behind a wall at %v m %d samples are seen, want %d", depth, seen[1], want)
		}
	}
}

func TestPartlyOutside(t *testing.T) {
	c := NewCanvas(200, 100)
	// From 80 to 120 pixels to the right of the middle: half is outside.
	got := c.Draw(board(5, 5, 1, 1), mesh.Identity, 1, level(), plain(), open{})
	if math.Abs(got.Inside-0.5) > 1e-9 || got.Samples != 20*40*4 {
		t.Errorf("covers %+v", got)
	}
	if got := c.Draw(board(50, 5, 1, 1), mesh.Identity, 1, level(), plain(), open{}); got.Samples != 0 || got.Inside != 0 {
		t.Errorf("what is outside covers %+v", got)
	}
}

func TestBackFacesAreNotDrawn(t *testing.T) {
	c := NewCanvas(200, 100)
	cam := NewCamera(mesh.V(0, 10, 1), math.Pi, 0, 0, math.Pi/2, 200, 100) // from behind
	if got := c.Draw(board(0, 5, 1, 1), mesh.Identity, 1, cam, plain(), open{}); got.Samples != 0 {
		t.Errorf("the back covers %d samples", got.Samples)
	}
}

func TestComposeAveragesEdges(t *testing.T) {
	c := NewCanvas(200, 100)
	c.Draw(board(0.02, 5, 1, 1), mesh.Identity, 1, level(), plain(), open{}) // from 80.4 to 120.4 pixels
	rgb := make([]byte, 3*200*100)
	c.Compose(rgb)
	at := func(x int) byte { return rgb[3*(50*200+x)] }
	if at(79) != 0 || at(100) == 0 || at(121) != 0 {
		t.Errorf("outside %d, inside %d, outside %d", at(79), at(100), at(121))
	}
	if at(80) != at(100)/2 || at(120) != at(100)/2 {
		t.Errorf("the edges are %d and %d, want half of %d", at(80), at(120), at(100))
	}
}

func TestClearForgets(t *testing.T) {
	c := NewCanvas(200, 100)
	c.Draw(board(0, 5, 1, 1), mesh.Identity, 1, level(), plain(), open{})
	c.CastShadow(board(0, 5, 0.5, 0.5), mesh.Identity, level(), mesh.V(0, -0.6, 0.8), 1)
	c.Clear()
	rgb := make([]byte, 3*200*100)
	for i := range rgb {
		rgb[i] = 9
	}
	c.Compose(rgb)
	for i, v := range rgb {
		if v != 9 {
			t.Fatalf("byte %d is %d after Clear", i, v)
		}
	}
}

// A board of 1 m under the sun in the zenith darkens the ground below it.
func TestShadowFallsAwayFromTheSun(t *testing.T) {
	var m mesh.Mesh
	m.Box(m.Material(mesh.Material{}), mesh.V(-1, 4, 0), mesh.V(1, 6, 1))
	c := NewCanvas(200, 100)
	c.CastShadow(&m, mesh.Identity, level(), mesh.V(0.6, 0, 0.8), 1) // sun to the right: shadow to the left
	rgb := make([]byte, 3*200*100)
	for i := range rgb {
		rgb[i] = 200
	}
	c.Compose(rgb)
	at := func(along float64) byte {
		x, y, _ := level().Project(mesh.V(along, 5, 0))
		return rgb[3*(int(y)*200+int(x))]
	}
	if at(-1.4) != 0 || at(1.4) != 200 {
		t.Errorf("left of the box the ground is %d, right of it %d", at(-1.4), at(1.4))
	}
}

func TestDrawAllocatesNothing(t *testing.T) {
	c, m, cam, l := NewCanvas(200, 100), board(0, 5, 1, 1), level(), plain()
	rgb := make([]byte, 3*200*100)
	if n := testing.AllocsPerRun(20, func() {
		c.Clear()
		c.Draw(m, mesh.Identity, 1, cam, l, open{})
		c.CastShadow(m, mesh.Identity, cam, mesh.V(0, 0.6, 0.8), 0.5)
		c.Compose(rgb)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
