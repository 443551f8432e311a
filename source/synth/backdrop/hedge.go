package backdrop

import (
	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// hedges draws what parts gardens from the pavement, and behind them what
// closes the gaps between houses.
func (p *painter) hedges() {
	for side := range p.site.lots {
		lot := &p.site.lots[side]
		d := dice.New(p.s.Seed, stream+8+uint64(side))
		out := float64(2*side - 1)
		if lot.setback > 1.2 && !lot.open && p.site.kind != centre {
			for at := -float64(reach); at < reach; {
				long := d.Range(5, 16)
				p.fence(d, at, at+long-d.Range(0.9, 1.6), lot.edge+float64(out*0.15), out, d.Range(0.6, 1.5), d.Int(4))
				at += long
			}
		}
		p.fence(d, -reach, reach, lot.edge+float64(out*(lot.setback+7)), out, d.Range(1.6, 2.6), d.Int(4))
		p.grove(lot.edge+float64(out*(lot.setback+16)), out, d.Range(5, 11), d)
	}
}

// fence draws a hedge, a wall or a paling from x0 to x1 along the road.
func (p *painter) fence(d *dice.Dice, x0, x1, y, out, high float64, kind int) {
	seed := uint32(d.Uint64())
	brick := facade{seed: seed, height: 99, brick: d.Chance(0.6), wall: mesh.Color{R: 0.27, G: 0.17, B: 0.12}}
	if !brick.brick {
		brick.wall = mesh.Color{R: 0.4, G: 0.38, B: 0.34}
	}
	green := leaves[d.Int(species)].Mul(d.Range(0.9, 1.2))
	wood := mesh.Color{R: 0.20, G: 0.14, B: 0.085}.Mul(d.Range(0.6, 1.3))
	paint := func(u, v, foot float64) finish {
		switch kind {
		case 0, 1:
			n := grit().at(u/1.9, v/1.9, foot/1.9) + 0.6*soft().at(u/4, v/4, foot/4)
			return finish{albedo: green.Mul(max(0.25, (0.55+0.5*v/high)*(1+0.9*n)))}
		case 2:
			if v > high-0.1 {
				return finish{albedo: mesh.Color{R: 0.34, G: 0.33, B: 0.31}}
			}
			return finish{albedo: brick.plain(u, v, foot)}
		}
		k := 1 + 0.4*(chance(int((u+500)/0.12), 0, seed)-0.5)*min(1, 0.06/foot)
		return finish{albedo: wood.Mul(k * (1 - 0.6*stripes(u, 0.12, 0.012, foot)))}
	}
	deep := 0.25
	if kind < 2 {
		deep = 0.8
	}
	up, right := mesh.V(0, 0, 1), mesh.V(out, 0, 0)
	o := mesh.V(x0, y, 0)
	if out < 0 {
		o.X = x1
	}
	long := right.Mul(x1 - x0)
	top := up.Mul(high)
	p.flat(&face{corners: []mesh.Vec{o, o.Add(long), o.Add(long).Add(top), o.Add(top)}, origin: o, u: right, v: up, paint: paint})
	in := mesh.V(0, float64(out*deep), 0)
	p.flat(&face{
		corners: []mesh.Vec{o.Add(top), o.Add(long).Add(top), o.Add(long).Add(top).Add(in), o.Add(top).Add(in)},
		origin:  o.Add(top), u: right, v: mesh.V(0, out, 0), paint: func(u, v, foot float64) finish { return paint(u, high-0.1+v*0.1, foot) },
	})
	for _, end := range [2]mesh.Vec{o, o.Add(long)} {
		a, b := end, end.Add(in)
		w := mesh.V(0, out, 0)
		if end == o {
			a, b, w = b, a, w.Mul(-1)
		}
		p.flat(&face{corners: []mesh.Vec{a, b, b.Add(top), a.Add(top)}, origin: a, u: w, v: up, paint: paint})
	}
}

// grove closes the view beside the road with a row of distant trees.
func (p *painter) grove(y, out, high float64, d *dice.Dice) {
	green := leaves[d.Int(species)].Mul(0.8)
	drift := d.Float()
	right := mesh.V(out, 0, 0)
	o := mesh.V(-reach*out, y, 0)
	long, up := right.Mul(2*reach), mesh.V(0, 0, high*1.3)
	p.flat(&face{
		corners: []mesh.Vec{o, o.Add(long), o.Add(long).Add(up), o.Add(up)}, origin: o, u: right, v: mesh.V(0, 0, 1),
		paint: func(u, v, foot float64) finish {
			lumps := soft().at(u/70+drift, v/70, foot/70)
			leaf := grit().at(u/9, v/9, foot/9)
			if v > high*(0.85+0.4*soft().at(u/90, drift, 0)+0.12*leaf) {
				return finish{clear: true}
			}
			return finish{albedo: green.Mul(max(0.2, (0.45+0.55*v/high)*(1+0.9*lumps+0.8*leaf)))}
		},
	})
}
