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

// Occluder says how near the backdrop's own things are: the inverse depth at a
// pixel of the resting picture, 0 where nothing stands.
type Occluder interface {
	InverseDepth(x, y int) float32
}

// still is an Occluder in the shaken picture.
type still struct {
	Occluder
	shiftX, shiftY int
}

// at is the inverse depth at a pixel.
func (s *still) at(x, y int) float32 { return s.InverseDepth(x-s.shiftX, y-s.shiftY) }

// Cover is what a body takes of the picture.
type Cover struct {
	Samples int     // inside the picture, those that something hides counted
	Inside  float64 // share of the box about the body that lies inside the picture
}

// Draw draws m, moved to its place in the scene, as the given body (not None)
// and returns what it covers. Until Clear, cam and back must stay the same.
func (c *Canvas) Draw(m *mesh.Mesh, place mesh.Affine, body uint16, cam *Camera, l *Light, back Occluder) Cover {
	inside, box := c.project(m, place, cam)
	if inside == 0 {
		return Cover{}
	}
	for y := box.Y0; y <= box.Y1; y++ {
		marks := c.marks[y*c.words+box.X0/64 : y*c.words+box.X1/64+1]
		for i := range marks {
			marks[i].drawn = 0
		}
	}
	p := painter{
		c: c, m: m, place: place, cam: cam, light: l, body: body,
		back: still{back, int(math.Round(cam.shiftX)), int(math.Round(cam.shiftY))},
	}
	covered := 0
	for i := range m.Triangles {
		covered += p.triangle(&m.Triangles[i])
	}
	return Cover{Samples: covered, Inside: inside}
}

// project fills c.points but for their colours, and returns how much of the box
// about them is inside the picture, and the samples of that part.
func (c *Canvas) project(m *mesh.Mesh, place mesh.Affine, cam *Camera) (inside float64, box Box) {
	c.makePoints(len(m.Points))
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for i, p := range m.Points {
		x, y, depth := cam.Project(place.Point(p))
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
		return 0, box
	}
	box = Box{
		X0: int(max(x0, 0) * Over), Y0: int(max(y0, 0) * Over),
		X1: min(int(min(x1, float64(c.Width))*Over), c.stride-1), Y1: min(int(min(y1, float64(c.Height))*Over), c.Height*Over-1),
	}
	return min(1, w*h/((x1-x0)*(y1-y0))), box
}

// makePoints gives c.points a length.
func (c *Canvas) makePoints(n int) {
	if cap(c.points) < n {
		c.points = make([]screen, n)
	}
	c.points = c.points[:n]
}

// painter is one Draw.
type painter struct {
	c     *Canvas
	m     *mesh.Mesh
	place mesh.Affine
	cam   *Camera
	light *Light
	back  still
	body  uint16
}

// lit returns vertex i with its colour. A vertex belongs to one material: that
// of the first triangle in sight that names it.
func (p *painter) lit(i, material int32) *screen {
	s := &p.c.points[i]
	if !s.lit {
		at, normal := p.place.Point(p.m.Points[i]), p.place.Dir(p.m.Normals[i])
		r, g, b := p.light.Response(p.light.Shade(&p.m.Materials[material], at, normal, p.cam.Eye))
		s.r, s.g, s.b, s.lit = float32(r), float32(g), float32(b), true
	}
	return s
}

// triangle draws one triangle if it faces the camera, and returns how many
// samples it covers for the first time in this draw.
func (p *painter) triangle(t *mesh.Triangle) int {
	c := p.c
	a, d, b := &c.points[t.A], &c.points[t.B], &c.points[t.C]
	if a.behind || b.behind || d.behind {
		return 0
	}
	// y points down in the picture: what is counter-clockwise to the eye has a
	// negative area, and as lines are taken in the other direction the second
	// and third corners have changed places.
	area := (b.x-a.x)*(d.y-a.y) - (b.y-a.y)*(d.x-a.x)
	if area <= 0 {
		return 0
	}
	box := centres(a, b, d, c.stride, c.Height*Over)
	if box.Empty() {
		return 0
	}
	f := facet{scan: scanOf(a, b, d, box), a: a, b: b, d: d, k: 1 / float32(area)}
	covered, lit := 0, false
	for y := box.Y0; y <= box.Y1; y++ {
		if from, to := f.span(); from < to {
			covered += c.cover(y, box.X0+from, box.X0+to, &p.back)
			row := c.samples[y*c.stride+box.X0:][from:to]
			if !lit && f.seen(row, from) {
				p.lit(t.A, t.Material)
				p.lit(t.B, t.Material)
				p.lit(t.C, t.Material)
				lit = true
				f.tint()
			}
			if lit {
				f.paint(row, from, p.body)
			}
		}
		f.down()
	}
	return covered
}
