package backdrop

import (
	"math"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// sky paints the sky with its clouds and the far skyline before it.
type sky struct {
	p         *painter
	drift     float64 // of the clouds over their texture
	amount    float64 // of clouds: 0 clear to 1 covered
	afterglow float64 // azimuth of the sunset
	seed      uint32
	rise      float64 // of the skyline, tangent of its highest roofs
	trees     float64
}

func newSky(p *painter) *sky {
	d := dice.New(p.s.Seed, stream+6)
	k := &sky{p: p, drift: d.Range(0, 1), amount: d.Range(0.1, 0.7), seed: uint32(d.Uint64())}
	if p.s.Overcast && !p.s.Dusk {
		k.amount = 0.95
	}
	k.afterglow = math.Atan2(p.light.Sun.Y, p.light.Sun.X)
	k.rise, k.trees = d.Range(0.03, 0.11), d.Range(0.02, 0.06)
	return k
}

// pixel is what is seen in direction d, which is not below the horizon.
func (k *sky) pixel(d mesh.Vec) [3]uint8 {
	d = d.Unit()
	l := &k.p.light
	azimuth := math.Atan2(d.Y, d.X)
	if c, ok := k.skyline(azimuth, d.Z); ok {
		return k.p.response(c)
	}
	c := l.SkyAt(d)
	toSun := math.Cos(azimuth - k.afterglow)
	if k.p.s.Dusk {
		c = c.Add(l.SunColor.Mul(0.8 * (0.5 + 0.5*toSun) * math.Exp(-7*d.Z)))
	} else if s := d.Dot(l.Sun); s > 0 && !k.p.s.Overcast {
		c = c.Add(l.SunColor.Mul(0.10 * s * s * s * s))
	}
	// Clouds lie on a plane above.
	u, v := d.X/(d.Z+0.12)*0.11+k.drift, d.Y/(d.Z+0.12)*0.11+k.drift*3
	foot := 0.15 / k.p.v.focal / (d.Z + 0.1) / (d.Z + 0.12)
	n := soft().at(u, v, foot) + 0.35*soft().at(u*3.1, v*3.1+0.5, foot*3)
	if k.p.s.Overcast && !k.p.s.Dusk {
		return k.p.response(c.Mul(0.93 + 0.17*n))
	}
	m := step(0.5-k.amount, 0.85-0.5*k.amount, n) * min(1, d.Z*9)
	white := l.Horizon.Mul(1.02).Add(l.SunColor.Mul(0.10 + 0.12*(n-0.2)))
	if k.p.s.Dusk {
		white = l.Horizon.Mix(l.Sky, 0.5).Mul(0.75).Add(l.SunColor.Mul(0.3 * (0.5 + 0.5*toSun) * math.Exp(-4*d.Z)))
	}
	return k.p.response(c.Mix(white, m*0.8))
}

// skyline is the row of far houses and trees that reaches up to z, if it does.
func (k *sky) skyline(azimuth, z float64) (mesh.Color, bool) {
	l := &k.p.light
	edge := k.trees * (0.8 + 0.8*soft().at(azimuth*0.8, 0.3, 0) + 0.3*soft().at(azimuth*3, 0.7, 0))
	if z < edge {
		dark := mesh.Color{R: 0.07, G: 0.10, B: 0.05}.Times(l.Sky.Add(l.SunColor.Mul(0.35))).Mul(0.8 + 0.5*grit().at(azimuth*7, z*7, 0))
		return l.Horizon.Mix(dark, 0.62), true
	}
	for layer := range 2 {
		width := 0.045 / float64(1+layer)
		cell := int(math.Floor(azimuth / width))
		h := chance(cell, layer, k.seed)
		top := k.rise * (0.25 + 0.75*h*h) * (1 - 0.2*float64(layer))
		if chance(cell, layer+5, k.seed) < 0.3 || z > top {
			continue
		}
		tone := 0.25 + 0.3*chance(cell, layer+9, k.seed)
		c := mesh.Color{R: tone, G: tone * 0.97, B: tone * 0.93}.Times(l.Sky.Mul(0.6).Add(l.SunColor.Mul(0.3)))
		if wx, wz := int(azimuth*700), int(z*500); wx%2 == 0 && wz%2 == 0 {
			c = c.Mul(0.8)
			if chance(wx, wz, k.seed) < 0.4*l.Lamps {
				c = mesh.Color{R: 0.5, G: 0.38, B: 0.2}
			}
		}
		return l.Horizon.Mix(c, 0.5-0.15*float64(layer)), true
	}
	return mesh.Color{}, false
}
