package backdrop

import (
	"math"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
	"braid/source/synth/street"
)

// line is paint along the road.
type line struct {
	at, half     float64 // across; half its width
	period, duty float64 // of its dashes; duty = period where it is solid
	paint        mesh.Color
}

// bar is paint in a rectangle: a stop line, or the zebra where stripe is not 0.
type bar struct {
	x0, x1, y0, y1 float64
	stripe         float64 // width of a stripe and of the gap after it
	point          float64 // +1 or -1: it is a triangle that points along or against the road
	paint          mesh.Color
}

var (
	white  = mesh.Color{R: 0.55, G: 0.55, B: 0.53}
	yellow = mesh.Color{R: 0.55, G: 0.38, B: 0.05}
)

// mark lays out the paint on the road.
func (g *ground) mark(d *dice.Dice) {
	period, duty := d.Range(4, 9), d.Range(1.5, 3)
	centre := [2]mesh.Color{white, yellow}[d.Pick(3, 1)]
	double, edge := d.Chance(0.4), d.Chance(0.4)
	kerbside := [3]mesh.Color{white, yellow, yellow}[d.Int(3)]
	add := func(at, half, period, duty float64, paint mesh.Color) {
		g.lines = append(g.lines, line{at, half, period, duty, paint})
	}
	for i := range len(g.bands) - 1 {
		a, b := g.bands[i], g.bands[i+1]
		at := a.To
		switch {
		case a.Use == street.Drive && b.Use == street.Drive && a.Way == b.Way:
			add(at, 0.06, period, duty, white)
		case a.Use == street.Drive && b.Use == street.Drive && double:
			add(at-0.11, 0.06, 1, 1, centre)
			add(at+0.11, 0.06, 1, 1, centre)
		case a.Use == street.Drive && b.Use == street.Drive:
			add(at, 0.06, period, duty*d.Range(0.8, 1.6), centre)
		case a.Use == street.Parking && road(b.Use), b.Use == street.Parking && road(a.Use):
			add(at, 0.05, 1, 0.5, white)
		case a.Use == street.Cycle && b.Use == street.Drive, a.Use == street.Drive && b.Use == street.Cycle:
			add(at, 0.07, 1, 1, white)
		case edge && a.Use == street.Drive:
			add(at-0.3, 0.05, 1, 1, kerbside)
		case edge && b.Use == street.Drive:
			add(at+0.3, 0.05, 1, 1, kerbside)
		}
	}
	g.cross()
}

// cross paints zebras and the stop lines before them.
func (g *ground) cross() {
	lo, hi := g.bands[len(g.bands)-1].To, g.bands[0].From
	for _, b := range g.bands {
		if road(b.Use) {
			lo, hi = min(lo, b.From), max(hi, b.To)
		}
	}
	for _, c := range g.p.s.Crossings {
		g.bars = append(g.bars, bar{c.Along - c.Width/2, c.Along + c.Width/2, lo + 0.15, hi - 0.15, 0.5, 0, white})
		for _, b := range g.bands {
			if b.Use == street.Drive {
				x := c.Along - b.Way*(c.Width/2+1.2)
				g.bars = append(g.bars, bar{x - 0.15, x + 0.15, b.From + 0.15, b.To - 0.15, 0, 0, white})
				if g.arrows {
					g.arrow(x-b.Way*5, b.Middle(), b.Way)
				}
			}
		}
	}
}

// arrow paints one that ends at x in the lane whose middle is y.
func (g *ground) arrow(x, y, way float64) {
	add := func(from, to, half, point float64) {
		a, b := x+way*from, x+way*to
		g.bars = append(g.bars, bar{min(a, b), max(a, b), y - half, y + half, 0, point, white})
	}
	add(-3.4, -1.2, 0.09, 0)
	add(-1.2, 0, 0.36, way)
}

// road is the surface of band i, which carries wheels, with its paint.
func (g *ground) road(s *spot, i int) mesh.Color {
	b := &g.bands[i]
	c := g.asphalt
	if b.Use == street.Cycle {
		c = g.cycle
	}
	fine := grit().at(s.x/1.3, s.y/1.3, s.foot/1.3)
	mid := grit().at(s.x/6.1, s.y/6.1, s.foot/6.1)
	large := soft().at(s.x/31, s.y/17, s.foot/20)
	k := 1 + 0.26*fine + 0.13*mid + 0.22*large*(0.4+0.6*g.rough)
	tracks := 0.0
	if b.Use == street.Drive {
		tracks = bump(s.y-b.Middle()-0.8, 0.3) + bump(s.y-b.Middle()+0.8, 0.3)
	}
	k *= g.wear(s, b, tracks)
	k *= g.patch(s, i)
	c = c.Mul(k)
	c = g.iron(s, b, c)
	if i > 0 && !road(g.bands[i-1].Use) {
		c = g.gutter(s, c, i, s.y-b.From, mid)
	}
	if i+1 < len(g.bands) && !road(g.bands[i+1].Use) {
		c = g.gutter(s, c, i+1, b.To-s.y, mid)
	}
	return g.painted(s, c, fine, mid+0.25*tracks)
}

