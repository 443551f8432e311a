package profile

import (
	"log/slog"
	"math"
	"slices"
	"strings"
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

// TestFullCuts: what both parts of a network take longer on the full device than the whole is the cut's.
func TestFullCuts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{
			nodes: slices.Repeat([]time.Duration{2 * time.Millisecond}, 8), end: 800 * time.Microsecond, devices: []accel.Device{{ID: "gpu:0"}},
			copy: func(int64) time.Duration { return time.Microsecond },
		}
		units := measured2(t, m, Full()).Units
		for i, u := range units[:7] { // 1.6 ms of eight streams at a time
			if math.Abs(u.FullCutMS-0.2) > 0.001 || math.Abs(u.FullAwayMS-0.1) > 0.001 || math.Abs(u.FullMS-0.25) > 0.001 {
				t.Errorf("unit %d: %+v", i, u)
			}
		}
		if last := units[7]; last.FullCutMS != 0 || last.FullAwayMS != 0 {
			t.Errorf("behind the end: %+v", last)
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

func steady(x float64) sample { return sample{x - 0.001, x, x + 0.001} }

// border is a split where a cut costs so much, and each part by itself as much.
func border(at int, first sample, cut float64) split {
	return split{at, first, steady(cut), steady(cut)}
}

// TestFillCuts: cuts cost on the full device what was measured, where they differ, and else the mean; each part alone
// asks then for what was measured of it.
func TestFillCuts(t *testing.T) {
	for _, c := range []struct {
		name   string
		splits []split
		want   []float64 // behind each of four units, of 5 ms together
	}{
		{"one", []split{border(2, steady(0.4), 0.1)}, []float64{0.5, 0.5, 0.5, 0}},
		{"two", []split{border(1, steady(0.2), 0.1), border(3, steady(0.8), 0.2)}, []float64{0.5, 0.75, 1, 0}},
		{"alike", []split{border(1, steady(0.2), 0.1), border(3, steady(0.8), 0.101)}, []float64{0.5025, 0.5025, 0.5025, 0}},
		{"that cost nothing", []split{border(1, steady(0.2), -0.1)}, []float64{0, 0, 0, 0}},
		{"not measured", nil, []float64{0, 0, 0, 0}},
	} {
		var units []plan.Unit
		var list []*plan.Unit
		for range 4 {
			units = append(units, plan.Unit{Device: "gpu:0", MS: 2.5})
		}
		for i := range units {
			list = append(list, &units[i])
		}
		fill(list, c.splits, 8, 5)
		for i, u := range units {
			if math.Abs(u.FullCutMS-c.want[i]) > 1e-9 || math.Abs(u.FullAwayMS-c.want[i]) > 1e-9 {
				t.Errorf("%s: a cut behind unit %d costs %g and %g, want %g", c.name, i, u.FullCutMS, u.FullAwayMS, c.want[i])
			}
		}
		if len(c.splits) == 1 && units[0].FullCutMS > 0 {
			holdParts(t, units, c.splits[0])
		}
	}
}

// holdParts holds what both parts at a border ask for, of 5 ms, to what was measured of them.
func holdParts(t *testing.T, units []plan.Unit, s split) {
	t.Helper()
	part, _ := s.first.median()
	cut, _ := s.cut.median()
	away, _ := s.away.median()
	for near, more := range map[plan.Near]float64{{}: away, {Front: true, Back: true}: cut / 2} {
		first, second := plan.WorkOf(units, 0, s.at, near).Full, plan.WorkOf(units, s.at, 4, near).Full
		if math.Abs(first-5*(part+more)) > 1e-9 || math.Abs(second-5*(1-part+more)) > 1e-9 {
			t.Errorf("%+v: the parts ask for %g and %g", near, first, second)
		}
	}
}

// TestSplit: what parts take longer is the cut's.
func TestSplit(t *testing.T) {
	for _, c := range []struct {
		name                               string
		all, first, second, firsts, others float64
		want                               [3]float64 // first, cut and away
	}{
		{"nothing lost", 10, 4, 6, 100, 100, [3]float64{0.4, 0, 0}},
		{"each alone takes half a millisecond more", 10, 4.5, 6.5, 100, 100, [3]float64{0.4, 0, 0.05}},
		{"each beside the other takes half a millisecond more, and the first has half of the streams", 10, 2.5, 7.5, 500. / 3, 62.5, [3]float64{0.25, 0.1, 0}},
		{"both beside each other make a tenth less", 10, 4, 6, 90, 90, [3]float64{0.4, 1. / 9, 0}},
		{"more first parts than second ones", 10, 4, 6, 130, 80, [3]float64{0.4, 0, 0}},
		{"a part that takes less than nothing", 10, 1, 12, 0, 100, [3]float64{-0.05, 0, 0.15}},
	} {
		var s split
		s.add(c.all, c.first, c.second, c.firsts, c.others)
		for i, got := range []sample{s.first, s.cut, s.away} {
			if len(got) != 1 || math.Abs(got[0]-c.want[i]) > 1e-9 {
				t.Errorf("%s: %+v, want %v", c.name, s, c.want)
			}
		}
	}
}

// TestFill: parts get what borders tell of them, and those that tell nothing share evenly.
func TestFill(t *testing.T) {
	for _, c := range []struct {
		name   string
		splits []split
		want   []float64 // of four units of 2, 4, 2, 2 ms, of which eight streams make a frame in 5
	}{
		{"alike", []split{border(2, steady(0.6), 0.1)}, []float64{1, 2, 1, 1}},
		{"the first gains less", []split{border(2, steady(0.8), 0.1)}, []float64{4. / 3, 8. / 3, 0.5, 0.5}},
		{"it varies", []split{border(2, sample{0.5, 0.8, 1.1}, 0.1)}, []float64{1, 2, 1, 1}},
		{"in the middle", []split{border(1, steady(0.3), 0.1), border(2, steady(0.5), 0.1)}, []float64{1.5, 1, 1.25, 1.25}},
		{"no more than alone", []split{border(1, steady(0.5), 0.1)}, []float64{2, 1.5, 0.75, 0.75}},
		{"no less than one of eight", []split{border(1, steady(0.4), 0.1), border(2, steady(0.4), 0.1)}, []float64{1.8, 0.5, 1.35, 1.35}},
		{"borders that cross", []split{border(1, steady(0.3), 0.1), border(2, steady(0.29), 0.1)}, []float64{1.35, 0.5, 1.575, 1.575}},
		{"one that tells and one that varies", []split{border(1, steady(0.3), 0.1), border(2, sample{0.5, 0.55, 0.7}, 0.1)}, []float64{1.5, 1.75, 0.875, 0.875}},
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

// TestFillIsPossible: whatever borders tell, no unit asks for more than it takes alone, nor for less than one of so
// many streams does, and all ask together for what a frame of the full device takes.
func TestFillIsPossible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 8).Draw(t, "units")
		units := make([]*plan.Unit, n)
		alone := 0.0
		for i := range units {
			units[i] = &plan.Unit{MS: float64(rapid.IntRange(0, 5000).Draw(t, "µs")) / 1000}
			alone += units[i].MS
		}
		if alone == 0 {
			if fill(units, []split{{at: 1, first: sample{0.5}}}, 2, 1); units[0].FullMS != 0 {
				t.Errorf("%+v of units that take no time", *units[0])
			}
			return
		}
		streams := rapid.IntRange(2, 8).Draw(t, "streams")
		ms := alone / rapid.Float64Range(1.05, float64(streams)).Draw(t, "gain")
		var splits []split
		for b := 1; b < n; b++ {
			if rapid.Bool().Draw(t, "measured") {
				two := func(what string) sample {
					share := rapid.Float64Range(-0.5, 1.5)
					return sample{share.Draw(t, what), share.Draw(t, what)}
				}
				splits = append(splits, split{b, two("share"), two("cut"), two("away")})
			}
		}
		if fill(units, splits, streams, ms); len(splits) == 0 {
			return // nothing is said
		}
		sum := 0.0
		for _, u := range units {
			sum += u.FullMS
			if !(u.FullMS >= u.MS/float64(streams)*(1-1e-9)) || u.FullMS > u.MS || !(u.FullCutMS >= 0) || !(u.FullAwayMS >= 0) {
				t.Errorf("%+v", *u)
			}
		}
		if math.Abs(sum-ms) > 1e-9*ms {
			t.Errorf("%g ms together, of a frame of %g", sum, ms)
		}
	})
}

