package backdrop

import (
	"math"

	"braid/source/synth/mesh"
	"braid/source/synth/raster"
)

// over is how many samples a pixel has along each side.
const over = raster.Over

// subsample is how finely corners are placed, parts of a sample: what a polygon
// covers is decided in whole numbers and is the same on every processor.
const (
	subsample     = 1 << subsampleBits
	subsampleBits = 4
)

// film holds, for each sample, what has been drawn before sky and ground.
type film struct {
	width, height int // samples
	inv           []float32
	color         [][3]uint8
	near          []float32 // inverse depth of occluders
}

func newFilm(v *view) *film {
	w, h := v.width*over, v.height*over
	return &film{width: w, height: h, inv: make([]float32, w*h), color: make([][3]uint8, w*h), near: make([]float32, w*h)}
}

// corner is a point of the film in parts of a sample.
type corner struct{ x, y int64 }

// place rounds a point of the picture, pixels.
func place(x, y float64) corner {
	const limit = 1 << 20
	x, y = min(limit, max(-limit, x)), min(limit, max(-limit, y))
	return corner{int64(math.Floor(x * (over * subsample))), int64(math.Floor(y * (over * subsample)))}
}

// spans calls row with the samples [from, to) of each row whose centres are in
// a convex polygon.
func (f *film) spans(c []corner, row func(y, from, to int)) {
	top, bottom := c[0].y, c[0].y
	for _, p := range c[1:] {
		top, bottom = min(top, p.y), max(bottom, p.y)
	}
	const half = subsample / 2
	y0 := max(0, ceil(top-half))
	y1 := min(f.height, ceil(bottom-half))
	for y := y0; y < y1; y++ {
		at := int64(y)*subsample + half
		left, right := int64(math.MaxInt64), int64(math.MinInt64)
		a := c[len(c)-1]
		for _, b := range c {
			if (a.y <= at) != (b.y <= at) {
				// From the upper end, so that neighbours agree on their edge.
				u, d := a, b
				if u.y > d.y {
					u, d = d, u
				}
				x := u.x + (d.x-u.x)*(at-u.y)/(d.y-u.y)
				left, right = min(left, x), max(right, x)
			}
			a = b
		}
		if left >= right {
			continue
		}
		from, to := max(0, ceil(left-half)), min(f.width, ceil(right-half))
		if from < to {
			row(y, from, to)
		}
	}
}

// ceil is a number of parts of a sample in whole samples, rounded up.
func ceil(a int64) int { return int(-(-a >> subsampleBits)) }

// dot is a small flat shape of one colour that hides bodies: a leaf.
func (f *film) dot(c []corner, inv, near float32, color [3]uint8) {
	f.spans(c, func(y, from, to int) {
		for i := y*f.width + from; i < y*f.width+to; i++ {
			f.near[i] = max(f.near[i], near)
			if inv > f.inv[i] {
				f.inv[i], f.color[i] = inv, color
			}
		}
	})
}

// solid draws a mesh in the road's axes; near is the inverse depth at which it
// hides bodies.
func (f *film) solid(m *mesh.Mesh, v *view, near float32, shade func(mat *mesh.Material, p, n mesh.Vec) [3]uint8) {
	type vertex struct {
		at     corner
		inv    float64
		rgb    [3]float64
		behind bool
	}
	points := make([]vertex, len(m.Points))
	for i, p := range m.Points {
		x, y, depth := v.project(p)
		points[i] = vertex{at: place(x, y), inv: 1 / depth, behind: depth < raster.Near}
	}
	for _, t := range m.Triangles {
		a, b, c := &points[t.A], &points[t.B], &points[t.C]
		if a.behind || b.behind || c.behind {
			continue
		}
		area := (b.at.x-a.at.x)*(c.at.y-a.at.y) - (b.at.y-a.at.y)*(c.at.x-a.at.x)
		if area >= 0 {
			continue
		}
		for _, i := range [3]int32{t.A, t.B, t.C} {
			s := shade(&m.Materials[t.Material], m.Points[i], m.Normals[i])
			points[i].rgb = [3]float64{float64(s[0]), float64(s[1]), float64(s[2])}
		}
		k := 1 / float64(area)
		f.spans([]corner{a.at, b.at, c.at}, func(y, from, to int) {
			dy := int64(y)*subsample + subsample/2 - a.at.y
			for x := from; x < to; x++ {
				i := y*f.width + x
				f.near[i] = max(f.near[i], near)
				// Inverse depth and colour are linear over the picture.
				dx := int64(x)*subsample + subsample/2 - a.at.x
				kb := float64(dx*(c.at.y-a.at.y)-dy*(c.at.x-a.at.x)) * k
				kc := float64(dy*(b.at.x-a.at.x)-dx*(b.at.y-a.at.y)) * k
				inv := float32(a.inv + (b.inv-a.inv)*kb + (c.inv-a.inv)*kc)
				if inv > f.inv[i] {
					f.inv[i] = inv
					for j := range 3 {
						f.color[i][j] = uint8(a.rgb[j] + (b.rgb[j]-a.rgb[j])*kb + (c.rgb[j]-a.rgb[j])*kc)
					}
				}
			}
		})
	}
}

// occlusion returns for each pixel the second nearest of its four samples: at
// least half of the pixel is covered that near.
func (f *film) occlusion() []float32 {
	w := f.width / over
	out := make([]float32, w*(f.height/over))
	for i := range out {
		j := (i/w*over)*f.width + i%w*over
		a, b := max(f.near[j], f.near[j+1]), min(f.near[j], f.near[j+1])
		c, d := max(f.near[j+f.width], f.near[j+f.width+1]), min(f.near[j+f.width], f.near[j+f.width+1])
		out[i] = max(min(a, c), b, d)
	}
	return out
}
