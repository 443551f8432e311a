package traffic

import (
	"braid/source/synth/actor"
	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// box is an actor that is nothing but its size.
type box struct {
	parts                 []actor.Class
	length, width, height float64
}

func (b box) Parts() []actor.Class                  { return b.parts }
func (b box) Size() (length, width, height float64) { return b.length, b.width, b.height }
func (b box) Draw(_ actor.Motion, _ []*mesh.Mesh)   {}

// fake is a cast whose sizes never change, so that the golden motion is
// traffic's own.
var fake = cast{
	car:              boxes(3.7, 5.1, 1.96, 2.22, 1.4, 1.8, actor.Car),
	bus:              boxes(6, 12.5, 2.3, 3.01, 2.9, 3.2, actor.Bus),
	truck:            boxes(5.2, 13, 2.15, 2.9, 2.2, 3.5, actor.Truck),
	motorcyclist:     boxes(1.95, 2.45, 0.9, 1.13, 1.5, 1.7, actor.Motorcycle, actor.Person),
	cyclist:          boxes(1.65, 1.88, 0.74, 1, 1.5, 1.85, actor.Bicycle, actor.Person),
	parkedMotorcycle: boxes(1.95, 2.4, 1.1, 1.38, 1.1, 1.2, actor.Motorcycle),
	parkedBicycle:    boxes(1.6, 1.86, 0.55, 1, 1, 1.1, actor.Bicycle),
	pedestrian:       boxes(0.75, 1.25, 0.42, 0.8, 1.1, 1.95, actor.Person),
}

func boxes(l0, l1, w0, w1, h0, h1 float64, parts ...actor.Class) func(d *dice.Dice) actor.Actor {
	return func(d *dice.Dice) actor.Actor {
		return box{parts, d.Range(l0, l1), d.Range(w0, w1), d.Range(h0, h1)}
	}
}
