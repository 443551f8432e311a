package video

import (
	"testing"

	"pgregory.net/rapid"

	"braid/internal/frame"
)

func TestLetterbox(t *testing.T) {
	r := rect{0, 0, 640, 480}
	for _, c := range []struct {
		w, h int
		want rect
	}{
		{640, 480, r},
		{639, 479, rect{0, 0, 639, 479}}, // not scaled
		{1280, 720, rect{0, 60, 640, 420}},
		{320, 240, r},
		{100, 480, rect{270, 0, 370, 480}},
		{10000, 1, rect{0, 238, 640, 240}},
	} {
		if got := r.letterbox(c.w, c.h); got != c.want {
			t.Errorf("%dx%d: %v, want %v", c.w, c.h, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		side := rapid.IntRange(1, 4000)
		x, y := 2*rapid.IntRange(0, 100).Draw(t, "x"), 2*rapid.IntRange(0, 100).Draw(t, "y")
		r := rect{x, y, x + 2*side.Draw(t, "w"), y + 2*side.Draw(t, "h")}
		got := r.letterbox(side.Draw(t, "pw"), side.Draw(t, "ph"))
		if got.within(r) != got || got.width() < 1 || got.height() < 1 || got.x0%2+got.y0%2 > 0 {
			t.Fatalf("%v in %v", got, r)
		}
	})
}

func TestGrid(t *testing.T) {
	for _, c := range []struct {
		n          int
		aspect     float64
		size, last rect
	}{
		{2, 16. / 9, rect{0, 0, 1280, 360}, rect{640, 0, 1280, 360}},
		{2, 4. / 3, rect{0, 0, 1280, 480}, rect{640, 0, 1280, 480}},
		{2, 0.5, rect{0, 0, 720, 720}, rect{360, 0, 720, 720}},
		{3, 16. / 9, rect{0, 0, 1280, 720}, rect{0, 360, 640, 720}},
		{4, 16. / 9, rect{0, 0, 1280, 720}, rect{640, 360, 1280, 720}},
		{5, 16. / 9, rect{0, 0, 1278, 480}, rect{426, 240, 852, 480}},
	} {
		size, tiles := grid(c.n, c.aspect)
		if size != c.size || len(tiles) != c.n || tiles[c.n-1] != c.last {
			t.Errorf("%d of %.2f: %v, %v", c.n, c.aspect, size, tiles)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 64).Draw(t, "n")
		size, tiles := grid(n, rapid.Float64Range(0.01, 100).Draw(t, "aspect"))
		if size.width() > largestWidth || size.height() > largestHeight || size.width()%2+size.height()%2 > 0 {
			t.Fatalf("%d in %v", n, size)
		}
		for i, a := range tiles {
			if a.within(size) != a || a.width() < 16 || a.height() < 16 || a.x0%2+a.y0%2 > 0 {
				t.Fatalf("tile %v of %v", a, size)
			}
			for _, b := range tiles[:i] {
				if a.overlaps(b) {
					t.Fatalf("tiles %v and %v overlap", a, b)
				}
			}
		}
	})
}

func plane(w, h int, at func(x, y int) byte) frame.Plane {
	p := frame.Plane{Data: make([]byte, w*h), Stride: w}
	for i := range p.Data {
		p.Data[i] = at(i%w, i/w)
	}
	return p
}

// An even area stays even at any size, and nothing beside the part is touched.
func TestScalerKeepsLevels(t *testing.T) {
	var s scaler
	rapid.Check(t, func(t *rapid.T) {
		side := rapid.IntRange(1, 90)
		fw, fh, w, h := side.Draw(t, "fw"), side.Draw(t, "fh"), side.Draw(t, "w"), side.Draw(t, "h")
		level := rapid.Byte().Draw(t, "level")
		to := plane(w+3, h+2, func(int, int) byte { return 7 })
		s.plane(to, 1, 2, w, h, plane(fw, fh, func(int, int) byte { return level }), fw, fh)
		for i, got := range to.Data {
			x, y := i%to.Stride, i/to.Stride
			want := level
			if x < 1 || x > w || y < 2 {
				want = 7
			}
			if got != want {
				t.Fatalf("%dx%d to %dx%d at %d,%d: %d, want %d", fw, fh, w, h, x, y, got, want)
			}
		}
	})
}

// A ramp stays one, also where most of the rows have to be left out, and single
// lines are not lost.
func TestScalerShrinksAndGrows(t *testing.T) {
	var s scaler
	ramp := plane(240, 60, func(x, _ int) byte { return byte(x) })
	for _, w := range []int{60, 100, 480} {
		to := plane(w, 20, func(int, int) byte { return 0 })
		s.plane(to, 0, 0, w, 20, ramp, 240, 60)
		for x := range w {
			want := (float64(x)+0.5)*240/float64(w) - 0.5
			if x < 8 || x >= w-8 {
				continue // the edges are mixed from one side
			}
			if got := float64(to.Data[10*w+x]); got < want-1.5 || got > want+1.5 {
				t.Errorf("to %d at %d: %v, want %v", w, x, got, want)
			}
		}
	}
	line := plane(300, 300, func(x, _ int) byte {
		if x == 151 {
			return 255
		}
		return 0
	})
	to := plane(50, 50, func(int, int) byte { return 0 })
	s.plane(to, 0, 0, 50, 50, line, 300, 300)
	if got := int(to.Data[25*50+24]) + int(to.Data[25*50+25]); got < 30 || got > 60 {
		t.Errorf("a line of one pixel of six is %d in all, want about 42", got)
	}
}
