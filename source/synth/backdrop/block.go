package backdrop

import (
	"cmp"
	"math"
	"slices"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// block is a house.
type block struct {
	from, to    float64 // along the road
	front, back float64 // across; back may be less than front
	side        float64 // +1 left of the road, -1 right
	height      float64 // to the eaves
	shadow      float64 // height that throws a shadow
	ridge       float64 // height of the roof over the eaves; 0 for a flat one
	face        facade
	roof        mesh.Color
}

// face is a flat polygon with a texture.
type face struct {
	corners []mesh.Vec // counter-clockwise seen from its front
	origin  mesh.Vec   // where u and v are 0
	u, v    mesh.Vec   // unit directions of the texture
	paint   func(u, v, foot float64) finish
}

// finish is how a point of a face looks.
type finish struct {
	albedo mesh.Color
	mirror float64    // share of the mirrored surroundings
	tilt   float64    // by which a pane leans, turns what it mirrors up or down
	glow   mesh.Color // light of its own
	clear  bool       // nothing is there: what is behind shows
}

// newBlock chooses how a house looks.
func newBlock(d *dice.Dice, kind neighbourhood, width, deep float64, floors int) block {
	b := block{face: newFacade(d, kind, width, floors)}
	b.height = b.face.ground + b.face.floor*float64(floors-1) + d.Range(0.3, 0.9)
	b.face.height, b.face.width = b.height, width
	b.roof = dice.Of(d, mesh.Color{R: 0.19, G: 0.085, B: 0.055}, mesh.Color{R: 0.075, G: 0.078, B: 0.085},
		mesh.Color{R: 0.13, G: 0.075, B: 0.05}, mesh.Color{R: 0.11, G: 0.105, B: 0.10}).Mul(d.Range(0.8, 1.25))
	if pitched := [4]float64{0.7, 0.1, 0.85, 0.6}[kind]; d.Chance(pitched) {
		b.ridge = d.Range(0.25, 0.42) * deep
	}
	b.shadow = b.height + 0.6*b.ridge
	return b
}

// houses draws the blocks that can be seen.
func (p *painter) houses() {
	near := slices.Clone(p.site.blocks)
	slices.SortStableFunc(near, func(a, b block) int {
		return cmp.Compare(math.Abs((a.from+a.to)/2-p.v.eye.X), math.Abs((b.from+b.to)/2-p.v.eye.X))
	})
	for i := range near {
		b := &near[i]
		mid := mesh.V((b.from+b.to)/2, (b.front+b.back)/2, b.height/2)
		if p.visible(mid, b.height+b.to-b.from) {
			p.house(b)
		}
	}
	p.hedges()
}

func (p *painter) house(b *block) {
	along, up := mesh.V(1, 0, 0), mesh.V(0, 0, 1)
	out := mesh.V(0, -b.side, 0) // the front faces the road
	right := up.Cross(out)       // to the right for who looks at the front
	start := b.from
	if right.X < 0 {
		start = b.to
	}
	c := func(x, y, z float64) mesh.Vec { return mesh.V(x, y, z) }
	wide, deep := b.to-b.from, math.Abs(b.back-b.front)
	wall := func(o, u mesh.Vec, long float64, paint func(u, v, foot float64) finish) {
		p.flat(&face{
			corners: []mesh.Vec{o, o.Add(u.Mul(long)), o.Add(u.Mul(long)).Add(up.Mul(b.height)), o.Add(up.Mul(b.height))},
			origin:  o, u: u, v: up, paint: paint,
		})
	}
	wall(c(start, b.front, 0), right, wide, b.face.front)
	// The ends: seen from where x is less, and from where it is more.
	wall(c(b.from, max(b.front, b.back), 0), mesh.V(0, -1, 0), deep, b.face.end)
	wall(c(b.to, min(b.front, b.back), 0), mesh.V(0, 1, 0), deep, b.face.end)
	tiles := func(u, v, foot float64) finish {
		if n := int(math.Floor(u / 2.7)); chance(n, 40, b.face.seed) < 0.2 && u > 0 { // a roof window
			if x, y := math.Abs(u-(float64(n)+0.5)*2.7), math.Abs(v-2.2); x < 0.42 && y < 0.62 {
				if x > 0.35 || y > 0.55 {
					return finish{albedo: mesh.Color{R: 0.07, G: 0.07, B: 0.07}}
				}
				return finish{albedo: mesh.Color{R: 0.03, G: 0.03, B: 0.035}, mirror: 0.4, tilt: 0.7}
			}
		}
		return finish{albedo: shingle(b.roof, b.face.seed, u, v, foot)}
	}
	if b.ridge == 0 {
		o := c(b.from, min(b.front, b.back), b.height)
		p.flat(&face{
			corners: []mesh.Vec{o, o.Add(along.Mul(wide)), o.Add(c(wide, deep, 0)), o.Add(c(0, deep, 0))}, origin: o,
			u: along, v: mesh.V(0, 1, 0), paint: func(u, v, foot float64) finish {
				return finish{albedo: mesh.Color{R: 0.12, G: 0.115, B: 0.11}.Mul(1 + 0.3*grit().at(u/5, v/5, foot/5))}
			},
		})
		return
	}
	const eaves = 0.35
	mid := (b.front + b.back) / 2
	slope := mesh.V(0, b.side*(deep/2+eaves), b.ridge+0.2).Unit()
	o := c(start, b.front-b.side*eaves, b.height-0.2)
	top := mesh.V(0, b.side*(deep/2+eaves), b.ridge+0.2)
	lo := o.Sub(right.Mul(0.2))
	hi := o.Add(right.Mul(wide + 0.2))
	p.flat(&face{corners: []mesh.Vec{lo, hi, hi.Add(top), lo.Add(top)}, origin: o, u: right, v: slope, paint: tiles})
	for _, x := range [2]float64{b.from, b.to} {
		u := mesh.V(0, 1, 0)
		a, z := c(x, min(b.front, b.back), b.height), c(x, max(b.front, b.back), b.height)
		if x == b.from {
			u, a, z = mesh.V(0, -1, 0), z, a
		}
		p.flat(&face{corners: []mesh.Vec{a, z, c(x, mid, b.height+b.ridge)}, origin: c(a.X, a.Y, 0), u: u, v: up, paint: b.face.end})
	}
	if b.face.seed%3 != 0 {
		p.chimney(b, mid)
	}
}

// chimney sets a stack on the ridge.
func (p *painter) chimney(b *block, mid float64) {
	m := &mesh.Mesh{}
	brick := m.Material(mesh.Material{Albedo: b.face.wall.Mul(0.7)})
	x := b.from + 0.8 + chance(1, 2, b.face.seed)*(b.to-b.from-2)
	m.Box(brick, mesh.V(x, mid-0.4, b.height+b.ridge-0.8), mesh.V(x+0.9, mid+0.4, b.height+b.ridge+1.1))
	p.film.solid(m, p.v, 0, func(mat *mesh.Material, at, n mesh.Vec) [3]uint8 {
		return p.response(p.light.Shade(mat, at, n, p.v.eye))
	})
}

// shingle is a roof's tiles.
func shingle(c mesh.Color, seed uint32, u, v, foot float64) mesh.Color {
	k := 1 + 0.25*soft().at(u/9, v/9, foot/9) + 0.3*grit().at(u/4, v/4, foot/4)
	row := int(math.Floor(v / 0.3))
	fade := min(1, 0.12/foot)
	k += 0.2 * fade * (chance(int(math.Floor(u/0.25+float64(row&1)*0.5)), row, seed) - 0.5)
	return c.Mul(k * (1 - 0.45*stripes(v, 0.3, 0.04, foot)))
}
