package raster

import (
	"math"

	"braid/source/synth/mesh"
)

// Light is how a scene is lit. All colours are linear.
type Light struct {
	Sun      mesh.Vec   // direction to the sun, length 1
	SunColor mesh.Color // of direct light; black under clouds and after sunset
	Sky      mesh.Color // light from above
	Horizon  mesh.Color // sky near the horizon, also the colour of haze
	Ground   mesh.Color // light thrown back by the ground
	Haze     float64    // share of light lost to haze in a metre
	Lamps    float64    // 0 by day to 1: how much street and vehicle lamps give
	Exposure float64    // camera's gain before its response curve
}

// SkyAt returns what is seen of the sky (or, below the horizon, of the far
// ground) in direction d.
func (l *Light) SkyAt(d mesh.Vec) mesh.Color {
	if d.Z < 0 {
		return l.Horizon.Mix(l.Ground, min(1, -d.Z*6))
	}
	return l.Horizon.Mix(l.Sky, math.Sqrt(min(1, d.Z*1.2)))
}

// Shade returns the linear light that leaves point p with normal n towards
// eye.
func (l *Light) Shade(mat *mesh.Material, p, n, eye mesh.Vec) mesh.Color {
	view := eye.Sub(p)
	dist := view.Len()
	view = view.Mul(1 / max(dist, 1e-6))
	if n.Dot(view) < 0 {
		n = n.Mul(-1) // a surface is seen from its front only; smooth normals may lean away
	}
	// Less sky reaches what is close to the ground and looks down.
	open := (0.45 + 0.55*min(1, max(0, p.Z)/0.7)) * (1 - mat.Shade)
	hemi := l.Ground.Mix(l.Sky, 0.5+0.5*n.Z).Mul(open)
	direct := max(0, n.Dot(l.Sun)) * (1 - mat.Shade)
	c := mat.Albedo.Times(hemi.Add(l.SunColor.Mul(direct)))
	if mat.Gloss > 0 || mat.Clarity > 0 {
		c = l.polish(c, mat, n, view, open)
	}
	c = c.Add(mat.Glow.Mul(l.Lamps)).Add(mat.Signal)
	if l.Haze > 0 {
		c = l.Horizon.Mix(c, fade(l.Haze*dist))
	}
	return c
}

// fade is exp(-x), for x not negative, to a thousandth of what is left of the
// light while x is below 1, and haze is thin.
func fade(x float64) float64 {
	return 1 / (1 + x*(1+x*(1.0/2+x*(1.0/6+x*(1.0/24+x/120)))))
}

// polish adds highlight and mirrored surroundings, with Schlick's
// approximation of Fresnel's equations.
func (l *Light) polish(c mesh.Color, mat *mesh.Material, n, view mesh.Vec, open float64) mesh.Color {
	cos := max(0, n.Dot(view))
	k := 1 - cos
	fresnel := 0.04 + 0.96*k*k*k*k*k
	mirror := n.Mul(2 * cos).Sub(view)
	share := min(1, fresnel*(mat.Gloss+2*mat.Clarity)+0.08*mat.Clarity)
	c = c.Mix(l.SkyAt(mirror).Mul(open), share)
	if h := mirror.Dot(l.Sun); h > 0 {
		power := 12 + 180*mat.Gloss*mat.Gloss
		// As log h is at most h-1, what is left out here is below exp(-14).
		if (1-h)*power < 14 {
			c = c.Add(l.SunColor.Mul(mat.Gloss * 0.9 * math.Pow(h, power)))
		}
	}
	return c
}

// Response is the camera's curve from linear light to 8 bits: a soft shoulder
// and the sRGB gamma (IEC 61966-2-1, approximated by a power of 1/2.2).
func (l *Light) Response(c mesh.Color) (r, g, b uint8) {
	return response(c.R * l.Exposure), response(c.G * l.Exposure), response(c.B * l.Exposure)
}

// response looks x up in the curve.
func response(x float64) uint8 {
	i := int(math.Sqrt(max(0, x)) * (curveSize / 4))
	return curve[min(i, curveSize-1)]
}

// The curve is tabulated over the square root of light, 0 to 16, which spaces
// its steps evenly for the eye.
const curveSize = 4096

var curve = func() (t [curveSize]uint8) {
	for i := range t {
		x := float64(i) / (curveSize / 4)
		x *= x
		y := 1 - math.Exp(-1.25*x*(1+0.4*x))
		t[i] = uint8(math.Round(255 * math.Pow(y, 1/2.2)))
	}
	return t
}()
