package actor

import (
	"math"

	"braid/source/synth/mesh"
)

// vehicle is a rigid body on wheels: what cars, buses and trucks have in
// common.
type vehicle struct {
	class                 Class
	body                  *mesh.Mesh
	brakes                []int32 // materials of body that light up when it brakes
	wheels                []mounted
	length, width, height float64
}

// mounted is a wheel in its place.
type mounted struct {
	wheel  *mesh.Mesh
	centre mesh.Vec
	radius float64
	steers bool
}

// brakeLight is what a brake lamp gives.
var brakeLight = mesh.Color{R: 1.5, G: 0.07, B: 0.04}

// axle mounts the same wheel on both sides at x; y is the distance of the
// wheels' middles from the vehicle's.
func (v *vehicle) axle(w *mesh.Mesh, x, y, radius float64, steers bool) {
	for _, side := range [2]float64{1, -1} {
		v.wheels = append(v.wheels, mounted{wheel: w, centre: mesh.V(x, side*y, radius), radius: radius, steers: steers})
	}
}

// finish joins the body's points, moves its middle to the origin and measures
// the vehicle.
func (v *vehicle) finish(body *mesh.Mesh) *vehicle {
	v.body = weld(body)
	lo, hi := v.body.Bounds()
	shift := -(lo.X + hi.X) / 2
	v.body.Transform(0, mesh.Move(mesh.V(shift, 0, 0)))
	for i := range v.wheels {
		v.wheels[i].centre.X += shift
	}
	v.length, v.width, v.height = hi.X-lo.X, 2*max(hi.Y, -lo.Y), hi.Z
	return v
}

// Parts is the one class of the vehicle.
func (v *vehicle) Parts() []Class { return alone[v.class] }

// Size is that of the box about the body, mirrors counted, in metres.
func (v *vehicle) Size() (length, width, height float64) { return v.length, v.width, v.height }

// Draw appends body and wheels to parts[0].
func (v *vehicle) Draw(m Motion, parts []*mesh.Mesh) {
	out := parts[0]
	first := int32(len(out.Materials))
	out.Append(v.body, mesh.Identity)
	if m.Brake {
		for _, b := range v.brakes {
			out.Materials[first+b].Signal = brakeLight
		}
	}
	for _, w := range v.wheels {
		place := mesh.Identity
		if w.centre.Y < 0 {
			place = mesh.Yaw(math.Pi)
		}
		place = place.Then(mesh.Pitch(math.Mod(m.Travelled/w.radius, 2*math.Pi)))
		if w.steers {
			place = place.Then(mesh.Yaw(m.Steer))
		}
		out.Append(w.wheel, place.Then(mesh.Move(w.centre)))
	}
}
