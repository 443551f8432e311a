package profile

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"braid/accel"
	"braid/accel/plan"
)

// TestFollow: a device whose runs take 0.4 ms alone and 0.3 ms where they follow each
// other hides 0.1 ms of each run. Its cuts cost what they do there on the mean. The CPU's and the
// other precision's units stay.
func TestFollow(t *testing.T) {
	gpu := plan.Series{Device: "gpu:0", Precision: plan.FP16}
	units := func() []plan.Unit {
		return []plan.Unit{
			{Device: "cpu", Threads: 1, At: "a", MS: 4},
			{Device: "gpu:0", Precision: plan.FP16, At: "a", MS: 0.1, CI: 0.01, CutMS: 0.12},
			{Device: "gpu:0", Precision: plan.FP16, At: "b", MS: 0.1, CutMS: 0.05},
			{Device: "gpu:0", Precision: plan.FP16, MS: 0.2},
			{Device: "gpu:0", At: "a", MS: 7},
		}
	}
	for _, c := range []struct {
		name  string
		whole float64
		inUse map[int]float64
		ms    []float64
		cuts  []float64
	}{
		{"hidden", 0.3, map[int]float64{1: 0.08}, []float64{0.075, 0.075, 0.15}, []float64{0.08, 0.01, 0}},
		{"cuts cost next to nothing", 0.3, map[int]float64{1: 0.001}, []float64{0.075, 0.075, 0.15}, []float64{0.001, 0, 0}},
		{"both parts together are faster than the whole", 0.3, map[int]float64{1: -0.01}, []float64{0.075, 0.075, 0.15}, []float64{0, 0, 0}},
		{"all are measured", 0.3, map[int]float64{1: 0.03, 2: 0.06}, []float64{0.075, 0.075, 0.15}, []float64{0.03, 0.06, 0}},
		{"none is measured", 0.4, nil, []float64{0.1, 0.1, 0.2}, []float64{0.12, 0.05, 0}},
		{"slower in use", 0.8, map[int]float64{2: 0.08}, []float64{0.2, 0.2, 0.4}, []float64{0.15, 0.08, 0}},
	} {
		m := &measurement{profile: plan.Profile{Units: units()}}
		m.follow(gpu, c.whole, c.inUse)
		for i := range c.ms {
			if u := m.profile.Units[i+1]; math.Abs(u.MS-c.ms[i]) > 1e-12 || math.Abs(u.CutMS-c.cuts[i]) > 1e-12 {
				t.Errorf("%s: unit %d is %+v, want %g ms and %g of its cut", c.name, i, u, c.ms[i], c.cuts[i])
			}
		}
		if was := units(); m.profile.Units[0] != was[0] || m.profile.Units[4] != was[4] {
			t.Errorf("%s: other series changed: %+v", c.name, m.profile.Units)
		}
	}
	m := &measurement{profile: plan.Profile{Units: []plan.Unit{{Device: "gpu:0", Precision: plan.FP16}}}}
	m.follow(gpu, 1, nil) // nothing to divide by
}

