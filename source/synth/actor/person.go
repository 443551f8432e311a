package actor

import (
	"math"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// pedestrian is a person on foot.
type pedestrian struct {
	figure
	skin skin
	gait gait
	pose posture
	size mesh.Vec
}

// NewPedestrian makes a person on foot: a child or an adult who walks, runs
// (above about 2.4 m/s) and, where the speed is near 0, stands.
func NewPedestrian(d *dice.Dice) Actor {
	p := &pedestrian{figure: newFigure(d, rollHeight(d))}
	p.gait = newGait(d, &p.figure)
	o := newOutfit(d, &p.figure)
	looks := newLooks(d, &p.figure)
	o.wear(&p.figure, &p.skin, d, looks.tone)
	looks.wear(&p.figure, &p.skin, d, &o)
	p.load(d, &o)
	p.measure()
	return p
}

// rollHeight returns a height, metres: one person in eight is a child.
func rollHeight(d *dice.Dice) float64 {
	if d.Chance(0.13) {
		return d.Range(1.10, 1.55)
	}
	return min(1.95, max(1.50, 1.71+float64(0.09*d.Norm())))
}

func (p *pedestrian) Parts() []Class { return alone[Person] }

func (p *pedestrian) Size() (length, width, height float64) { return p.size.X, p.size.Y, p.size.Z }

func (p *pedestrian) Draw(m Motion, parts []*mesh.Mesh) {
	a := p.gait.pose(m)
	p.bend(&a, &p.pose)
	p.skin.pose(&p.pose, parts[0])
}

// measure sets the size that holds the person in every phase of the walk.
func (p *pedestrian) measure() {
	p.size = measured(p, 1.4, p.gait.stride)
}

// measured draws an actor standing and at some moments of a cycle of the given
// length, metres, and returns the box about its origin that holds them all.
func measured(a Actor, speed, cycle float64) mesh.Vec {
	var size mesh.Vec
	part := make([]*mesh.Mesh, len(a.Parts()))
	for i := range part {
		part[i] = new(mesh.Mesh)
	}
	const moments = 8
	for i := -1; i < moments; i++ {
		m := Motion{Speed: speed, Travelled: cycle * float64(i) / moments}
		if i < 0 {
			m = Motion{}
		}
		for _, p := range part {
			p.Reset()
		}
		a.Draw(m, part)
		for _, p := range part {
			lo, hi := p.Bounds()
			size.X = max(size.X, 2*math.Abs(lo.X), 2*math.Abs(hi.X))
			size.Y = max(size.Y, 2*math.Abs(lo.Y), 2*math.Abs(hi.Y))
			size.Z = max(size.Z, hi.Z)
		}
	}
	return size
}
