package raster

import "math/bits"

// subpixel is how finely vertices are placed: coverage is decided in whole
// numbers and is therefore the same on every processor.
const subpixel = 16

// line is the edge function of two corners: not negative on the inner side.
type line struct{ x, y, ex, ey int64 }

func edge(a, b *screen) line { return line{x: a.x, y: a.y, ex: b.x - a.x, ey: b.y - a.y} }

// step is how much a line changes from a sample to the next one.
type step struct{ dx, dy int64 }

func (l *line) step() step { return step{-l.ey * subpixel, l.ex * subpixel} }

// at is the function's value at the centre of a sample.
func (l *line) at(x, y int) int64 {
	px, py := int64(x)*subpixel+subpixel/2, int64(y)*subpixel+subpixel/2
	return l.ex*(py-l.y) - l.ey*(px-l.x)
}

// centres returns the box of the samples, of width by height, whose centres may
// be in a triangle. Most triangles of distant bodies lie between the centres.
func centres(a, b, d *screen, width, height int) Box {
	const half = subpixel / 2
	return Box{
		X0: max(0, int((min(a.x, b.x, d.x)+half-1)/subpixel)),
		Y0: max(0, int((min(a.y, b.y, d.y)+half-1)/subpixel)),
		X1: min(width-1, int((max(a.x, b.x, d.x)+half)/subpixel)-1),
		Y1: min(height-1, int((max(a.y, b.y, d.y)+half)/subpixel)-1),
	}
}

// scan finds the samples of a triangle row by row. Its values belong to the
// left end of the box in the present row.
type scan struct {
	e0, e1, e2 step
	v0, v1, v2 int64
	n          int // samples in a row of the box
}

// scanOf starts at the first row of the box that centres gave. The corners must
// be in the order in which the picture's y axis, which points down, makes the
// inside of the three lines positive.
func scanOf(a, b, d *screen, box Box) scan {
	e0, e1, e2 := edge(b, d), edge(d, a), edge(a, b)
	return scan{
		e0: e0.step(), e1: e1.step(), e2: e2.step(), n: box.X1 - box.X0 + 1,
		v0: e0.at(box.X0, box.Y0), v1: e1.at(box.X0, box.Y0), v2: e2.at(box.X0, box.Y0),
	}
}

// down goes to the next row.
func (s *scan) down() { s.v0, s.v1, s.v2 = s.v0+s.e0.dy, s.v1+s.e1.dy, s.v2+s.e2.dy }

// narrow is the width up to which looking at each sample is cheaper than
// dividing.
const narrow = 10

// span returns which samples of the row, counted from the left end of the box,
// are inside: those from one to another, which is left out.
func (s *scan) span() (from, to int) {
	if s.n <= narrow {
		return s.look()
	}
	from, to = within(s.v0, s.e0.dx, 0, s.n)
	from, to = within(s.v1, s.e1.dx, from, to)
	return within(s.v2, s.e2.dx, from, to)
}

// look is span for narrow triangles. The signs of the three values are gathered
// without branches, which could not be foreseen.
func (s *scan) look() (from, to int) {
	var outside uint64
	v0, v1, v2 := s.v0, s.v1, s.v2
	for i := range s.n {
		outside |= uint64(v0|v1|v2) >> 63 << (i & 63)
		v0, v1, v2 = v0+s.e0.dx, v1+s.e1.dx, v2+s.e2.dx
	}
	inside := ^outside & (1<<s.n - 1)
	return bits.TrailingZeros64(inside), bits.Len64(inside)
}

// within narrows a span to where v + i*dx is not negative.
func within(v, dx int64, from, to int) (int, int) {
	switch {
	case dx > 0 && v < 0:
		return max(from, int(quotient(-v-1, dx))+1), to
	case dx < 0 && v >= 0:
		return from, min(to, int(quotient(v, -dx))+1)
	case v < 0:
		return to, to
	}
	return from, to
}

// quotient is a/b for a not negative and b positive. Processors divide floats
// much faster, and as a quotient that is not whole differs from the next whole
// number by at least 1/b, rounding cannot reach that while a has 52 bits.
func quotient(a, b int64) int64 {
	if a < 1<<52 {
		return int64(float64(a) / float64(b))
	}
	return a / b
}