// TestFollowInParts: a device that cannot run some layers hides as much of each stretch, up to half of a
// short one, as of its longest, of which alone it is measured.
func TestFollowInParts(t *testing.T) {
	gpu := plan.Series{Device: "gpu:1", Precision: plan.FP16}
	units := func() []plan.Unit {
		return []plan.Unit{
			{Device: "gpu:1", Precision: plan.FP16, At: "a", MS: 0.2, CI: 0.03, CutMS: 0.3},
			{Device: "gpu:1", Precision: plan.FP16, At: "b", MS: 0.3},
			{Device: "gpu:1", Precision: plan.FP16, At: "c", Why: "no"},
			{Device: "gpu:1", Precision: plan.FP16, At: "d", MS: 1, CutMS: 0.4},
			{Device: "gpu:1", Precision: plan.FP16, At: "e", MS: 2, CutMS: 0.6},
			{Device: "gpu:1", Precision: plan.FP16, At: "f", MS: 1},
			{Device: "gpu:1", Precision: plan.FP16, Why: "no"},
		}
	}
	for _, c := range []struct {
		name     string
		ms       float64
		inUse    map[int]float64
		together []float64 // of the two stretches
		cuts     []float64 // none at the ends of a stretch, where they count as the unit's
	}{
		{"a little is hidden", 3.9, map[int]float64{4: 0.3}, []float64{0.4, 3.9}, []float64{0.2, 0, 0, 0.3, 0.5, 0, 0}},
		{"more than half of the short one is hidden", 3, map[int]float64{4: 0.1, 5: 0.3}, []float64{0.25, 3}, []float64{0, 0, 0, 0.1, 0.3, 0, 0}},
		{"twice as slow in use", 8, map[int]float64{5: 0.7}, []float64{1, 8}, []float64{0.4, 0, 0, 0.5, 0.7, 0, 0}},
	} {
		m := &measurement{profile: plan.Profile{Units: units()}}
		m.follow(gpu, c.ms, c.inUse)
		got := m.unitsOf(gpu)
		for i, part := range []span{{0, 2}, {3, 6}} {
			if ms := together(got, part); math.Abs(ms-c.together[i]) > 1e-12 {
				t.Errorf("%s: units %v take %g ms together, want %g", c.name, part, ms, c.together[i])
			}
		}
		for i, cut := range c.cuts {
			if math.Abs(got[i].CutMS-cut) > 1e-12 {
				t.Errorf("%s: the cut behind unit %d costs %g ms, want %g", c.name, i, got[i].CutMS, cut)
			}
		}
		if r := got[4].MS / got[3].MS; math.Abs(r-2) > 1e-9 {
			t.Errorf("%s: of two units the second took twice as long, now %g times", c.name, r)
		}
	}
	m := &measurement{profile: plan.Profile{Units: []plan.Unit{{Device: "gpu:1", Precision: plan.FP16, Why: "no"}}}}
	m.follow(gpu, 1, nil) // it runs nothing
}

// TestFollowOnDLA: its units are differences of runs that all begin with the first, which has what is hidden.
func TestFollowOnDLA(t *testing.T) {
	dla := plan.Series{Device: "dla:0", Precision: plan.FP16}
	for _, c := range []struct {
		name string
		ms   float64
		want []float64
	}{
		{"hidden", 4.5, []float64{1, 1.5, 2}},
		{"more than the first has", 3, []float64{0, 1.2857142857142856, 1.7142857142857142}},
		{"slower in use", 10, []float64{3, 3, 4}},
	} {
		m := &measurement{profile: plan.Profile{Units: []plan.Unit{
			{Device: "dla:0", Precision: plan.FP16, At: "a", MS: 1.5},
			{Device: "dla:0", Precision: plan.FP16, At: "b", MS: 1.5},
			{Device: "dla:0", Precision: plan.FP16, At: "c", MS: 2},
			{Device: "dla:0", Precision: plan.FP16, Why: "no"},
		}}}
		m.follow(dla, c.ms, nil)
		for i, want := range c.want {
			if got := m.profile.Units[i].MS; math.Abs(got-want) > 1e-12 {
				t.Errorf("%s: unit %d takes %v ms, want %v", c.name, i, got, want)
			}
		}
	}
}

