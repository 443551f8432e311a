package backdrop

import (
	"math"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
	"braid/source/synth/street"
)

// spot is a piece of ground that one pixel sees, in the road's axes.
type spot struct {
	x, y   float64 // along and across the road
	fx, fy float64 // how much of it the pixel sees in these directions
	foot   float64 // the same as a texture's footprint
}

// ground paints what lies underfoot.
type ground struct {
	p       *painter
	seed    uint32
	bands   []street.Band
	lines   []line
	bars    []bar
	right   float64 // between these the ground is road, pavement or verge
	left    float64
	asphalt mesh.Color
	rough   float64 // how uneven and old the asphalt is, 0 to 1
	slab    mesh.Color
	slabX   float64 // size of a paving stone
	slabY   float64
	kerb    mesh.Color
	grass   mesh.Color
	cycle   mesh.Color
	worn    float64 // how much of the paint has gone, 0 to 1
	arrows  bool
	paving  mesh.Color // beyond the pavements
}

func newGround(p *painter) *ground {
	d := dice.New(p.s.Seed, stream+7)
	g := &ground{p: p, seed: uint32(d.Uint64()), bands: p.s.Bands}
	g.right, g.left = p.s.Width()
	tone := d.Range(0.065, 0.14)
	g.asphalt = mesh.Color{R: tone * d.Range(0.98, 1.06), G: tone, B: tone * d.Range(0.93, 1.06)}
	g.rough, g.worn = d.Range(0.2, 1), d.Range(0.05, 0.8)
	tone = d.Range(0.17, 0.34)
	g.slab = mesh.Color{R: tone * d.Range(1, 1.12), G: tone, B: tone * d.Range(0.84, 1)}
	if d.Chance(0.15) {
		g.slab = mesh.Color{R: 0.24, G: 0.13, B: 0.095}
	}
	size := [3][2]float64{{0.6, 0.6}, {0.9, 0.6}, {0.22, 0.11}}[d.Int(3)]
	g.slabX, g.slabY = size[0], size[1]
	tone = d.Range(0.25, 0.4)
	g.kerb = mesh.Color{R: tone, G: tone, B: tone * 0.97}
	g.grass = mesh.Color{R: d.Range(0.07, 0.12), G: d.Range(0.11, 0.15), B: d.Range(0.03, 0.05)}
	g.cycle = [3]mesh.Color{{R: 0.22, G: 0.075, B: 0.055}, {R: 0.06, G: 0.135, B: 0.08}, g.asphalt}[d.Int(3)]
	tone = d.Range(0.12, 0.28)
	g.paving = mesh.Color{R: tone * 1.06, G: tone, B: tone * 0.92}
	g.arrows = d.Chance(0.4)
	g.mark(d)
	return g
}

// pixel is what is seen in direction d, which reaches 1 m ahead and leads down.
func (g *ground) pixel(d mesh.Vec) [3]uint8 {
	v := g.p.v
	depth := -v.eye.Z / d.Z
	at := v.eye.Add(d.Mul(depth))
	// A pixel sees a long piece where the ground is looked along.
	wide := depth / v.focal
	flat := math.Hypot(d.X, d.Y)
	long := wide * math.Hypot(flat, d.Z) / -d.Z
	ux, uy := math.Abs(d.X)/flat, math.Abs(d.Y)/flat
	s := spot{x: at.X, y: at.Y, fx: wide*uy + long*ux, fy: wide*ux + long*uy}
	s.foot = math.Sqrt(wide*long) * 0.8
	albedo := g.albedo(&s)
	up := mesh.V(0, 0, 1)
	l := &g.p.light
	sun := l.SunColor.Mul(max(0, l.Sun.Z) * g.p.sun.share(mesh.V(at.X, at.Y, 0), max(wide, 0.03)))
	light := l.Sky.Mul(g.openness(&s)).Add(sun)
	if l.Lamps > 0 {
		light = light.Add(pools(g.p.site.lamps, at, up).Mul(l.Lamps))
	}
	return g.p.response(g.p.hazed(albedo.Times(light), depth*math.Sqrt(flat*flat+d.Z*d.Z)))
}

// openness is how much of the sky a spot sees: less beside a house or below a
// tree.
func (g *ground) openness(s *spot) float64 {
	open := 1.0
	for i := range g.p.site.lots {
		lot := &g.p.site.lots[i]
		wall := lot.edge + float64(2*i-1)*lot.setback
		if d := math.Abs(s.y - wall); d < 9 {
			open -= 0.3 * (1 - d/9) * (1 - d/9)
		}
	}
	for i := range g.p.site.trees {
		t := &g.p.site.trees[i]
		r := t.height * 0.3
		q := ((s.x-t.at.X)*(s.x-t.at.X) + (s.y-t.at.Y)*(s.y-t.at.Y)) / (r * r)
		if q < 1 {
			open *= 1 - 0.3*(1-q)
		}
	}
	return open
}

