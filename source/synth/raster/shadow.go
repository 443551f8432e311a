package raster

import (
	"math"

	"braid/source/synth/mesh"
)

// CastShadow darkens the ground where m, moved to its place in the scene, keeps
// the sun off it. Strength is the share of the light that is lost, 0 to 1.
func (c *Canvas) CastShadow(m *mesh.Mesh, place mesh.Affine, cam *Camera, sun mesh.Vec, strength float64) {
	if sun.Z < 0.05 {
		return
	}
	c.makePoints(len(m.Points))
	for i, p := range m.Points {
		p = place.Point(p)
		k := max(0, p.Z) / sun.Z
		c.points[i] = shadowPoint(cam, mesh.V(p.X-sun.X*k, p.Y-sun.Y*k, 0))
	}
	level := uint8(255 * (1 - strength))
	// The sun in the mesh's own axes, so that its normals need not be turned.
	sun = mesh.V(place.X.Dot(sun), place.Y.Dot(sun), place.Z.Dot(sun))
	for i := range m.Triangles {
		t := &m.Triangles[i]
		a, b, d := &c.points[t.A], &c.points[t.B], &c.points[t.C]
		// A closed body's lit side has the same shadow as all of it.
		if a.behind || b.behind || d.behind || m.Normals[t.A].Dot(sun)+m.Normals[t.B].Dot(sun)+m.Normals[t.C].Dot(sun) < 0 {
			continue
		}
		c.darken(a, b, d, level)
	}
}

// shadowPoint projects a point of the ground; shadows are kept by the pixel.
func shadowPoint(cam *Camera, p mesh.Vec) screen {
	x, y, depth := cam.Project(p)
	return screen{behind: depth < Near, x: int64(math.Floor(x * subpixel)), y: int64(math.Floor(y * subpixel))}
}

// Dim darkens a patch of the ground: the convex polygon of the corners, given
// in either direction.
func (c *Canvas) Dim(corners []mesh.Vec, cam *Camera, strength float64) {
	c.makePoints(len(corners))
	for i, p := range corners {
		c.points[i] = shadowPoint(cam, p)
		if c.points[i].behind {
			return
		}
	}
	for i := 2; i < len(corners); i++ {
		c.darken(&c.points[0], &c.points[i-1], &c.points[i], uint8(255*(1-strength)))
	}
}

// darken sets the shadow of the pixels in a triangle, whichever way it faces,
// to level.
func (c *Canvas) darken(a, b, d *screen, level uint8) {
	around := c.around(a, b, d)
	if around.Empty() {
		return
	}
	c.markShaded(around)
	area := (b.x-a.x)*(d.y-a.y) - (b.y-a.y)*(d.x-a.x)
	if area < 0 {
		b, d = d, b
	}
	box := centres(a, b, d, c.Width, c.Height)
	if area == 0 || box.Empty() { // far away and thin
		return
	}
	s := scanOf(a, b, d, box)
	for y := box.Y0; y <= box.Y1; y++ {
		if from, to := s.span(); from < to {
			c.darkenRow(y, box.X0+from, box.X0+to, level)
		}
		s.down()
	}
}

// around returns the pixels that a triangle meets and those next to them, where
// its shadow has a soft border. They are also what one darkens that has shrunk
// to a line or a point: distant bodies have few others, and without these their
// shadows would be thin and broken.
func (c *Canvas) around(a, b, d *screen) Box {
	return Box{
		X0: max(0, int(min(a.x, b.x, d.x)/subpixel)-1),
		Y0: max(0, int(min(a.y, b.y, d.y)/subpixel)-1),
		X1: min(c.Width-1, int(max(a.x, b.x, d.x)/subpixel)+1),
		Y1: min(c.Height-1, int(max(a.y, b.y, d.y)/subpixel)+1),
	}
}

// darkenRow sets the shadow of the pixels from one to another (left out).
func (c *Canvas) darkenRow(y, from, to int, level uint8) {
	row := c.shadow[y*c.Width:][from:to]
	for i := range row {
		row[i] = min(row[i], level)
	}
}

// markShaded marks the tiles that a box of pixels meets.
func (c *Canvas) markShaded(box Box) {
	for y := box.Y0 / tile; y <= box.Y1/tile; y++ {
		for x := box.X0 / tile; x <= box.X1/tile; x++ {
			c.shaded[y*c.tilesX+x] = true
		}
	}
}
