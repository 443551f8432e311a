package profile

import (
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"braid/accel"
	"braid/accel/plan"
)

// TestFullDevice: of a network whose first half has the device for itself and whose second half runs beside other
// frames, the first half asks for all of its time of a device that is full, and the second for next to nothing.
func TestFullDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{
			nodes: slices.Repeat([]time.Duration{2 * time.Millisecond}, 8), end: 25 * time.Microsecond, devices: []accel.Device{{ID: "gpu:0"}},
			wide: map[int]bool{0: true, 1: true, 2: true, 3: true},
			copy: func(int64) time.Duration { return time.Microsecond },
		}
		p := measured2(t, m, Full())
		sum := 0.0
		for i, u := range p.Units {
			want := 2.0
			if i >= 4 {
				want = 0.25 // no less than one of eight streams does
			}
			if math.Abs(u.FullMS-want) > 0.4 {
				t.Errorf("unit %d asks for %g ms of the full device, want %g: %+v", i, u.FullMS, want, u)
			}
			sum += u.FullMS
		}
		best := slices.MaxFunc(p.Streams, func(a, b plan.Streams) int { return int(a.Rate - b.Rate) })
		if math.Abs(sum-1000/best.Rate) > 0.02*sum {
			t.Errorf("the units ask for %g ms together, a frame of %d streams takes %g", sum, best.N, 1000/best.Rate)
		}
	})
}

// TestNotFull: nothing is said of the full device where streams make no more frames, or where it is measured roughly.
func TestNotFull(t *testing.T) {
	for _, c := range []struct {
		name    string
		lanes   int
		options Options
	}{
		{"one at a time", 1, Full()},
		{"no parts are measured", 0, Quick()},
	} {
		synctest.Test(t, func(t *testing.T) {
			m := &machine{
				nodes: slices.Repeat([]time.Duration{2 * time.Millisecond}, 6), devices: []accel.Device{{ID: "gpu:0"}},
				lanes: map[accel.DeviceID]int{"gpu:0": c.lanes}, copy: func(int64) time.Duration { return time.Microsecond },
			}
			for i, u := range measured2(t, m, c.options).Units {
				if u.FullMS != 0 {
					t.Errorf("%s: unit %d: %+v", c.name, i, u)
				}
			}
		})
	}
}

// TestFill: parts get what borders tell of them, and those that tell nothing share evenly.
func TestFill(t *testing.T) {
	steady := func(x float64) sample { return sample{x - 0.001, x, x + 0.001} }
	for _, c := range []struct {
		name   string
		splits []split
		want   []float64 // of four units of 2, 4, 2, 2 ms, of which eight streams make a frame in 5
	}{
		{"alike", []split{{2, steady(0.6)}}, []float64{1, 2, 1, 1}},
		{"the first gains less", []split{{2, steady(0.8)}}, []float64{4. / 3, 8. / 3, 0.5, 0.5}},
		{"it varies", []split{{2, sample{0.5, 0.8, 1.1}}}, []float64{1, 2, 1, 1}},
		{"in the middle", []split{{1, steady(0.3)}, {2, steady(0.5)}}, []float64{1.5, 1, 1.25, 1.25}},
		{"no more than alone", []split{{1, steady(0.5)}}, []float64{2, 1.25 * 10 / 9, 0.625 * 10 / 9, 0.625 * 10 / 9}},
		{"no less than one of eight", []split{{1, steady(0.4)}, {2, steady(0.4)}}, []float64{2 / 1.1, 0.5 / 1.1, 1.5 / 1.1, 1.5 / 1.1}},
		{"borders that cross", []split{{1, steady(0.3)}, {2, steady(0.29)}}, []float64{1.5 / 1.1, 0.5 / 1.1, 1.75 / 1.1, 1.75 / 1.1}},
		{"none", nil, []float64{0, 0, 0, 0}},
	} {
		units := []*plan.Unit{{MS: 2}, {MS: 4}, {MS: 2}, {MS: 2}}
		fill(units, c.splits, 8, 5)
		for i, u := range units {
			if math.Abs(u.FullMS-c.want[i]) > 1e-9 {
				t.Errorf("%s: unit %d asks for %g, want %g", c.name, i, u.FullMS, c.want[i])
			}
		}
	}
}

// TestFillIsPossible: whatever borders tell, no unit asks for more than it takes alone, nor the network for more
// than it does.
func TestFillIsPossible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 8).Draw(t, "units")
		units := make([]*plan.Unit, n)
		alone := 0.0
		for i := range units {
			units[i] = &plan.Unit{MS: rapid.Float64Range(0, 5).Draw(t, "ms")}
			alone += units[i].MS
		}
		if alone == 0 {
			return
		}
		streams := rapid.IntRange(2, 8).Draw(t, "streams")
		ms := alone / rapid.Float64Range(1.05, float64(streams)).Draw(t, "gain")
		var splits []split
		for b := 1; b < n; b++ {
			if rapid.Bool().Draw(t, "measured") {
				share := rapid.Float64Range(-0.5, 1.5)
				splits = append(splits, split{b, sample{share.Draw(t, "share"), share.Draw(t, "share")}})
			}
		}
		fill(units, splits, streams, ms)
		sum := 0.0
		for _, u := range units {
			sum += u.FullMS
			if u.FullMS < 0 || u.FullMS > u.MS || math.IsNaN(u.FullMS) {
				t.Errorf("%+v", *u)
			}
		}
		if sum > ms*(1+1e-9) {
			t.Errorf("%g ms together, of a frame of %g", sum, ms)
		}
	})
}
