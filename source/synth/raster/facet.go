package raster

// facet is a triangle in the picture, with what changes linearly across it.
type facet struct {
	scan
	a, b, d *screen
	k       float32 // 1/area in the scan's units
	step    int64   // of the packed colour from a sample to the next one
}

// seen says whether a row of samples, the first of which is sample i of the
// box, is anywhere behind the triangle. Few triangles have to be lit: hidden
// ones need no colour.
func (f *facet) seen(row []sample, i int) bool {
	v0, v1, v2 := f.v0+f.e0.dx*int64(i), f.v1+f.e1.dx*int64(i), f.v2+f.e2.dx*int64(i)
	for k := range row {
		if f.inverse(v0, v1, v2) > row[k].inv {
			return true
		}
		v0, v1, v2 = v0+f.e0.dx, v1+f.e1.dx, v2+f.e2.dx
	}
	return false
}

// inverse is the inverse depth where the three lines have these values. It
// decides what hides what, hence the rounding of each product.
func (f *facet) inverse(v0, v1, v2 int64) float32 {
	f0, f1, f2 := float32(v0)*f.k, float32(v1)*f.k, float32(v2)*f.k
	return float32(f0*f.a.inv) + float32(f1*f.b.inv) + float32(f2*f.d.inv)
}

// paint draws the row of samples, the first of which is sample i of the box,
// where nothing nearer is.
func (f *facet) paint(row []sample, i int, body uint16) {
	v0, v1, v2 := f.v0+f.e0.dx*int64(i), f.v1+f.e1.dx*int64(i), f.v2+f.e2.dx*int64(i)
	color := f.color(v0, v1, v2)
	d0, d1, d2, k, step := f.e0.dx, f.e1.dx, f.e2.dx, f.k, f.step
	i0, i1, i2 := f.a.inv, f.b.inv, f.d.inv
	for j := range row {
		f0, f1, f2 := float32(v0)*k, float32(v1)*k, float32(v2)*k
		inv := float32(f0*i0) + float32(f1*i1) + float32(f2*i2)
		if s := &row[j]; inv > s.inv {
			*s = sample{inv: inv, color: unpack(color), body: body}
		}
		v0, v1, v2 = v0+d0, v1+d1, v2+d2
		color += step
	}
}

// The three colours of a sample are added to at once, in lanes of a word. Each
// has a fraction of 13 bits, which over the widest picture adds up to an error
// of less than the bias, which keeps a lane from borrowing of the next one.
const (
	lane     = 21
	fraction = 13
	bias     = 0.375
)

// pack puts three numbers into the lanes; they may be negative if they are
// added to others.
func pack(r, g, b float32) int64 {
	const one = 1 << fraction
	return int64(r*one) + int64(g*one)<<lane + int64(b*one)<<(2*lane)
}

// unpack is the colour of a sample.
func unpack(c int64) uint32 {
	u := uint64(c) >> fraction
	return uint32(u&0xff | u>>(lane-8)&0xff00 | u>>(2*lane-16)&0xff0000 | 1<<24)
}

// color is the packed colour where the three lines have these values.
func (f *facet) color(v0, v1, v2 int64) int64 {
	f0, f1, f2 := float32(v0)*f.k, float32(v1)*f.k, float32(v2)*f.k
	a, b, d := f.a, f.b, f.d
	return pack(f0*a.r+f1*b.r+f2*d.r+bias, f0*a.g+f1*b.g+f2*d.g+bias, f0*a.b+f1*b.b+f2*d.b+bias)
}

// tint sets the step of the colour, once the corners are lit.
func (f *facet) tint() {
	f0, f1, f2 := float32(f.e0.dx)*f.k, float32(f.e1.dx)*f.k, float32(f.e2.dx)*f.k
	a, b, d := f.a, f.b, f.d
	f.step = pack(f0*a.r+f1*b.r+f2*d.r, f0*a.g+f1*b.g+f2*d.g, f0*a.b+f1*b.b+f2*d.b)
}
