// Package backdrop paints, once per synthetic scene, all that does not move:
// the ground with its markings, houses, trees, lamps, sky. It owns no truth but
// one: which pixels hide what is behind them.
//
// Everything follows from a street.Street. The colours may differ by rounding
// from processor to processor; what InverseDepth returns does not.
package backdrop

import (
	"braid/source/synth/mesh"
	"braid/source/synth/raster"
	"braid/source/synth/street"
)

// Margin is how many pixels the picture is larger on each side than what is
// shown of it, so that the camera can shake.
const Margin = 8

// Picture is the still part of a scene.
type Picture struct {
	Width, Height int    // of what is shown, pixels
	RGB           []byte // packed, (Width+2*Margin) by (Height+2*Margin) pixels
	near          []float32
	light         raster.Light
	view          *view
	sun           *sunlight
	lamps         []lamp
}

// Render paints the backdrop of s for the size of its camera's picture.
func Render(s *street.Street) *Picture {
	l := &site{s: s, v: newView(s)}
	l.plan()
	return paint(l)
}

// paint makes the picture of a planned site.
func paint(l *site) *Picture {
	s, v := l.s, l.v
	p := &painter{s: s, v: v, light: s.Light, site: l, film: newFilm(v)}
	p.light.Sun = v.turn(s.Light.Sun)
	p.sun = newSunlight(p.light.Sun, l)
	// What is near goes first, so that little is painted in vain.
	p.things()
	p.houses()
	pic := &Picture{
		Width: s.Camera.Width, Height: s.Camera.Height, RGB: p.develop(), near: p.film.occlusion(),
		light: s.Light, view: v, sun: p.sun, lamps: l.lamps,
	}
	p.halos(pic.RGB)
	return pic
}

// InverseDepth returns, for a pixel of the shown picture at rest (or of the
// margin about it), the inverse of how far ahead (metres) something stands
// that hides bodies behind it; 0 where there is none, and outside.
func (p *Picture) InverseDepth(x, y int) float32 {
	x, y = x+Margin, y+Margin
	w := p.Width + 2*Margin
	if uint(x) >= uint(w) || uint(y) >= uint(p.Height+2*Margin) {
		return 0
	}
	return p.near[y*w+x]
}

// LightAt returns the light at a point of the ground, in the scene's axes: the
// street's own, less the sunlight that houses and trees take away, plus what
// the lamps nearby give.
func (p *Picture) LightAt(ground mesh.Vec) raster.Light {
	l := p.light
	q := p.view.turn(ground.Sub(p.view.origin))
	l.SunColor = l.SunColor.Mul(p.sun.share(q, 0.3))
	lit := pools(p.lamps, mesh.V(q.X, q.Y, 1), mesh.V(0, 0, 1)).Mul(l.Lamps)
	l.Sky, l.Ground = l.Sky.Add(lit), l.Ground.Add(lit.Mul(0.15))
	return l
}
