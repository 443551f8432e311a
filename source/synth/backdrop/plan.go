package backdrop

import (
	"math"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
	"braid/source/synth/street"
)

// site is what stands along the street, in the road's axes.
type site struct {
	s      *street.Street
	v      *view
	kind   neighbourhood
	blocks []block
	trees  []tree
	lamps  []lamp
	poles  []pole
	things []thing
	lots   [2]lot // right and left of the outer pavements
}

// neighbourhood is what a street's houses are like.
type neighbourhood uint8

const (
	terrace neighbourhood = iota // old houses wall to wall
	centre                       // shops below, offices and flats above
	suburb                       // houses in gardens
	park                         // a few houses, trees and hedges
)

// lot is the ground beyond one of the outer pavements.
type lot struct {
	edge    float64 // distance across at which it begins
	open    bool    // the camera stands on it: nothing high may rise from it before the houses
	grass   bool
	setback float64 // metres from the pavement to the houses
}

// pole is thin and upright.
type pole struct {
	at     mesh.Vec // its foot
	radius float64
	height float64
}

// thing is a solid that hides bodies behind it.
type thing struct {
	at   mesh.Vec // where it meets the ground
	mesh *mesh.Mesh
}

// reach is how far along the road, metres either way of the origin, houses are
// built.
const reach = 150

// stream is backdrop's own sequence of a street's seed.
const stream = 0x6261636b

// plan sets houses, trees and furniture along the street.
func (l *site) plan() {
	d := dice.New(l.s.Seed, stream)
	l.kind = neighbourhood(d.Pick(3, 3, 3, 2))
	right, left := l.s.Width()
	for side, edge := range [2]float64{right, left} {
		out := float64(2*side - 1)
		lot := lot{edge: edge, open: (l.v.eye.Y-edge)*out > -2.5}
		switch l.kind {
		case terrace:
			lot.setback, lot.grass = [2]float64{0, d.Range(1.5, 3)}[d.Int(2)], d.Chance(0.2)
		case centre:
			lot.setback = [2]float64{0, d.Range(0, 5)}[d.Int(2)]
		case suburb:
			lot.setback, lot.grass = d.Range(4, 9), true
		case park:
			lot.setback, lot.grass = d.Range(6, 14), true
		}
		if lot.open {
			// Houses that are no nearer to the road than the camera hide none of it.
			lot.grass = d.Chance(0.5)
			lot.setback = max(lot.setback, float64((l.v.eye.Y-edge)*out)+d.Range(5, 10))
		}
		l.lots[side] = lot
	}
	for side := range l.lots {
		l.row(dice.New(l.s.Seed, stream+1+uint64(side)), side)
		l.gardens(dice.New(l.s.Seed, stream+3+uint64(side)), side)
	}
	l.furnish(dice.New(l.s.Seed, stream+5))
}

// row builds the houses of a side.
func (l *site) row(d *dice.Dice, side int) {
	lot, out := l.lots[side], float64(2*side-1)
	floors := 2 + d.Int(3)
	for at := -float64(reach); at < reach; {
		width, gap, deep := d.Range(6, 13), 0.0, d.Range(9, 13)
		high := floors + d.Int(2)
		switch l.kind {
		case terrace:
			gap = [2]float64{0, d.Range(2, 9)}[d.Pick(7, 1)]
		case centre:
			width, high = d.Range(9, 24), floors+d.Int(4)
			gap = [2]float64{0, d.Range(3, 12)}[d.Pick(4, 1)]
		case suburb:
			width, high, gap = d.Range(8, 15), 1+d.Int(2), d.Range(3, 9)
		case park:
			width, high, gap = d.Range(10, 20), 1+d.Int(4), d.Range(10, 60)
		}
		front := lot.setback + [2]float64{0, d.Range(0, 0.6)}[d.Int(2)]
		b := newBlock(d, l.kind, width, deep, high)
		b.from, b.to = at, at+width
		b.side = out
		b.front = lot.edge + float64(out*front)
		b.back = b.front + float64(out*deep)
		l.blocks = append(l.blocks, b)
		at += width + gap
	}
}

// kerb returns where the furniture of a side's pavement stands: across, and
// the direction away from the road.
func (l *site) kerb(side int) (across, out float64) {
	bands := l.s.Bands
	out = float64(2*side - 1)
	i := side * (len(bands) - 1)
	step := 1 - 2*side
	b := bands[i]
	if next := bands[i+step]; next.Use == street.Verge {
		return next.Middle(), out
	}
	if out > 0 {
		return b.From + 0.45, out
	}
	return b.To - 0.45, out
}

// clear reports whether a point along the road is off the crossings.
func (l *site) clear(along, room float64) bool {
	for _, c := range l.s.Crossings {
		if math.Abs(along-c.Along) < c.Width/2+room {
			return false
		}
	}
	return true
}

// far reports whether a crown or sign at p leaves the view of the road open:
// what is near the camera must be thin.
func (l *site) far(p mesh.Vec, metres float64) bool {
	d := p.Sub(l.v.eye)
	return d.Dot(l.v.ahead) > metres || d.Dot(l.v.ahead) < -8
}
