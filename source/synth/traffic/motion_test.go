package traffic

import (
	"fmt"
	"math"
	"testing"
	"time"

	"braid/source/synth/actor"
	"braid/source/synth/mesh"
	"braid/source/synth/street"
)

// overSeeds runs a test for many streets, in a few groups side by side.
func overSeeds(t *testing.T, n int, test func(t *testing.T, seed uint64)) {
	t.Helper()
	const groups = 4
	for g := range groups {
		t.Run(fmt.Sprintf("group %d", g), func(t *testing.T) {
			t.Parallel()
			for seed := g; seed < n; seed += groups {
				test(t, uint64(seed))
				if t.Failed() {
					return
				}
			}
		})
	}
}

// plan is the box of a body on the ground of the scene, as a user of the
// package sees it.
type plan struct {
	corners [4]mesh.Vec
	radius  float64
}

func planOf(b *Body) plan {
	l, w, _ := b.Actor.Size()
	return plan{[4]mesh.Vec{
		b.Place.Point(mesh.V(l/2, w/2, 0)), b.Place.Point(mesh.V(-l/2, w/2, 0)),
		b.Place.Point(mesh.V(-l/2, -w/2, 0)), b.Place.Point(mesh.V(l/2, -w/2, 0)),
	}, math.Hypot(l, w) / 2}
}

// apart says whether some edge of p has all of q on its outer side.
func (p plan) apart(q plan) bool {
	for i, a := range p.corners {
		edge := p.corners[(i+1)%4].Sub(a)
		outside := true
		for _, c := range q.corners {
			outside = outside && edge.Cross(c.Sub(a)).Z <= 0
		}
		if outside {
			return true
		}
	}
	return false
}

// distance returns how far a point is from the box.
func (p plan) distance(q mesh.Vec) float64 {
	d := math.Inf(1)
	for i, a := range p.corners {
		edge := p.corners[(i+1)%4].Sub(a)
		t := min(1, max(0, edge.Dot(q.Sub(a))/edge.Dot(edge)))
		d = min(d, a.Lerp(p.corners[(i+1)%4], t).Sub(q).Len())
	}
	return d // a point within is as far from its edges
}

func TestNothingOverlaps(t *testing.T) {
	overSeeds(t, manySeeds, func(t *testing.T, seed uint64) {
		s := street.New(seed, 1280, 720)
		tr := populate(s, fake)
		eye := mesh.V(s.Camera.Eye.X, s.Camera.Eye.Y, 0)
		plans := make([]plan, 0, most)
		for at := time.Duration(0); at <= time.Minute; at += 200 * time.Millisecond {
			tr.Advance(at + tick/3) // between two steps
			bodies := tr.Bodies()
			plans = plans[:0]
			for i := range bodies {
				p, track := planOf(&bodies[i]), bodies[i].Track
				if p.distance(eye) < 3 {
					t.Fatalf("seed %d, %v: track %d is %.2f m from the camera", seed, at, track, p.distance(eye))
				}
				for k, q := range plans {
					near := bodies[i].Place.T.Sub(bodies[k].Place.T).Len() < p.radius+q.radius
					if near && !p.apart(q) && !q.apart(p) {
						t.Fatalf("seed %d, %v: tracks %d and %d overlap", seed, at, bodies[k].Track, track)
					}
				}
				if i > 0 && track <= bodies[i-1].Track {
					t.Fatalf("seed %d, %v: track %d comes after %d", seed, at, track, bodies[i-1].Track)
				}
				plans = append(plans, p)
			}
		}
	})
}

// Nobody jumps, turns on the spot like a top, or goes backwards in time or way.
func TestMotionIsSmooth(t *testing.T) {
	overSeeds(t, fewSeeds, func(t *testing.T, seed uint64) {
		tr := populate(street.New(seed, 1280, 720), fake)
		last := map[int]Body{}
		for step := range 1500 {
			tr.Advance(time.Duration(step) * tick)
			now := map[int]Body{}
			for _, b := range tr.Bodies() {
				now[b.Track] = b
				was, ok := last[b.Track]
				if !ok {
					continue
				}
				moved := b.Place.T.Sub(was.Place.T).Len()
				if moved > 17*dt || b.Place.X.Dot(was.Place.X) < math.Cos(0.2) {
					t.Fatalf("seed %d, step %d: track %d jumps %.2f m, from facing %v to %v", seed, step, b.Track, moved, was.Place.X, b.Place.X)
				}
				if m := b.Motion; m.Travelled < was.Motion.Travelled || math.Abs(m.Time-was.Motion.Time-dt) > 1e-6 || m.Speed < 0 || math.Abs(m.Steer) > 0.6 {
					t.Fatalf("seed %d, step %d: track %d goes on from %+v to %+v", seed, step, b.Track, was.Motion, m)
				}
			}
			last = now
		}
	})
}