// albedo is the colour of a spot.
func (g *ground) albedo(s *spot) mesh.Color {
	if s.y < g.right || s.y >= g.left {
		return g.beyond(s)
	}
	i := 0
	for i+1 < len(g.bands) && s.y >= g.bands[i].To {
		i++
	}
	b := &g.bands[i]
	switch {
	case road(b.Use):
		return g.road(s, i)
	case b.Use == street.Verge:
		return g.edged(s, b, i, g.lawn(s))
	}
	return g.edged(s, b, i, g.stones(s))
}

// edged lays kerb stones along a pavement's or verge's border with the road.
func (g *ground) edged(s *spot, b *street.Band, i int, c mesh.Color) mesh.Color {
	for k, edge := range [2]float64{b.From, b.To} {
		if n := i + 2*k - 1; n < 0 || n >= len(g.bands) || !road(g.bands[n].Use) {
			continue
		}
		in := (s.y - edge) * float64(1-2*k) // metres from the road
		if in > 0.3+s.fy {
			continue
		}
		stone := g.kerb.Mul(0.92 + 0.16*chance(int(math.Floor(s.x)), k, g.seed) + 0.2*grit().at(s.x/2, s.y/2, s.foot/2))
		stone = stone.Mul(1 - 0.35*stripes(s.x, 1, 0.015, s.fx))
		// The stone's face towards the road is in the shade of the sky.
		c = c.Mix(stone, cover(in, 0, 0.17, s.fy)).Mix(stone.Mul(0.55), cover(in, 0, 0.05, s.fy))
		c = c.Mul(1 - 0.3*cover(in, 0.17, 0.185, s.fy))
	}
	return c
}

// stones are the slabs of a pavement.
func (g *ground) stones(s *spot) mesh.Color {
	row := int(math.Floor(s.y / g.slabY))
	x := s.x + float64(row&1)*g.slabX/2
	each := (chance(int(math.Floor(x/g.slabX)), row, g.seed) - 0.5) * min(1, 0.3*min(g.slabX, g.slabY)/s.foot)
	k := 1 + 0.16*each + 0.22*soft().at(s.x/11, s.y/11, s.foot/11) + 0.16*grit().at(s.x/2.3, s.y/2.3, s.foot/2.3)
	joint := min(1, stripes(x, g.slabX, 0.012, s.fx)+stripes(s.y, g.slabY, 0.012, s.fy))
	k *= 1 - 0.42*joint
	// Dark spots: chewing gum and oil.
	if n := grit().at(s.x/5, s.y/5+0.3, s.foot/5); n > 0.75 {
		k *= 0.85
	}
	for i := range g.p.s.Crossings {
		c := &g.p.s.Crossings[i]
		if math.Abs(s.x-c.Along) < c.Width/2 && g.nearRoad(s.y, 0.8) {
			return mesh.Color{R: 0.30, G: 0.25, B: 0.15}.Mul(k * (1 - 0.2*stripes(s.x, 0.1, 0.05, s.fx)))
		}
	}
	return g.slab.Mul(k)
}

// nearRoad reports whether the road begins within a distance of y.
func (g *ground) nearRoad(y, distance float64) bool {
	for _, at := range [2]float64{y - distance, y + distance} {
		if b, ok := g.p.s.BandAt(at); ok && road(b.Use) {
			return true
		}
	}
	return false
}

// lawn is grass with bare places.
func (g *ground) lawn(s *spot) mesh.Color {
	n := soft().at(s.x/9, s.y/9, s.foot/9)
	k := 1 + 0.35*n + 0.4*grit().at(s.x/1.7, s.y/1.7, s.foot/1.7) + 0.25*grit().at(s.x/6, s.y/6, s.foot/6)
	bare := step(0.35, 0.7, soft().at(s.x/4+0.4, s.y/4, s.foot/4))
	c := g.grass.Mix(mesh.Color{R: 0.17, G: 0.155, B: 0.06}, step(-0.4, 0.6, n)*0.5)
	return c.Mix(mesh.Color{R: 0.15, G: 0.115, B: 0.075}, 0.7*bare).Mul(max(0.3, k))
}

// beyond is what lies behind the pavements.
func (g *ground) beyond(s *spot) mesh.Color {
	side := 0
	if s.y >= g.left {
		side = 1
	}
	lot := &g.p.site.lots[side]
	k := 1 + 0.25*soft().at(s.x/13, s.y/13, s.foot/13) + 0.25*grit().at(s.x/2.9, s.y/2.9, s.foot/2.9)
	in := math.Abs(s.y - lot.edge)
	edge := 1 - 0.35*cover(in, -0.1, 0.05, s.fy)
	if lot.grass {
		return g.lawn(s).Mix(g.kerb.Mul(0.9*k), cover(in, -1, 0.12, s.fy)).Mul(edge)
	}
	k *= 1 - 0.25*min(1, stripes(s.x, 2.4, 0.02, s.fx)+stripes(s.y, 2.4, 0.02, s.fy))
	return g.paving.Mul(k * edge)
}