// TestStretchFollowsItself: what waking a waiter costs is in no time of a device that cannot run the whole
// network, since the next run is enqueued meanwhile; and its power is measured.
func TestStretchFollowsItself(t *testing.T) {
	const node, end, wake = 2 * time.Millisecond, 50 * time.Microsecond, 500 * time.Microsecond
	for _, c := range []struct {
		name    string
		refused int
		parts   []span
		ms      []float64 // of the parts as runs that follow each other
	}{
		{"the last unit is refused", 5, []span{{0, 5}}, []float64{10.05}},
		{"the first", 0, []span{{1, 6}}, []float64{10.05}},
		{"one between", 3, []span{{0, 3}, {4, 6}}, []float64{6.05, 4.05}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &machine{
					nodes: slices.Repeat([]time.Duration{node}, 6), end: end, devices: []accel.Device{{ID: "gpu:1"}},
					refuse: map[accel.DeviceID]int{"gpu:1": c.refused + 1}, wake: map[accel.DeviceID]func(time.Duration) time.Duration{"gpu:1": func(time.Duration) time.Duration { return wake }},
					copy: func(int64) time.Duration { return time.Microsecond },
				}
				o := Full()
				joules := 0.0
				o.Energy = func(accel.DeviceID) func() (float64, bool) {
					joules += 40
					return func() (float64, bool) { return joules, true }
				}
				p := measured2(t, m, o)
				var units []*plan.Unit
				for i := range p.Units {
					units = append(units, &p.Units[i])
				}
				for i, part := range c.parts {
					if ms := together(units, part); math.Abs(ms-c.ms[i]) > 0.03 {
						t.Errorf("units %v take %g ms together, want %g", part, ms, c.ms[i])
					}
					for u := part.first; u < part.end; u++ {
						if math.Abs(units[u].MS-2) > 0.2 { // a block at an end of the network has half a cut's waking too much
							t.Errorf("unit %d takes %g ms, want 2: %+v", u, units[u].MS, *units[u])
						}
						cut, want := units[u].CutMS, 0.1
						if u+1 == part.end {
							want = 0 // its cost counts as the unit's, which never runs without
						}
						if math.Abs(cut-want) > 0.02 {
							t.Errorf("the cut behind unit %d costs %g ms, want %g", u, cut, want)
						}
					}
				}
				if len(p.Streams) > 0 {
					t.Errorf("streams of a network that does not run there: %+v", p.Streams)
				}
				if len(p.Watts) != 1 || p.Watts[0].Device != "gpu:1" || !(p.Watts[0].Busy > p.Watts[0].Idle) {
					t.Errorf("watts %+v", p.Watts)
				}
			})
		})
	}
}

// TestCutsOfDeviceThatFollows: a GPU that runs the whole network, and takes 0.5 ms longer where its waiter is to be
// woken, which is more than a cut costs. What is left of that is the cut's own cost and not nothing.
func TestCutsOfDeviceThatFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{
			nodes: slices.Repeat([]time.Duration{2 * time.Millisecond}, 6), end: 50 * time.Microsecond, devices: []accel.Device{{ID: "gpu:0"}},
			wake: map[accel.DeviceID]func(time.Duration) time.Duration{"gpu:0": func(time.Duration) time.Duration { return 500 * time.Microsecond }},
			copy: func(int64) time.Duration { return time.Microsecond },
			layers: func(first, end int) (names []string, nodes []int) {
				for i := first; i < end; i++ {
					names, nodes = append(names, fmt.Sprintf("n%d", i)), append(nodes, 1)
				}
				return names, nodes
			},
		}
		p := measured2(t, m, Full())
		mean, whole := 0.0, 0.0
		for i, u := range p.Units {
			if math.Abs(u.MS-2) > 0.15 || u.At != "" && math.Abs(u.CutMS-0.1) > 0.05 {
				t.Errorf("unit %d is %+v, want 2 ms and 0.1 for a cut", i, u)
			}
			mean, whole = mean+u.CutMS/5, whole+u.MS
		}
		if math.Abs(mean-0.1) > 0.005 || math.Abs(whole-12) > 0.02 {
			t.Errorf("cuts cost %g ms on the mean and the network takes %g, want 0.1 and 12", mean, whole)
		}
	})
}

// TestCutsThatAreNotMeasuredInUse: a rough profile does not measure cuts in two, and keeps what blocks told of them.
func TestCutsThatAreNotMeasuredInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{
			nodes: slices.Repeat([]time.Duration{2 * time.Millisecond}, 6), end: 50 * time.Microsecond, devices: []accel.Device{{ID: "gpu:0"}},
			copy: func(int64) time.Duration { return time.Microsecond },
		}
		for i, u := range measured2(t, m, Quick()).Units {
			if u.At != "" && math.Abs(u.CutMS-0.1) > 0.02 {
				t.Errorf("the cut behind unit %d costs %g ms, want 0.1", i, u.CutMS)
			}
		}
	})
}

