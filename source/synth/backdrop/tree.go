package backdrop

import (
	"math"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// tree is a trunk that bears clumps of leaves.
type tree struct {
	at     mesh.Vec // foot
	height float64
	trunk  float64 // radius at the foot
	clumps []clump
	leaf   mesh.Color
	seed   uint64
}

// clump is a ball of leaves.
type clump struct {
	at     mesh.Vec
	radius float64
}

// species is how many kinds of tree there are.
const species = 4

var leaves = [species]mesh.Color{
	{R: 0.085, G: 0.135, B: 0.035},
	{R: 0.060, G: 0.105, B: 0.040},
	{R: 0.115, G: 0.150, B: 0.045},
	{R: 0.050, G: 0.090, B: 0.045},
}

// newTree grows a tree of a kind: round, tall, wide or pointed.
func newTree(d *dice.Dice, at mesh.Vec, kind int, height float64) tree {
	t := tree{at: at, height: height, trunk: float64(0.02*height) + d.Range(0.02, 0.08), seed: d.Uint64()}
	t.leaf = leaves[kind].Mul(d.Range(0.85, 1.3))
	if d.Chance(0.08) {
		t.leaf = mesh.Color{R: 0.16, G: 0.105, B: 0.035}
	}
	bare := max(2.3, 0.32*height)                                   // below the crown
	wide := [species]float64{0.30, 0.20, 0.38, 0.20}[kind] * height // half the crown's width
	mid := (bare + height) / 2
	for range 26 {
		// Up the crown and away from its axis.
		u, turn, r := d.Range(-1, 1), d.Range(0, 2*math.Pi), math.Sqrt(d.Float())
		w := math.Sqrt(1 - float64(u*u))
		if kind == 3 {
			w = 0.55 - float64(0.5*u)
		}
		sin, cos := math.Sincos(turn)
		reach := float64(wide * w * r * 0.85)
		t.clumps = append(t.clumps, clump{
			at:     mesh.V(at.X+float64(reach*cos), at.Y+float64(reach*sin), mid+float64(u*(height-bare)*0.4)),
			radius: wide * d.Range(0.22, 0.42),
		})
	}
	return t
}

// crown is the middle of the leaves.
func (t *tree) crown() (centre mesh.Vec, radius float64) {
	for _, c := range t.clumps {
		centre = centre.Add(c.at)
	}
	centre = centre.Mul(1 / float64(len(t.clumps)))
	for _, c := range t.clumps {
		radius = max(radius, c.at.Sub(centre).Len()+c.radius)
	}
	return centre, radius
}

// wood is the trunk and its branches.
func (t *tree) wood() *mesh.Mesh {
	m := &mesh.Mesh{}
	bark := m.Material(mesh.Material{Albedo: mesh.Color{R: 0.11, G: 0.085, B: 0.06}})
	fork := t.at.Add(mesh.V(0, 0, max(2.2, 0.4*t.height)))
	root := t.at.Add(mesh.V(0, 0, 0.4))
	m.Cylinder(bark, t.at, root, t.trunk, 10)
	m.Limb(bark, root, fork, t.trunk, t.trunk*0.7, 10)
	bough := m.Material(mesh.Material{Albedo: mesh.Color{R: 0.06, G: 0.048, B: 0.035}, Shade: 0.4})
	for i := 0; i < len(t.clumps); i += 2 {
		m.Limb(bough, fork, t.clumps[i].at, t.trunk*0.45, t.trunk*0.15, 5)
	}
	return m
}

// foliage draws the leaves as many small flat shapes, brighter where they face
// the light and dark inside the crown.
func (p *painter) foliage(t *tree, near float32) {
	centre, radius := t.crown()
	_, _, depth := p.v.project(centre)
	if depth < 1 || !p.visible(centre, radius*1.3) {
		return
	}
	d := dice.New(t.seed, 0)
	pixel := depth / p.v.focal
	size := max(0.055, 1.05*pixel)
	f := p.film
	for _, c := range t.clumps {
		n := min(1200, int(5*c.radius*c.radius/(size*size)))
		for range n {
			u, turn, r := d.Range(-1, 1), d.Range(0, 2*math.Pi), math.Sqrt(d.Float())
			sin, cos := math.Sincos(turn)
			w := math.Sqrt(1 - float64(u*u))
			dir := mesh.V(float64(w*cos), float64(w*sin), u)
			at := c.at.Add(dir.Mul(c.radius * r))
			s, a, bright := float64(size*d.Range(0.6, 1.5)), d.Range(0, math.Pi), d.Range(0.75, 1.3)
			x, y, z := p.v.project(at)
			if z < 1 {
				continue
			}
			// Four corners about the leaf's own direction.
			k := s * p.v.focal / z
			sa, ca := math.Sincos(a)
			ax, ay, bx, by := float64(k*ca), float64(k*sa), float64(-0.55*k*sa), float64(0.55*k*ca)
			shape := []corner{place(x+ax, y+ay), place(x+bx, y+by), place(x-ax, y-ay), place(x-bx, y-by)}
			f.dot(shape, float32(1/z), near, p.leaf(t, at, dir.Mul(0.5*r).Add(at.Sub(centre).Mul(1.15/radius)), bright))
		}
	}
}

// leaf is the colour of a leaf at a point; out leads away from the middles of
// clump and crown.
func (p *painter) leaf(t *tree, at, out mesh.Vec, bright float64) [3]uint8 {
	deep := min(1, 0.75*out.Len())
	n := out.Unit()
	open := (0.25 + 0.75*deep*deep) * (0.55 + 0.45*n.Z)
	sun := max(0, 0.25+0.75*n.Dot(p.light.Sun)) * (0.3 + 0.7*deep)
	albedo := t.leaf.Mul(bright)
	light := p.light.Ground.Mix(p.light.Sky, 0.5+0.4*n.Z).Mul(open).Add(p.light.SunColor.Mul(sun * 0.9))
	light = light.Add(pools(p.site.lamps, at, n).Mul(p.light.Lamps * 0.7))
	return p.expose(albedo.Times(light).Mul(1.25), at)
}
