// Package traffic moves people and vehicles through a street.Street: who
// enters, where they go, how they keep clear of each other, and when they
// leave. It owns positions and motion; shapes are package actor's, the place is
// package street's.
//
// Everything follows from the street's seed. Motion is computed in the road's
// own coordinates (metres along it and across it) with sums, products,
// quotients and square roots only, which are the same on every processor; what
// needs a sine (the camera's view) is rounded to a coarse grid before it is
// used.
package traffic

import (
	"math"
	"time"

	"braid/source/synth/actor"
	"braid/source/synth/dice"
	"braid/source/synth/mesh"
	"braid/source/synth/street"
)

// The simulation's step: fixed, so that the motion is the same at any frame
// rate.
const (
	tick = 20 * time.Millisecond
	dt   = 0.02
)

// warmUp is how many steps are made before time 0, so that by then all keep
// the distances and do the things that they would.
const warmUp = 600

// Streams of the street's seed. Each body has two of its own, for its looks
// and its decisions: neither depends on how many numbers others draw.
const (
	streamMix = 2 + iota
	streamLayout
	streamEntry
	streamBody = 1 << 20
)

// Body is one actor in the scene at one time.
type Body struct {
	Track  int // of this body and no other of the scene
	Actor  actor.Actor
	Place  mesh.Affine // the actor's own axes to the scene's
	Motion actor.Motion
}

// Traffic is what moves in one street. It is not safe for concurrent use.
type Traffic struct {
	seed      uint64
	ground    ground
	eye       point // of the camera, on the ground
	cast      cast
	mix       mix
	dice      *dice.Dice // of entries
	lanes     []*lane
	pavements []*pavement
	crossings []*crossing
	nextParty int // steps until people enter
	people    int // on foot in the street
	crowd     int // how many should be
	bodies    []*body
	now       int64 // steps made since time 0; negative while warming up
	track     int   // of the next body
	shown     []Body
}

// New populates a street as it is at time 0.
func New(s *street.Street) *Traffic { return populate(s, actors) }

// populate is New with a cast of the caller's.
func populate(s *street.Street, c cast) *Traffic {
	t := &Traffic{seed: s.Seed, ground: groundOf(s), cast: c, mix: choose(s.Seed), dice: dice.New(s.Seed, streamEntry)}
	t.now = -warmUp
	t.layOut(s, dice.New(s.Seed, streamLayout))
	t.fill()
	for t.now < 0 {
		t.step()
	}
	t.show(0)
	return t
}

// Advance moves everything on to a time since the start. Times never go back.
func (t *Traffic) Advance(to time.Duration) {
	steps := int64((to + tick - 1) / tick)
	for t.now < steps {
		t.step()
	}
	t.show((time.Duration(t.now) * tick) - to)
}

// Bodies returns what is in the street, in order of Track. The slice holds
// until the next Advance.
func (t *Traffic) Bodies() []Body { return t.shown }

// step moves everything by one step. Bodies move one after the other, each
// only to where nothing stands: that they never overlap follows by induction.
func (t *Traffic) step() {
	t.now++
	for _, c := range t.crossings {
		c.step(t.now)
	}
	for _, b := range t.bodies {
		b.keep()
		if b.mind != nil {
			b.mind.step(t, b)
		}
	}
	t.leave()
	t.enter()
}

// leave drops the bodies that are gone, and keeps the others' order.
func (t *Traffic) leave() {
	kept := t.bodies[:0]
	for _, b := range t.bodies {
		switch {
		case !b.gone:
			kept = append(kept, b)
		case b.kind == pedestrian:
			t.people--
		}
	}
	clear(t.bodies[len(kept):])
	t.bodies = kept
}

// show fills in Bodies as they were at a time before now, less than a step
// back.
func (t *Traffic) show(back time.Duration) {
	t.shown = t.shown[:0]
	part := float64(back) / float64(tick)
	for _, b := range t.bodies {
		p := b.pose.mix(b.before, part)
		t.shown = append(t.shown, Body{
			Track: b.track, Actor: b.actor, Place: t.ground.place(p),
			Motion: actor.Motion{
				Time:      max(0, float64(float64(t.now-b.born)*dt)-back.Seconds()),
				Travelled: b.travelled - float64((b.travelled-b.travelledBefore)*part),
				Speed:     b.speed, Steer: b.steer, Brake: b.brake,
			},
		})
	}
}

// ground turns positions on the road into the scene's.
type ground struct {
	origin   mesh.Vec
	sin, cos float64 // of the road's heading
}

func groundOf(s *street.Street) ground {
	sin, cos := math.Sincos(s.Heading)
	return ground{s.Origin, sin, cos}
}

// place returns the map from the axes of a body in a pose to the scene's.
func (g ground) place(p pose) mesh.Affine {
	x := float64(p.face.a*g.cos) - float64(p.face.c*g.sin)
	y := float64(p.face.a*g.sin) + float64(p.face.c*g.cos)
	return mesh.Affine{
		X: mesh.V(x, y, 0), Y: mesh.V(-y, x, 0), Z: mesh.V(0, 0, 1),
		T: mesh.V(
			g.origin.X+float64(p.at.a*g.cos)-float64(p.at.c*g.sin),
			g.origin.Y+float64(p.at.a*g.sin)+float64(p.at.c*g.cos), 0),
	}
}
