package raster

import (
	"math"

	"braid/source/synth/mesh"
)

// CastShadow darkens the ground where m keeps the sun off it. Strength is the
// share of the light that is lost, 0 to 1.
func (c *Canvas) CastShadow(m *mesh.Mesh, cam *Camera, sun mesh.Vec, strength float64) {
	if sun.Z < 0.05 {
		return
	}
	if cap(c.points) < len(m.Points) {
		c.points = make([]screen, len(m.Points))
	}
	c.points = c.points[:len(m.Points)]
	for i, p := range m.Points {
		k := max(0, p.Z) / sun.Z
		x, y, depth := cam.Project(mesh.V(p.X-sun.X*k, p.Y-sun.Y*k, 0))
		c.points[i] = screen{
			behind: depth < Near,
			x:      int64(math.Floor(x * subpixel)), y: int64(math.Floor(y * subpixel)),
		}
	}
	level := uint8(255 * (1 - strength))
	for _, t := range m.Triangles {
		a, b, d := &c.points[t.A], &c.points[t.B], &c.points[t.C]
		// A closed body's lit side has the same shadow as all of it.
		if a.behind || b.behind || d.behind || m.Normals[t.A].Dot(sun)+m.Normals[t.B].Dot(sun)+m.Normals[t.C].Dot(sun) < 0 {
			continue
		}
		c.darken(a, b, d, level)
	}
}

// Dim darkens a patch of the ground: the convex polygon of the corners, given
// in either direction.
func (c *Canvas) Dim(corners []mesh.Vec, cam *Camera, strength float64) {
	c.points = c.points[:0]
	for _, p := range corners {
		x, y, depth := cam.Project(p)
		if depth < Near {
			return
		}
		c.points = append(c.points, screen{x: int64(math.Floor(x * subpixel)), y: int64(math.Floor(y * subpixel))})
	}
	for i := 2; i < len(corners); i++ {
		c.darken(&c.points[0], &c.points[i-1], &c.points[i], uint8(255*(1-strength)))
	}
}

// darken sets the shadow of the pixels in a triangle, whichever way it faces,
// to level.
func (c *Canvas) darken(a, b, d *screen, level uint8) {
	if (b.x-a.x)*(d.y-a.y)-(b.y-a.y)*(d.x-a.x) < 0 {
		b, d = d, b
	}
	x0 := max(0, int(min(a.x, b.x, d.x)/subpixel)-1)
	y0 := max(0, int(min(a.y, b.y, d.y)/subpixel)-1)
	x1 := min(c.Width-1, int(max(a.x, b.x, d.x)/subpixel)+1)
	y1 := min(c.Height-1, int(max(a.y, b.y, d.y)/subpixel)+1)
	if x0 > x1 || y0 > y1 {
		return
	}
	c.touch(c.shaded, x0, y0, x1, y1)
	e0, e1, e2 := edge(b, d), edge(d, a), edge(a, b)
	w0, w1, w2 := e0.at(x0, y0), e1.at(x0, y0), e2.at(x0, y0)
	for y := y0; y <= y1; y++ {
		v0, v1, v2 := w0, w1, w2
		for x := x0; x <= x1; x++ {
			if v0|v1|v2 >= 0 {
				c.shadow[y*c.Width+x] = min(c.shadow[y*c.Width+x], level)
			}
			v0, v1, v2 = v0+e0.dx, v1+e1.dx, v2+e2.dx
		}
		w0, w1, w2 = w0+e0.dy, w1+e1.dy, w2+e2.dy
	}
}

// Compose lays the shadows and the bodies over a picture: packed RGB, Width by
// Height pixels, that already shows the backdrop.
func (c *Canvas) Compose(rgb []byte) {
	for t, on := range c.shaded {
		if on {
			c.rows(t, 1, func(a, b int) { c.shadeRow(rgb, a, b) })
		}
	}
	for t, on := range c.touched {
		if on {
			x0, y0 := t%c.tilesX*tile, t/c.tilesX*tile
			for y := y0; y < min(y0+tile, c.Height); y++ {
				for x := x0; x < min(x0+tile, c.Width); x++ {
					c.pixel(rgb, x, y)
				}
			}
		}
	}
}

// shadeRow dims the pixels from a to b of the ground, with soft borders.
func (c *Canvas) shadeRow(rgb []byte, a, b int) {
	for i := a; i < b; i++ {
		s := int(c.shadow[i]) * 2
		n := 2
		for _, j := range [4]int{i - 1, i + 1, i - c.Width, i + c.Width} {
			if j >= 0 && j < len(c.shadow) {
				s += int(c.shadow[j])
				n++
			}
		}
		if s == 255*n {
			continue
		}
		p := rgb[3*i : 3*i+3 : 3*i+3]
		for k := range p {
			p[k] = byte(int(p[k]) * s / (255 * n))
		}
	}
}

// pixel averages the samples of a pixel over the backdrop.
func (c *Canvas) pixel(rgb []byte, x, y int) {
	var r, g, b, n int
	for sy := range Over {
		i := (y*Over+sy)*c.stride + x*Over
		for _, j := range [Over]int{i, i + 1} {
			if c.body[j] != None {
				s := c.color[j]
				r, g, b, n = r+int(s[0]), g+int(s[1]), b+int(s[2]), n+1
			}
		}
	}
	if n == 0 {
		return
	}
	p := rgb[3*(y*c.Width+x):]
	rest := Over*Over - n
	p[0] = byte((r + rest*int(p[0])) / (Over * Over))
	p[1] = byte((g + rest*int(p[1])) / (Over * Over))
	p[2] = byte((b + rest*int(p[2])) / (Over * Over))
}
