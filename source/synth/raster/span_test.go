package raster

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"braid/source/synth/mesh"
)

// corner draws a vertex in, near, or far from a picture of 40 by 30 samples.
func corner(t *rapid.T, name string) screen {
	reach := rapid.SampledFrom([]int64{40, 400, 4000, 1 << 24}).Draw(t, name+" reach")
	return screen{
		x: rapid.Int64Range(-reach, 640+reach).Draw(t, name+" x"),
		y: rapid.Int64Range(-reach, 480+reach).Draw(t, name+" y"),
	}
}

func TestSpansAreThoseOfAPlainScan(t *testing.T) {
	const width, height = 40, 30
	rapid.Check(t, func(t *rapid.T) {
		a, b, d := corner(t, "a"), corner(t, "b"), corner(t, "d")
		if (b.x-a.x)*(d.y-a.y)-(b.y-a.y)*(d.x-a.x) <= 0 {
			b, d = d, b
		}
		if (b.x-a.x)*(d.y-a.y) == (b.y-a.y)*(d.x-a.x) {
			t.Skip("no inside")
		}
		var got [height][width]bool
		if box := centres(&a, &b, &d, width, height); !box.Empty() {
			s := scanOf(&a, &b, &d, box)
			for y := box.Y0; y <= box.Y1; y++ {
				from, to := s.span()
				for x := from; x < to; x++ {
					got[y][box.X0+x] = true
				}
				s.down()
			}
		}
		e0, e1, e2 := edge(&b, &d), edge(&d, &a), edge(&a, &b)
		for y := range height {
			for x := range width {
				if want := e0.at(x, y) >= 0 && e1.at(x, y) >= 0 && e2.at(x, y) >= 0; got[y][x] != want {
					t.Fatalf("sample %d, %d: %v, want %v", x, y, got[y][x], want)
				}
			}
		}
	})
}

func TestQuotientIsThatOfWholeNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.Int64Range(1, math.MaxInt64).Draw(t, "b")
		if rapid.Bool().Draw(t, "small") {
			b = b%1000 + 1
		}
		// Around a multiple of b, where rounding would show.
		q := rapid.Int64Range(0, math.MaxInt64/b).Draw(t, "q")
		a := max(0, q*b-rapid.Int64Range(0, 1).Draw(t, "below"))
		if got := quotient(a, b); got != a/b {
			t.Fatalf("%d/%d is %d, want %d", a, b, got, a/b)
		}
	})
}

// A body in its place is drawn as the same body moved there.
func TestPlace(t *testing.T) {
	place := mesh.Yaw(0.4).Then(mesh.Move(mesh.V(0.3, 6, 0)))
	var box, moved mesh.Mesh
	box.Box(box.Material(mesh.Material{Albedo: mesh.Color{R: 0.5, G: 0.2, B: 0.1}, Gloss: 0.5}), mesh.V(-1, -0.5, 0), mesh.V(1, 0.5, 1.5))
	moved.Append(&box, place)
	picture := func(m *mesh.Mesh, place mesh.Affine) (Cover, []byte) {
		c, l := NewCanvas(200, 100), plain()
		l.Sun, l.SunColor = mesh.V(0.6, 0, 0.8), l.Sky
		rgb := make([]byte, 3*200*100)
		for i := range rgb {
			rgb[i] = 200
		}
		cover := c.Draw(m, place, 1, level(), l, open{})
		c.CastShadow(m, place, level(), l.Sun, 0.5)
		c.Compose(rgb)
		return cover, rgb
	}
	got, gotRGB := picture(&box, place)
	want, wantRGB := picture(&moved, mesh.Identity)
	if got != want || got.Samples == 0 {
		t.Errorf("covers %+v, want %+v", got, want)
	}
	for i := range gotRGB {
		if d := int(gotRGB[i]) - int(wantRGB[i]); d < -1 || d > 1 {
			t.Fatalf("byte %d is %d, want %d", i, gotRGB[i], wantRGB[i])
		}
	}
}

func TestOutside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := func(name string, lo, hi float64) float64 { return rapid.Float64Range(lo, hi).Draw(t, name) }
		c := NewCamera(mesh.V(1, 2, 5), f("pan", -3, 3), f("tilt", -0.5, 0.8), f("roll", -0.2, 0.2), 1, 640, 360)
		c.Shake(f("shift x", -7, 7), f("shift y", -7, 7))
		x, y, depth := c.Project(mesh.V(f("x", -50, 50), f("y", -50, 50), f("z", -5, 20)))
		p := c.Eye.Add(c.ahead.Mul(depth)).
			Add(c.right.Mul(float64((x-320-c.shiftX)*depth) / c.Focal)).
			Add(c.down.Mul(float64((y-180-c.shiftY)*depth) / c.Focal))
		seen := depth >= Near && x >= 0 && x <= 640 && y >= 0 && y <= 360
		if edge := min(math.Abs(x), math.Abs(x-640), math.Abs(y), math.Abs(y-360), math.Abs(depth-Near)); edge < 1e-6 || depth < 1e-3 {
			t.Skip("on the border, or behind")
		}
		if got := c.Outside(p) == 0; got != seen {
			t.Fatalf("%v, at %v, %v, %v ahead: seen is %v", p, x, y, depth, got)
		}
	})
}

func TestFadeIsExponential(t *testing.T) {
	for x := 0.0; x <= 1; x += 0.01 {
		if got, want := fade(x), math.Exp(-x); math.Abs(got-want) > 1e-3*want {
			t.Errorf("fade(%v) is %v, want %v", x, got, want)
		}
	}
}