// Bodies come and go out of the picture, beyond the street's ends, or through
// a door.
func TestEntersAndLeavesUnseen(t *testing.T) {
	overSeeds(t, fewSeeds, func(t *testing.T, seed uint64) {
		s := street.New(seed, 1280, 720)
		v := viewOf(s)
		tr := populate(s, fake)
		unseen := func(b *body) bool {
			beyond := b.along.lo > s.To || b.along.hi < s.From
			if w, ok := b.mind.(*walker); ok {
				const door = 0.8 + 0.35
				beyond = beyond || math.Abs(b.pose.at.c-w.pavement.outer) < door
			}
			return beyond || !v.sees(b.along, b.across, b.height)
		}
		here := map[int]*body{}
		for step := range 2000 {
			now := map[int]*body{}
			for _, b := range tr.bodies {
				now[b.track] = b
				if here[b.track] == nil && step > 0 && !unseen(b) {
					t.Fatalf("seed %d, step %d: track %d, a %d, appears at %v", seed, step, b.track, b.kind, b.pose.at)
				}
			}
			for track, b := range here {
				if now[track] == nil && !unseen(b) {
					t.Fatalf("seed %d, step %d: track %d, a %d, vanishes at %v", seed, step, b.track, b.kind, b.pose.at)
				}
			}
			here = now
			tr.Advance(time.Duration(step+1) * tick)
		}
	})
}

func TestSameMotionAtAnyFrameRate(t *testing.T) {
	for seed := range uint64(5) {
		s := street.New(seed, 1280, 720)
		smooth, coarse := populate(s, fake), populate(s, fake)
		for ms := range 8000 {
			smooth.Advance(time.Duration(ms) * time.Millisecond)
			if ms%333 != 0 {
				continue
			}
			coarse.Advance(time.Duration(ms) * time.Millisecond)
			a, b := smooth.Bodies(), coarse.Bodies()
			if len(a) != len(b) {
				t.Fatalf("seed %d, %d ms: %d bodies, want %d", seed, ms, len(b), len(a))
			}
			for i := range a {
				if a[i].Track != b[i].Track || a[i].Place != b[i].Place || a[i].Motion != b[i].Motion {
					t.Fatalf("seed %d, %d ms: %+v, want %+v", seed, ms, b[i], a[i])
				}
			}
		}
	}
}

func TestEveryClassAppears(t *testing.T) {
	var streets [actor.Classes]int
	for seed := range uint64(50) {
		s := street.New(seed, 1280, 720)
		v, tr := viewOf(s), populate(s, fake)
		var has [actor.Classes]bool
		for at := range 4 {
			tr.Advance(time.Duration(at) * 15 * time.Second)
			for _, b := range tr.bodies {
				for _, c := range b.actor.Parts() {
					has[c] = has[c] || v.sees(b.along, b.across, b.height)
				}
			}
		}
		for c, ok := range has {
			if ok {
				streets[c]++
			}
		}
	}
	for c, n := range streets {
		if n < 20 {
			t.Errorf("a %v is seen in %d of 50 streets, want 20 or more", actor.Class(c), n)
		}
	}
	t.Log(streets)
}

func TestFromEmptyToCrowded(t *testing.T) {
	quiet, crowded := 0, 0
	for seed := range uint64(60) {
		s := street.New(seed, 1280, 720)
		v, n := viewOf(s), 0
		for _, b := range populate(s, fake).bodies {
			if v.sees(b.along, b.across, b.height) {
				n++
			}
		}
		if n <= 5 {
			quiet++
		}
		if n >= 40 {
			crowded++
		}
	}
	if quiet < 3 || crowded < 3 {
		t.Errorf("of 60 streets %d are nearly empty and %d are crowded, want 3 or more of both", quiet, crowded)
	}
}
