// Package actor makes the bodies that move through synthetic scenes: people,
// two-wheelers with and without riders, cars, buses and trucks, each varied by
// a seed in shape, size, colour and pose.
package actor

import "braid/source/synth/mesh"

// Class is what a part of an actor is, as detectors name it.
type Class uint8

// The classes of a street, in the order of braid-nano's labels.
const (
	Person Class = iota
	Bicycle
	Car
	Motorcycle
	Bus
	Truck
	Classes = 6
)

func (c Class) String() string {
	return [...]string{"person", "bicycle", "car", "motorcycle", "bus", "truck"}[c]
}

// Motion is what an actor's looks depend on from frame to frame.
type Motion struct {
	Time      float64 // seconds since the actor entered
	Travelled float64 // metres since it entered: turns wheels, swings legs
	Speed     float64 // metres a second
	Steer     float64 // angle of the front wheels, radians, positive to the left
	Brake     bool    // brake lights are on
}

// Actor is one body, or a few that move as one (a bicycle and its rider).
type Actor interface {
	// Parts are the classes of what is drawn, one object of the truth each.
	Parts() []Class
	// Size is the box on the ground that the actor needs, and its height,
	// metres.
	Size() (length, width, height float64)
	// Draw appends part i to parts[i], in the actor's own axes (x forward,
	// y left, z up, origin on the ground below the centre). It keeps nothing of
	// parts and may be called from one goroutine at a time.
	Draw(m Motion, parts []*mesh.Mesh)
}

// What Parts returns is made once, as it is asked for in every frame.
var (
	alone = [Classes][]Class{
		Person: {Person}, Bicycle: {Bicycle}, Car: {Car}, Motorcycle: {Motorcycle}, Bus: {Bus}, Truck: {Truck},
	}
	withRider = [Classes][]Class{Bicycle: {Bicycle, Person}, Motorcycle: {Motorcycle, Person}}
)
