package backdrop

import (
	"braid/source/synth/dice"
	"braid/source/synth/mesh"
	"braid/source/synth/street"
)

// gardens plants the trees of a side: along the kerb, and between the houses
// and the pavement.
func (l *site) gardens(d *dice.Dice, side int) {
	across, out := l.kerb(side)
	lot := l.lots[side]
	kind := d.Int(species)
	if d.Chance(0.6) || l.kind == park {
		gap := d.Range(7, 15)
		for at := -70 + d.Range(0, gap); at < 110; at += float64(gap * d.Range(0.8, 1.3)) {
			p := mesh.V(at, across, 0)
			if d.Chance(0.2) || !l.clear(at, 2) || !l.far(p, 16) || (lot.open && d.Chance(0.5)) {
				continue
			}
			l.trees = append(l.trees, newTree(d, p, kind, d.Range(4.5, 8.5)))
		}
	}
	if lot.setback < 3.5 {
		return
	}
	nearest := 1.8
	if lot.open {
		nearest = lot.setback - 2
	}
	for at := -80.0; at < 120; at += d.Range(3, 14) {
		p := mesh.V(at, lot.edge+float64(out*d.Range(nearest, lot.setback-1.2)), 0)
		if l.far(p, 9) {
			l.trees = append(l.trees, newTree(d, p, d.Int(species), d.Range(3, 9)))
		}
	}
}

// furnish sets lamps, signs and what else stands at the kerb.
func (l *site) furnish(d *dice.Dice) {
	height, gap := d.Range(5.5, 9), d.Range(18, 30)
	warm := d.Chance(0.5)
	both := d.Chance(0.4)
	first, signals := d.Int(2), d.Chance(0.6)
	for side := range 2 {
		across, out := l.kerb(side)
		if side == first || both {
			for at := -90 + d.Range(0, gap); at < 130; at += gap {
				l.addLamp(mesh.V(at, across, 0), out, height, warm)
			}
		}
		for at := -60 + d.Range(0, 12); at < 90; at += d.Range(6, 22) {
			p := mesh.V(at, across, 0)
			if l.clear(at, 1.2) && l.far(p, 7) {
				l.addThing(d, p, out)
			}
		}
		if signals {
			l.signals(d, across, out)
		}
	}
}

// signals puts posts beside the crossings.
func (l *site) signals(d *dice.Dice, across, out float64) {
	for _, c := range l.s.Crossings {
		along := c.Along - float64(out*(c.Width/2+0.5))
		if p := mesh.V(along, across, 0); l.far(p, 6) {
			l.stand(p, beacon(d, p))
		}
	}
}

// road reports whether a band carries wheels.
func road(u street.Use) bool { return u == street.Drive || u == street.Cycle || u == street.Parking }
