package backdrop

import (
	"cmp"
	"math"
	"slices"

	"braid/source/synth/mesh"
	"braid/source/synth/raster"
	"braid/source/synth/street"
)

// painter holds what the parts of the picture share.
type painter struct {
	s     *street.Street
	v     *view
	light raster.Light // the sun in the road's axes
	site  *site
	film  *film
	sun   *sunlight
}

// expose is what the camera makes of the light that leaves p.
func (p *painter) expose(c mesh.Color, at mesh.Vec) [3]uint8 {
	return p.response(p.hazed(c, at.Sub(p.v.eye).Len()))
}

// hazed is the light c after its way through the air, metres.
func (p *painter) hazed(c mesh.Color, way float64) mesh.Color {
	return p.light.Horizon.Mix(c, math.Exp(-p.light.Haze*way))
}

func (p *painter) response(c mesh.Color) [3]uint8 {
	r, g, b := p.light.Response(c)
	return [3]uint8{r, g, b}
}

// visible reports whether a ball may be in the picture.
func (p *painter) visible(centre mesh.Vec, radius float64) bool {
	x, y, depth := p.v.project(centre)
	if depth < -radius {
		return false
	}
	r := 1.5 * radius * p.v.focal / max(depth, 1)
	if depth < radius {
		return true
	}
	return x > -r && y > -r && x < float64(p.v.width)+r && y < float64(p.v.height)+r
}

// things draws all that may hide bodies, each as near as its foot.
func (p *painter) things() {
	type item struct {
		inv  float32
		draw func(near float32)
	}
	var all []item
	add := func(foot mesh.Vec, draw func(near float32)) {
		_, _, depth := p.v.project(foot)
		if depth > raster.Near {
			// Rounded, so that it is the same number on every processor.
			const parts = 1 << 16
			all = append(all, item{float32(math.Floor(parts/depth+0.5)) / parts, draw})
		}
	}
	shade := func(mat *mesh.Material, at, n mesh.Vec) [3]uint8 {
		l := p.light
		l.SunColor = l.SunColor.Mul(p.sun.share(at, 0.2))
		c := l.Shade(mat, at, n, p.v.eye)
		return p.response(c.Add(mat.Albedo.Times(pools(p.site.lamps, at, n)).Mul(l.Lamps)))
	}
	for i := range p.site.things {
		t := &p.site.things[i]
		add(t.at, func(near float32) { p.film.solid(t.mesh, p.v, near, shade) })
	}
	for i := range p.site.trees {
		t := &p.site.trees[i]
		add(t.at, func(near float32) {
			if !p.visible(t.at.Add(mesh.V(0, 0, t.height/2)), t.height) {
				return
			}
			p.film.solid(t.wood(), p.v, near, func(mat *mesh.Material, at, n mesh.Vec) [3]uint8 {
				l := p.light
				l.SunColor = l.SunColor.Mul(0.5)
				return p.response(l.Shade(mat, at, n, p.v.eye))
			})
			p.foliage(t, near)
		})
	}
	slices.SortStableFunc(all, func(a, b item) int { return cmp.Compare(b.inv, a.inv) })
	for _, it := range all {
		it.draw(it.inv)
	}
}

// develop fills in sky and ground where no sample is taken and averages the
// samples to pixels.
func (p *painter) develop() []byte {
	f := p.film
	rgb := make([]byte, 3*p.v.width*p.v.height)
	g := newGround(p)
	k := newSky(p)
	for y := range p.v.height {
		for x := range p.v.width {
			var r, gr, b, n int
			for _, i := range [4]int{2*y*f.width + 2*x, 2*y*f.width + 2*x + 1, (2*y+1)*f.width + 2*x, (2*y+1)*f.width + 2*x + 1} {
				if f.inv[i] > 0 {
					c := f.color[i]
					r, gr, b, n = r+int(c[0]), gr+int(c[1]), b+int(c[2]), n+1
				}
			}
			if rest := 4 - n; rest > 0 {
				d := p.v.ray(float64(x)+0.5, float64(y)+0.5)
				var c [3]uint8
				if d.Z < -p.v.eye.Z/400 {
					c = g.pixel(d)
				} else {
					c = k.pixel(d)
				}
				r, gr, b = r+rest*int(c[0]), gr+rest*int(c[1]), b+rest*int(c[2])
			}
			to := rgb[3*(y*p.v.width+x):]
			to[0], to[1], to[2] = byte((r+2)/4), byte((gr+2)/4), byte((b+2)/4)
		}
	}
	return rgb
}