// TestFullOfFIFO: on a device that works first in, first out, no parts are measured with several streams, whose frames
// would be at work one at a time.
func TestFullOfFIFO(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{
			nodes: slices.Repeat([]time.Duration{2 * time.Millisecond}, 6), devices: []accel.Device{{ID: "gpu:0", FIFO: true}},
			copy: func(int64) time.Duration { return time.Microsecond },
		}
		for i, u := range measured2(t, m, Full()).Units {
			if u.FullMS != 0 {
				t.Errorf("unit %d: %+v", i, u)
			}
		}
	})
}

// TestNoRoomForStreams: a device that has no room for as many streams of two parts is measured without them, with a warning.
func TestNoRoomForStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{
			nodes: slices.Repeat([]time.Duration{2 * time.Millisecond}, 6), devices: []accel.Device{{ID: "gpu:0"}},
			copy: func(int64) time.Duration { return time.Microsecond }, room: 80,
		}
		var log strings.Builder
		o := Full()
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
		for i, u := range measured2(t, m, o).Units {
			if u.FullMS != 0 || u.MS == 0 {
				t.Errorf("unit %d: %+v", i, u)
			}
		}
		if !strings.Contains(log.String(), "no room for so many streams") {
			t.Errorf("log %q", log.String())
		}
	})
}

func TestFullest(t *testing.T) {
	for _, c := range []struct {
		rates []float64 // of 1, 2, 4, 8 streams
		want  int
	}{
		{[]float64{100, 150, 190, 200}, 3},
		{[]float64{100, 150, 200, 191}, 3},
		{[]float64{100, 150, 200, 180}, 2},
		{[]float64{100, 102, 104, 103}, 0},
		{[]float64{100}, 0},
	} {
		var rates []sample
		for _, r := range c.rates {
			rates = append(rates, sample{r})
		}
		if got := fullest(rates); got != c.want {
			t.Errorf("%v: %d, want %d", c.rates, got, c.want)
		}
	}
}

func TestEvenly(t *testing.T) {
	parts := []part{{at: 1}, {at: 2}, {at: 3}}
	for n, want := range [][]int{{}, {2}, {1, 3}, {1, 2, 3}, {1, 2, 3}} {
		var got []int
		for _, p := range evenly(parts, n) {
			got = append(got, p.at)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d of three: %v, want %v", n, got, want)
		}
	}
}
