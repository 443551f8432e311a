package profile

import (
	"math"
	"testing"

	"braid/accel/plan"
)

// TestFollow: a device whose runs take 0.4 ms alone and 0.3 ms where they follow each
// other hides 0.1 ms of each run, and of a cut, which is one run more. The CPU's and the
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
		ms    []float64
		cuts  []float64
	}{
		{"hidden", 0.3, []float64{0.075, 0.075, 0.15}, []float64{0.02, 0, 0}},
		{"nothing hidden", 0.4, []float64{0.1, 0.1, 0.2}, []float64{0.12, 0.05, 0}},
		{"slower in use", 0.8, []float64{0.2, 0.2, 0.4}, []float64{0.12, 0.05, 0}},
	} {
		m := &measurement{profile: plan.Profile{Units: units()}}
		m.follow(gpu, c.whole)
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
	m.follow(gpu, 1) // nothing to divide by
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
