package app

import "braid/stages"

// ignored says whether the centre of an object's box lies in one of the polygons
// that the camera leaves out.
func (v *view) ignored(o *stages.Object) bool {
	x, y := o.Box[0]+o.Box[2]/2, o.Box[1]+o.Box[3]/2
	for _, corners := range v.ignore {
		if inside(corners, x, y) {
			return true
		}
	}
	return false
}

// inside counts the edges that a ray from the point to the right crosses: an odd
// number says that it starts inside (W. R. Franklin's PNPOLY). Of a point on an
// edge, one of the two areas beside it has it.
func inside(corners [][2]float32, x, y float32) bool {
	in := false
	for i, a := range corners {
		b := corners[(i+1)%len(corners)]
		if (a[1] > y) != (b[1] > y) && x < (b[0]-a[0])*(y-a[1])/(b[1]-a[1])+a[0] {
			in = !in
		}
	}
	return in
}
