package raster

import (
	"math"

	"braid/source/synth/mesh"
)

// screen is a projected vertex: sample coordinates in 1/subpixel, inverse
// depth, and colour.
type screen struct {
	x, y    int64
	inv     float32
	r, g, b float32
	behind  bool
	lit     bool // colour is set
}

// subpixel is how finely vertices are placed: coverage is decided in whole
// numbers and is therefore the same on every processor.
const subpixel = 16

// Occluder says how near the backdrop's own things are: the inverse depth at a
// pixel of the resting picture, 0 where nothing stands.
type Occluder interface {
	InverseDepth(x, y int) float32
}

// Cover is what a body takes of the picture.
type Cover struct {
	Samples int     // inside the picture, those that something hides counted
	Inside  float64 // share of the box about the body that lies inside the picture
}

// Draw draws m, whose points are in the scene's axes, as the given body (not
// None) and returns what it covers.
func (c *Canvas) Draw(m *mesh.Mesh, body uint16, cam *Camera, l *Light, back Occluder) Cover {
	c.draws++
	p := painter{c: c, m: m, cam: cam, light: l, back: back, body: body}
	p.shiftX, p.shiftY = int(math.Round(cam.shiftX)), int(math.Round(cam.shiftY))
	inside := c.project(m, cam)
	if inside == 0 {
		return Cover{}
	}
	covered := 0
	for i := range m.Triangles {
		covered += p.triangle(&m.Triangles[i])
	}
	return Cover{Samples: covered, Inside: inside}
}

// project fills c.points but for their colours, and returns how much of the box
// about them is inside the picture.
func (c *Canvas) project(m *mesh.Mesh, cam *Camera) (inside float64) {
	if cap(c.points) < len(m.Points) {
		c.points = make([]screen, len(m.Points))
	}
	c.points = c.points[:len(m.Points)]
	var x0, y0, x1, y1 float64 = math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for i, p := range m.Points {
		x, y, depth := cam.Project(p)
		s := &c.points[i]
		*s = screen{behind: depth < Near, inv: float32(1 / depth)}
		if s.behind {
			continue
		}
		s.x, s.y = int64(math.Floor(x*(Over*subpixel))), int64(math.Floor(y*(Over*subpixel)))
		x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x), max(y1, y)
	}
	w := min(x1, float64(c.Width)) - max(x0, 0)
	h := min(y1, float64(c.Height)) - max(y0, 0)
	if !(w > 0 && h > 0) {
		return 0
	}
	return min(1, w*h/((x1-x0)*(y1-y0)))
}

// painter is one Draw.
type painter struct {
	c              *Canvas
	m              *mesh.Mesh
	cam            *Camera
	light          *Light
	back           Occluder
	body           uint16
	shiftX, shiftY int
}

// lit returns vertex i with its colour. A vertex belongs to one material: that
// of the first triangle in sight that names it.
func (p *painter) lit(i, material int32) *screen {
	s := &p.c.points[i]
	if !s.lit {
		r, g, b := p.light.Response(p.light.Shade(&p.m.Materials[material], p.m.Points[i], p.m.Normals[i], p.cam.Eye))
		s.r, s.g, s.b, s.lit = float32(r), float32(g), float32(b), true
	}
	return s
}

// triangle draws one triangle if it faces the camera, and returns how many
// samples it covers for the first time in this draw.
func (p *painter) triangle(t *mesh.Triangle) int {
	c := p.c
	a, b, d := &c.points[t.A], &c.points[t.B], &c.points[t.C]
	if a.behind || b.behind || d.behind {
		return 0
	}
	// y points down in the picture: what is counter-clockwise to the eye has a
	// negative area.
	area := (b.y-a.y)*(d.x-a.x) - (b.x-a.x)*(d.y-a.y)
	x0, x1, y0, y1, ok := c.bounds(a, b, d)
	if area <= 0 || !ok {
		return 0
	}
	a, d, b = p.lit(t.A, t.Material), p.lit(t.B, t.Material), p.lit(t.C, t.Material)
	c.touch(c.touched, x0/Over, y0/Over, x1/Over, y1/Over)
	e0, e1, e2 := edge(b, d), edge(d, a), edge(a, b)
	w0, w1, w2 := e0.at(x0, y0), e1.at(x0, y0), e2.at(x0, y0)
	k := 1 / float32(area)
	covered := 0
	for y := y0; y <= y1; y++ {
		v0, v1, v2 := w0, w1, w2
		for x := x0; x <= x1; x++ {
			if v0|v1|v2 >= 0 {
				i := y*c.stride + x
				if c.mark[i] != c.draws {
					c.mark[i] = c.draws
					covered++
				}
				f0, f1, f2 := float32(v0)*k, float32(v1)*k, float32(v2)*k
				inv := float32(f0*a.inv) + float32(f1*b.inv) + float32(f2*d.inv)
				if inv > c.inv[i] && inv > p.back.InverseDepth(x/Over-p.shiftX, y/Over-p.shiftY) {
					c.inv[i], c.body[i] = inv, p.body
					c.color[i] = [3]uint8{
						uint8(f0*a.r + f1*b.r + f2*d.r), uint8(f0*a.g + f1*b.g + f2*d.g), uint8(f0*a.b + f1*b.b + f2*d.b),
					}
				}
			}
			v0, v1, v2 = v0+e0.dx, v1+e1.dx, v2+e2.dx
		}
		w0, w1, w2 = w0+e0.dy, w1+e1.dy, w2+e2.dy
	}
	return covered
}

// bounds returns the samples whose centres may be in the triangle.
func (c *Canvas) bounds(a, b, d *screen) (x0, x1, y0, y1 int, ok bool) {
	x0 = max(0, int(min(a.x, b.x, d.x)/subpixel)-1)
	y0 = max(0, int(min(a.y, b.y, d.y)/subpixel)-1)
	x1 = min(c.stride-1, int(max(a.x, b.x, d.x)/subpixel)+1)
	y1 = min(c.Height*Over-1, int(max(a.y, b.y, d.y)/subpixel)+1)
	return x0, x1, y0, y1, x0 <= x1 && y0 <= y1
}

// line is the edge function of two corners: not negative on the inner side.
type line struct{ x, y, ex, ey, dx, dy int64 }

func edge(a, b *screen) line {
	ex, ey := b.x-a.x, b.y-a.y
	return line{x: a.x, y: a.y, ex: ex, ey: ey, dx: -ey * subpixel, dy: ex * subpixel}
}

// at is the function's value at the centre of a sample.
func (l line) at(x, y int) int64 {
	px, py := int64(x)*subpixel+subpixel/2, int64(y)*subpixel+subpixel/2
	return l.ex*(py-l.y) - l.ey*(px-l.x)
}