// gutter is the road at a distance in from a kerb, which has a number: dirt, and
// here and there a drain.
func (g *ground) gutter(s *spot, c mesh.Color, kerb int, in, mid float64) mesh.Color {
	if in > 1+s.fy {
		return c
	}
	c = c.Mul(1 - 0.35*cover(in, 0, 0.12+0.15*max(0, mid), s.fy+0.1))
	const cell = 17.0
	n := math.Floor(s.x / cell)
	x := s.x - (n+0.1+0.8*chance(int(n), kerb, g.seed+21))*cell
	k := cover(x, -0.28, 0.28, s.fx) * cover(in, 0.05, 0.42, s.fy)
	return c.Mix(mesh.Color{R: 0.075, G: 0.07, B: 0.065}.Mul(1-0.8*stripes(x, 0.09, 0.045, s.fx)), k)
}

// bump is 1 at 0 and falls to 1/4 at w.
func bump(x, w float64) float64 {
	q := 1 / (1 + x*x/(w*w))
	return q * q
}

// wear is what wheels, which run where tracks is 1, and time do to the asphalt.
func (g *ground) wear(s *spot, b *street.Band, tracks float64) float64 {
	k := 1.0
	if b.Use == street.Drive {
		n := 0.7 + 0.9*soft().at(s.x/23, s.y/5, s.foot/9)
		k += 0.13 * g.rough * n * tracks
		k -= 0.16 * g.rough * n * bump(s.y-b.Middle(), 0.35)
	}
	// Cracks where the asphalt is old.
	old := step(0.15, 0.5, soft().at(s.x/27+0.6, s.y/27, s.foot/27)+0.5*(g.rough-0.5))
	if old > 0 && s.foot < 0.2 {
		k -= 0.35 * old * max(0, veins().at(s.x/7, s.y/7, s.foot/7))
	}
	// Stains.
	if n := soft().at(s.x/3.1, s.y/3.1+0.2, s.foot/3.1); n > 0.55 {
		k -= 0.22 * step(0.55, 0.8, n)
	}
	return max(0.3, k)
}

// patch is the tone of a repair, if there is one.
func (g *ground) patch(s *spot, band int) float64 {
	const cell = 11.0
	n := int(math.Floor(s.x / cell))
	if chance(n, band, g.seed+1) > 0.35*g.rough {
		return 1
	}
	b := &g.bands[band]
	long := 0.8 + 6*chance(n, band, g.seed+2)
	x0 := float64(n)*cell + (cell-long)*chance(n, band, g.seed+3)
	y0 := b.From + b.Width()*0.6*chance(n, band, g.seed+4)
	y1 := min(b.To, y0+0.7+b.Width()*chance(n, band, g.seed+5))
	in := cover(s.x, x0, x0+long, s.fx) * cover(s.y, y0, y1, s.fy)
	seam := cover(s.x, x0-0.04, x0+long+0.04, s.fx)*cover(s.y, y0-0.04, y1+0.04, s.fy) - in
	tone := 0.72 + 0.5*chance(n, band, g.seed+6)
	return (1 + in*(tone-1)) * (1 - 0.4*max(0, seam))
}

// iron lays manhole covers.
func (g *ground) iron(s *spot, b *street.Band, c mesh.Color) mesh.Color {
	const cell = 14.0
	n := int(math.Floor(s.x / cell))
	at := int(b.From * 10)
	if b.Use != street.Drive || chance(n, at, g.seed+11) > 0.45 {
		return c
	}
	x := (float64(n)+0.2+0.6*chance(n, at, g.seed+12))*cell - s.x
	y := b.Middle() + 0.6*(chance(n, at, g.seed+13)-0.5) - s.y
	r := math.Hypot(x, y)
	if r > 0.5+s.foot {
		return c
	}
	w := math.Hypot(s.fx*x, s.fy*y)/max(r, 1e-3) + 0.005
	metal := mesh.Color{R: 0.075, G: 0.07, B: 0.065}.Mul(0.8 + 0.4*stripes(x, 0.08, 0.04, s.fx)*stripes(y, 0.08, 0.04, s.fy)*2)
	return c.Mul(1-0.3*cover(r, 0, 0.42, w)).Mix(metal, cover(r, 0, 0.33, w)).Mul(1 - 0.5*cover(r, 0.3, 0.34, w))
}

// painted lays paint over the asphalt c, thinner where rub is high.
func (g *ground) painted(s *spot, c mesh.Color, fine, rub float64) mesh.Color {
	wear := min(1, max(0, 1.05-g.worn*(0.45+0.9*max(0, rub+0.2)+0.9*max(0, fine))))
	lay := func(paint mesh.Color, k float64) {
		if k > 0 {
			c = c.Mix(paint.Mul(1+0.1*fine), k*wear)
		}
	}
	zebra := false
	for i := range g.bars {
		b := &g.bars[i]
		y0, y1 := b.y0, b.y1
		if b.point != 0 {
			cut := (y1 - y0) / 2 * min(1, max(0, 0.5+b.point*((s.x-b.x0)/(b.x1-b.x0)-0.5)))
			y0, y1 = y0+cut, y1-cut
		}
		k := cover(s.x, b.x0, b.x1, s.fx) * cover(s.y, y0, y1, s.fy)
		if k > 0 && b.stripe > 0 {
			zebra = true
			k *= stripes(s.y-b.y0, 2*b.stripe, b.stripe, s.fy)
		}
		lay(b.paint, k)
	}
	if zebra {
		return c
	}
	for i := range g.lines {
		l := &g.lines[i]
		k := cover(s.y, l.at-l.half, l.at+l.half, s.fy)
		if k > 0 && l.duty < l.period {
			k *= stripes(s.x, l.period, l.duty, s.fx)
		}
		lay(l.paint, k)
	}
	return c
}
