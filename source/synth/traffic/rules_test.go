package traffic

import (
	"testing"
	"time"

	"braid/source/synth/street"
)

// No front passes into a crossing while its signal is against it, and who waits
// there shows brake lights.
func TestRedLightIsObeyed(t *testing.T) {
	waited := 0
	for seed := range uint64(fewSeeds) {
		tr := populate(street.New(seed, 1280, 720), fake)
		front := map[int]float64{}
		for step := range 3000 {
			tr.Advance(time.Duration(step) * tick)
			for _, b := range tr.bodies {
				v, ok := b.mind.(*vehicle)
				if !ok {
					continue
				}
				now := v.s + b.length/2
				was, seen := front[b.track]
				front[b.track] = now
				for _, st := range v.lane.stops {
					if st.crossing.signal == nil || st.crossing.shows == drive || st.crossing.shows == amber {
						continue
					}
					if seen && was <= st.near && now > st.near {
						t.Errorf("seed %d, step %d: track %d drives over a crossing that shows %d", seed, step, b.track, st.crossing.shows)
					}
					if !v.atBay && v.v == 0 && v.idle > 1/dt && now > st.at-1 && now < st.near {
						waited++
						if !b.brake {
							t.Errorf("seed %d, step %d: track %d waits at a red light without brake lights", seed, step, b.track)
						}
					}
				}
			}
		}
	}
	if waited == 0 {
		t.Error("nobody waited at a red light: the test sees nothing")
	}
}

// People are on the road at crossings only, and start when they may.
func TestPeopleCrossAtCrossings(t *testing.T) {
	crossed := 0
	for seed := range uint64(fewSeeds) {
		tr := populate(street.New(seed, 1280, 720), fake)
		under := map[int]bool{}
		for step := range 2500 {
			tr.Advance(time.Duration(step) * tick)
			for _, b := range tr.bodies {
				w, ok := b.mind.(*walker)
				if !ok {
					continue
				}
				if w.crossing != nil && !under[b.track] && step > 0 {
					crossed++
					if c := w.crossing; c.signal != nil && c.shows != walk {
						t.Errorf("seed %d, step %d: track %d starts over the road while the signal shows %d", seed, step, b.track, c.shows)
					}
				}
				under[b.track] = w.crossing != nil
				for _, c := range tr.crossings {
					onRoad := c.road.wider(-0.3).holds(b.pose.at.c)
					if onRoad && !tr.atCrossing(b.pose.at.a, 1.5) {
						t.Fatalf("seed %d, step %d: track %d is on the road at %v", seed, step, b.track, b.pose.at)
					}
				}
			}
		}
	}
	if crossed < 2*fewSeeds {
		t.Errorf("only %d people crossed in %d streets", crossed, fewSeeds)
	}
}

// Vehicles stop before people who are on a crossing, with room to spare.
func TestVehiclesStopForPeople(t *testing.T) {
	stopped := 0
	for seed := range uint64(fewSeeds) {
		tr := populate(street.New(seed, 1280, 720), fake)
		for step := range 2500 {
			tr.Advance(time.Duration(step) * tick)
			for _, b := range tr.bodies {
				v, ok := b.mind.(*vehicle)
				if !ok || v.atBay {
					continue
				}
				for _, c := range tr.crossings {
					inside := c.along.meets(b.along) && v.v > 1
					for _, p := range c.crossers {
						if v.v == 0 && c.claimed(b.claim) {
							stopped++
						}
						if inside && p.across.meets(b.across) && p.along.meets(b.along.wider(0.8)) {
							t.Fatalf("seed %d, step %d: track %d drives at %.1f m/s close past track %d", seed, step, b.track, v.v, p.track)
						}
					}
				}
			}
		}
	}
	if stopped == 0 {
		t.Error("no vehicle stopped for anybody: the test sees nothing")
	}
}

// Buses halt at their stops, cars at the kerb, and both go on.
func TestHaltsAndGoesOn(t *testing.T) {
	halts, goes := map[kind]int{}, map[kind]int{}
	for seed := range uint64(fewSeeds) {
		tr := populate(street.New(seed, 1280, 720), fake)
		at := map[int]bool{}
		for step := range 3000 {
			tr.Advance(time.Duration(step) * tick)
			for _, b := range tr.bodies {
				v, ok := b.mind.(*vehicle)
				if !ok {
					continue
				}
				switch {
				case v.atBay && !at[b.track]:
					halts[b.kind]++
				case !v.atBay && at[b.track]:
					goes[b.kind]++
				}
				at[b.track] = v.atBay
			}
		}
	}
	for _, k := range []kind{car, bus} {
		if halts[k] == 0 || goes[k] == 0 {
			t.Errorf("of kind %d %d halted and %d went on", k, halts[k], goes[k])
		}
	}
}

// Nobody blocks the street for long: a minute is enough to get on, for all but
// a few in a crowd.
func TestTrafficFlows(t *testing.T) {
	const patience = 45 / dt
	people, stuck := 0, 0
	for seed := range uint64(fewSeeds) {
		tr := populate(street.New(seed, 1280, 720), fake)
		idle := map[int]int{}
		for step := range 4000 {
			tr.Advance(time.Duration(step) * tick)
			for _, b := range tr.bodies {
				waits := b.speed < 0.05
				switch m := b.mind.(type) {
				case *walker:
					waits = waits && !m.arrived
				case *vehicle:
					waits = waits && !m.atBay
				default:
					continue
				}
				if _, known := idle[b.track]; !known && b.kind == pedestrian {
					people++
				}
				idle[b.track]++
				if !waits {
					idle[b.track] = 0
				}
				if idle[b.track] != patience {
					continue
				}
				if b.kind != pedestrian {
					t.Errorf("seed %d, step %d: track %d, a %d, stands for %v", seed, step, b.track, b.kind, patience*tick)
				}
				stuck++
			}
		}
	}
	if stuck > people/500 {
		t.Errorf("%d of %d people got stuck", stuck, people)
	}
}
