package traffic

import (
	"math"

	"braid/source/synth/mesh"
	"braid/source/synth/street"
)

// view is what the street's camera sees of the road.
type view struct {
	street *street.Street
	eye    point
}

// grid is what positions that come from the camera are rounded to.
const grid = 0.125

func viewOf(s *street.Street) view {
	a, c := s.Locate(mesh.V(s.Camera.Eye.X, s.Camera.Eye.Y, 0))
	return view{s, point{math.Round(a/grid) * grid, math.Round(c/grid) * grid}}
}

// sees says whether any part of a box on the road is in the picture.
func (v view) sees(along, across span, height float64) bool {
	const step = 0.75
	for i := 0.0; ; i++ {
		a := min(along.lo+float64(i*step), along.hi)
		for _, c := range [3]float64{across.lo, (across.lo + across.hi) / 2, across.hi} {
			g := v.street.Ground(a, c)
			for _, z := range [3]float64{0, height / 2, height} {
				g.Z = z
				if v.inPicture(g) {
					return true
				}
			}
		}
		if a >= along.hi {
			return false
		}
	}
}

func (v view) inPicture(p mesh.Vec) bool {
	const margin = 8 // pixels, for the camera's shake
	cam := v.street.Camera
	x, y, depth := cam.Project(p)
	return depth > 0.2 && x > -margin && x < float64(cam.Width)+margin && y > -margin && y < float64(cam.Height)+margin
}

// stretch is where along the road a lane or a pavement has traffic. Bodies
// enter and leave beyond its ends, unseen; at an end that is cut, short of the
// camera, they must not go beyond it.
type stretch struct {
	span
	cutLo, cutHi bool
}

// stretch returns the part of a strip of the road that is seen, up to a height
// above it; ok is false where nothing is. Bodies reach so far beyond its ends.
func (v view) stretch(across span, height, reach float64) (st stretch, ok bool) {
	lo, hi := 1.0, 0.0
	for a := v.street.From; a < v.street.To; a++ {
		if !v.sees(span{a, a + 1}, across, height) {
			continue
		}
		if lo > hi {
			lo = a
		}
		hi = a + 1
	}
	if lo > hi {
		return st, false
	}
	const shadow = 6 // of a body that is not seen yet may be
	st.span = span{lo - shadow, hi + shadow}
	return v.cut(st, across, reach), true
}

// cut ends a stretch before the ground near the camera, if it or bodies beyond
// its ends go there, and keeps the longer side.
func (v view) cut(st stretch, across span, reach float64) stretch {
	const near = eyeRadius + 0.2
	if !across.wider(near).holds(v.eye.c) || !st.wider(near+reach).holds(v.eye.a) {
		return st
	}
	if st.hi-v.eye.a > v.eye.a-st.lo {
		st.lo, st.cutLo = max(st.lo, v.eye.a+near), true
	} else {
		st.hi, st.cutHi = min(st.hi, v.eye.a-near), true
	}
	return st
}

// How far bodies reach beyond the ends of lanes, of pavements, and not at all.
const (
	longest = 16
	stride  = 2
	still   = 0
)