// TestQuicken: a CPU's units take what the network takes in use where that is less, and
// what was measured of them where a slow minute met the streams.
func TestQuicken(t *testing.T) {
	for _, c := range []struct {
		name  string
		whole float64
		ms    []float64
	}{
		{"a slow minute met the units", 15, []float64{6, 9}},
		{"as fast", 20, []float64{8, 12}},
		{"a slow minute met the streams", 30, []float64{8, 12}},
	} {
		m := &measurement{profile: plan.Profile{Units: []plan.Unit{
			{Device: "cpu", Threads: 1, At: "a", MS: 8, CI: 0.4, CutMS: 1},
			{Device: "cpu", Threads: 1, MS: 12},
			{Device: "cpu", Threads: 2, At: "a", MS: 5},
		}}}
		m.quicken(plan.Series{Device: "cpu", Threads: 1, Precision: plan.FP32}, c.whole)
		got := m.profile.Units
		if got[0].MS != c.ms[0] || got[1].MS != c.ms[1] || got[0].CutMS != 1 || got[2].MS != 5 {
			t.Errorf("%s: %+v, want %v ms", c.name, got, c.ms)
		}
		if want := 0.05 * c.ms[0]; math.Abs(got[0].CI-want) > 1e-12 {
			t.Errorf("%s: ± %v, want %v", c.name, got[0].CI, want)
		}
	}
}

// TestApart: a border has its own cost only where that differs from the mean by more than it varies.
func TestApart(t *testing.T) {
	steady := func(ms float64) sample { return sample{ms - 0.001, ms, ms + 0.001} }
	for _, c := range []struct {
		name string
		more []sample
		want map[int]float64
	}{
		{"noise", []sample{{0.01, 0.03, 0.08}, {0, 0.05, 0.06}}, map[int]float64{3: 0.04, 7: 0.04}},
		{"one is dear", []sample{steady(0.02), steady(0.2)}, map[int]float64{3: 0.02, 7: 0.2}},
		{"one varies", []sample{steady(0.02), {0, 0.1, 0.2}}, map[int]float64{3: 0.02, 7: 0.06}},
	} {
		got, _ := apart([]int{3, 7}, c.more)
		for b, want := range c.want {
			if math.Abs(got[b]-want) > 1e-12 || len(got) != len(c.want) {
				t.Errorf("%s: %v, want %v", c.name, got, c.want)
				break
			}
		}
	}
}

// TestPairsInUse: as many borders as there is time for, each with all three of its runs in every round.
func TestPairsInUse(t *testing.T) {
	m := &measurement{options: Full()}
	for _, c := range []struct {
		device       accel.DeviceID
		each, budget time.Duration
		want         int
	}{
		{"gpu:0", 50 * time.Millisecond, 10 * time.Second, candidates},
		{"dla:0", 50 * time.Millisecond, 10 * time.Second, 1},
		{"gpu:0", time.Second, 10 * time.Second, 1},
		{"gpu:0", 7 * time.Second, 10 * time.Second, 0},
	} {
		if got := m.pairsInUse(plan.Series{Device: c.device}, c.each, c.budget); got != c.want {
			t.Errorf("%s with %v of %v: %d, want %d", c.device, c.each, c.budget, got, c.want)
		}
	}
}

// TestDearCutIsKept: on a device whose units are measured as blocks a cut that costs more than others does so in the
// profile too, also where it is not among those that were measured in use, and makes no other dear.
func TestDearCutIsKept(t *testing.T) {
	for _, dear := range []int{5, 6} { // in use 3, 6 and 9 of 12 are measured
		synctest.Test(t, func(t *testing.T) {
			m := &machine{
				nodes: slices.Repeat([]time.Duration{2 * time.Millisecond}, 12), end: 25 * time.Microsecond, devices: []accel.Device{{ID: "gpu:0"}},
				dear: map[int]time.Duration{dear: time.Millisecond},
				copy: func(int64) time.Duration { return time.Microsecond },
			}
			for i, u := range measured2(t, m, Full()).Units {
				want := 0.05
				if i+1 == dear {
					want = 1.05
				}
				if u.At != "" && math.Abs(u.CutMS-want) > 0.25 {
					t.Errorf("the cut behind unit %d costs %g ms, want %g", i, u.CutMS, want)
				}
			}
		})
	}
}
