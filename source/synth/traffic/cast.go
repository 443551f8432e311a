package traffic

import (
	"math"

	"braid/source/synth/actor"
	"braid/source/synth/dice"
)

// cast makes the actors, by kind.
type cast [pedestrian + 1]func(d *dice.Dice) actor.Actor

// actors is the cast of real scenes.
var actors = cast{
	car:              actor.NewCar,
	bus:              actor.NewBus,
	truck:            actor.NewTruck,
	motorcyclist:     actor.NewMotorcyclist,
	cyclist:          actor.NewCyclist,
	parkedMotorcycle: actor.NewParkedMotorcycle,
	parkedBicycle:    actor.NewParkedBicycle,
	pedestrian:       actor.NewPedestrian,
}

// make makes the next body, of a kind. It is not in the street yet.
func (t *Traffic) make(k kind) *body {
	t.track++
	b := &body{track: t.track, kind: k, born: t.now, actor: t.cast[k](dice.New(t.seed, streamBody+2*uint64(t.track)))}
	l, w, h := b.actor.Size()
	b.length, b.width, b.height = roundUp(l), roundUp(w), roundUp(h)
	return b
}

// roundUp rounds a size to the next whole centimetre: shapes may be computed
// with sines, whose last digits differ between processors.
func roundUp(x float64) float64 { return math.Ceil(float64(x*100)-1e-6) / 100 }

// decisions returns the body's own dice.
func (t *Traffic) decisions(b *body) *dice.Dice {
	return dice.New(t.seed, streamBody+2*uint64(b.track)+1)
}

// add puts a body into the street where it would stand, if that is free.
func (t *Traffic) add(b *body, p pose) bool {
	if !t.free(b, p) {
		return false
	}
	b.put(p)
	b.keep()
	t.bodies = append(t.bodies, b)
	return true
}
