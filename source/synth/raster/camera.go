// Package raster draws meshes as a fixed camera sees them: it projects,
// shades, hides what is behind, and counts for each body how many of its
// samples are seen, which is where the truth of a scene comes from.
package raster

import (
	"math"

	"braid/source/synth/mesh"
)

// Camera is a pinhole camera that looks over the ground. The zero Camera is
// not usable; make one with NewCamera.
type Camera struct {
	Eye           mesh.Vec
	Width, Height int     // of the picture, pixels
	Focal         float64 // focal length in pixels
	right, down   mesh.Vec
	ahead         mesh.Vec
	shiftX        float64 // shake, pixels
	shiftY        float64
}

// NewCamera places a camera at eye. pan turns it to the right, tilt downwards
// and roll clockwise (radians); fov is the horizontal angle of view.
func NewCamera(eye mesh.Vec, pan, tilt, roll, fov float64, width, height int) *Camera {
	turn := func(v mesh.Vec) mesh.Vec {
		sr, cr := math.Sincos(roll)
		v = mesh.V(float64(v.X*cr)+float64(v.Z*sr), v.Y, float64(v.Z*cr)-float64(v.X*sr))
		st, ct := math.Sincos(tilt)
		v = mesh.V(v.X, float64(v.Y*ct)+float64(v.Z*st), float64(v.Z*ct)-float64(v.Y*st))
		sp, cp := math.Sincos(pan)
		return mesh.V(float64(v.X*cp)+float64(v.Y*sp), float64(v.Y*cp)-float64(v.X*sp), v.Z)
	}
	return &Camera{
		Eye: eye, Width: width, Height: height,
		Focal: float64(width) / 2 / math.Tan(fov/2),
		right: turn(mesh.V(1, 0, 0)), ahead: turn(mesh.V(0, 1, 0)), down: turn(mesh.V(0, 0, -1)),
	}
}

// Shake shifts the picture by x to the right and y down, in pixels, from where
// the camera rests.
func (c *Camera) Shake(x, y float64) { c.shiftX, c.shiftY = x, y }

// Project returns where p is in the picture (pixels; the top left corner of
// the top left pixel is 0, 0) and how far ahead of the eye, metres. x and y
// mean nothing where depth is not positive.
func (c *Camera) Project(p mesh.Vec) (x, y, depth float64) {
	v := p.Sub(c.Eye)
	depth = v.Dot(c.ahead)
	k := c.Focal / max(depth, 1e-9)
	x = float64(c.Width)/2 + c.shiftX + float64(v.Dot(c.right)*k)
	y = float64(c.Height)/2 + c.shiftY + float64(v.Dot(c.down)*k)
	return x, y, depth
}

// Sides are those at which something lies outside the picture, one bit each:
// what lies wholly beyond one of them is not seen.
type Sides uint8

// AllSides are left, right, top, bottom and behind.
const AllSides Sides = 1<<5 - 1

// Outside returns beyond which sides of what the camera sees p lies.
func (c *Camera) Outside(p mesh.Vec) Sides {
	v := p.Sub(c.Eye)
	depth := v.Dot(c.ahead)
	// Of the products with depth, so that it holds for what is behind too.
	x := float64(v.Dot(c.right)*c.Focal) + float64((float64(c.Width)/2+c.shiftX)*depth)
	y := float64(v.Dot(c.down)*c.Focal) + float64((float64(c.Height)/2+c.shiftY)*depth)
	var s Sides
	for i, beyond := range [...]bool{
		x < 0, x > float64(c.Width)*depth, y < 0, y > float64(c.Height)*depth, depth < Near,
	} {
		if beyond {
			s |= 1 << i
		}
	}
	return s
}

// Ray returns the direction, of length 1, in which the resting camera sees the
// picture's point x, y.
func (c *Camera) Ray(x, y float64) mesh.Vec {
	dx, dy := (x-float64(c.Width)/2)/c.Focal, (y-float64(c.Height)/2)/c.Focal
	return c.ahead.Add(c.right.Mul(dx)).Add(c.down.Mul(dy)).Unit()
}
