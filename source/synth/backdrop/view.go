package backdrop

import (
	"math"

	"braid/source/synth/mesh"
	"braid/source/synth/raster"
	"braid/source/synth/street"
)

// view is the resting camera in the road's axes: x along it, y across it to
// the left, z up; the origin is the street's. Its picture has the margin.
type view struct {
	eye                mesh.Vec
	right, down, ahead mesh.Vec
	cx, cy, focal      float64  // pixels
	width, height      int      // pixels, with the margin
	sin, cos           float64  // of the road's heading
	origin             mesh.Vec // of the road's axes, in the scene's
}

func newView(s *street.Street) *view {
	c := s.Camera
	sin, cos := math.Sincos(s.Heading)
	v := &view{
		cx: float64(c.Width)/2 + Margin, cy: float64(c.Height)/2 + Margin, focal: c.Focal,
		width: c.Width + 2*Margin, height: c.Height + 2*Margin, sin: sin, cos: cos, origin: s.Origin,
	}
	v.eye = v.turn(c.Eye.Sub(s.Origin))
	// Two rays 45 degrees off the middle one give the camera's axes.
	x, y := float64(c.Width)/2, float64(c.Height)/2
	ahead := c.Ray(x, y)
	v.ahead = v.turn(ahead)
	v.right = v.turn(c.Ray(x+c.Focal, y).Mul(math.Sqrt2).Sub(ahead))
	v.down = v.turn(c.Ray(x, y+c.Focal).Mul(math.Sqrt2).Sub(ahead))
	return v
}

// turn takes a direction of the scene to the road's axes.
func (v *view) turn(d mesh.Vec) mesh.Vec {
	return mesh.V(float64(d.X*v.cos)+float64(d.Y*v.sin), float64(d.Y*v.cos)-float64(d.X*v.sin), d.Z)
}

// project returns where p is in the picture with its margin, pixels, and how
// far ahead of the eye.
func (v *view) project(p mesh.Vec) (x, y, depth float64) {
	d := p.Sub(v.eye)
	depth = d.Dot(v.ahead)
	k := v.focal / max(depth, 1e-9)
	return v.cx + float64(d.Dot(v.right)*k), v.cy + float64(d.Dot(v.down)*k), depth
}

// ray returns the direction in which the picture's point x, y is seen; it
// reaches 1 m ahead.
func (v *view) ray(x, y float64) mesh.Vec {
	return v.ahead.Add(v.right.Mul((x - v.cx) / v.focal)).Add(v.down.Mul((y - v.cy) / v.focal))
}

// clip cuts off what of a flat polygon is less than raster.Near ahead.
func (v *view) clip(corners []mesh.Vec) []mesh.Vec {
	var out []mesh.Vec
	for i, b := range corners {
		a := corners[(i+len(corners)-1)%len(corners)]
		da, db := a.Sub(v.eye).Dot(v.ahead)-raster.Near, b.Sub(v.eye).Dot(v.ahead)-raster.Near
		if (da < 0) != (db < 0) {
			out = append(out, a.Lerp(b, da/(da-db)))
		}
		if db >= 0 {
			out = append(out, b)
		}
	}
	return out
}
