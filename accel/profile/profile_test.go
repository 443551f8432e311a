package profile

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"braid/accel"
	"braid/accel/plan"
)

// near says whether a number is right to a thousandth, or to a microsecond.
func near(got, want float64) bool { return math.Abs(got-want) <= max(1e-3*math.Abs(want), 1e-3) }

// uneven are times of n nodes between 1 and 5 ms.
func uneven(n int) []time.Duration {
	list := make([]time.Duration, n)
	for i := range list {
		list[i] = time.Duration(1000+i*7919%4000) * time.Microsecond
	}
	return list
}

var cpu2 = accel.Device{ID: "cpu", Cores: 2}

func measured2(t *testing.T, m *machine, o Options) plan.Profile {
	t.Helper()
	p, err := Measure(t.Context(), m, m.devices, m.network(), o)
	if err != nil {
		t.Fatal(err)
	}
	m.closed(t)
	text, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plan.ParseProfile(text, "p.yaml"); err != nil {
		t.Errorf("the profile cannot be read back: %v\n%s", err, text)
	}
	return p
}

// want is the true time of unit i of a series, in milliseconds.
func (m *machine) want(p plan.Profile, u []plan.Unit, i int) float64 {
	at := 0
	var sum time.Duration
	for n, t := range m.nodes {
		if at == i {
			sum += t
		}
		if at < len(u)-1 && u[at].At == m.network().Nodes[n].Outputs[0] {
			at++
		}
	}
	return milliseconds(sum)
}

// TestBlocks recovers units and cuts of a CPU from blocks.
func TestBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{nodes: uneven(40), end: 50 * time.Microsecond, devices: []accel.Device{cpu2}, lanes: map[accel.DeviceID]int{"cpu": 2}}
		p := measured2(t, m, Full())
		order, units := p.BySeries()
		if len(order) != 2 || order[0].Threads != 1 || order[1].Threads != 2 || len(units[order[0]]) < 24 || p.Cores != 2 {
			t.Fatalf("series %v of %d units on %d cores", order, len(units[order[0]]), p.Cores)
		}
		for _, s := range order {
			for i, u := range units[s] {
				want, cut := m.want(p, units[s], i)/float64(s.Threads), 0.1/float64(s.Threads)
				if u.At == "" {
					cut = 0
				}
				if !near(u.MS, want) || !near(u.CutMS, cut) {
					t.Errorf("%d threads, unit %d (%s): %.4f ms and %.4f for a cut, want %.4f and %.4f", s.Threads, i, u.At, u.MS, u.CutMS, want, cut)
				}
			}
		}
	})
}

// TestWarnings wants a busy machine to be said: one whose times vary, and whose
// second core is another's.
func TestWarnings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{nodes: uneven(10), devices: []accel.Device{cpu2}, lanes: map[accel.DeviceID]int{"cpu": 2}}
		var log strings.Builder
		o := Quick()
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
		measured2(t, m, o)
		if log.Len() > 0 {
			t.Errorf("a quiet machine: %s", log.String())
		}
		m.lanes["cpu"], m.busy = 1, nil
		measured2(t, m, o)
		rng := rand.New(rand.NewPCG(5, 6))
		m.noise = func(int) float64 {
			m.mu.Lock()
			defer m.mu.Unlock()
			return 0.2 + 2*rng.ExpFloat64()
		}
		measured2(t, m, o)
		for _, want := range []string{"times vary", "hardly faster than one"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("no %q in %s", want, log.String())
			}
		}
	})
}

// TestDevices measures a GPU by its layers, a DLA by differences, and what is
// between them and the CPU.
func TestDevices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{
			nodes: uneven(40), end: 50 * time.Microsecond, slowdown: 1.25,
			devices: []accel.Device{cpu2, {ID: "gpu:0"}, {ID: "dla:0", FIFO: true}},
			launch:  map[accel.DeviceID]time.Duration{"dla:0": 150 * time.Microsecond},
			speed:   map[accel.DeviceID]float64{"dla:0": 0.5},
			layers:  pairsOfNodes,
			copy:    func(bytes int64) time.Duration { return 10*time.Microsecond + time.Duration(bytes/10)*time.Nanosecond },
		}
		o := Full()
		o.Budget = 10 * time.Minute
		p := measured2(t, m, o)
		if !slices.Equal(p.FIFO, []accel.DeviceID{"dla:0"}) {
			t.Errorf("first in, first out are %v, want dla:0", p.FIFO)
		}
		order, units := p.BySeries()
		if len(order) != 4 || order[2] != (plan.Series{Device: "gpu:0", Precision: plan.FP16}) || order[3].Device != "dla:0" {
			t.Fatalf("series %v", order)
		}
		gpu, dla := units[order[2]], units[order[3]]
		sum, wantSum, most := 0.0, 0.0, 0.0
		for i, u := range gpu {
			want := m.want(p, gpu, i)
			// A fused pair across a border counts to one of its sides.
			if math.Abs(u.MS-want) > 5.01 {
				t.Errorf("unit %d of the GPU takes %.3f ms, want %.3f", i, u.MS, want)
			}
			if !near(u.CutMS, 0.1) && u.At != "" {
				t.Errorf("a cut behind unit %d of the GPU takes %.3f ms, want 0.1", i, u.CutMS)
			}
			sum, wantSum = sum+u.MS, wantSum+want
		}
		if !near(sum, wantSum) {
			t.Errorf("all units of the GPU take %.3f ms, want %.3f", sum, wantSum)
		}
		sum, wantSum = 0, 0
		for i, u := range dla {
			sum, wantSum = sum+u.MS, wantSum+2*m.want(p, dla, i)
			most = max(most, math.Abs(sum-wantSum))
		}
		if most > 1 { // launch and one end of a prefix are in the first unit
			t.Errorf("the DLA's times up to some unit are wrong by %.3f ms", most)
		}
		checkBetween(t, p)
	})
}

// pairsOfNodes fuses nodes two by two.
func pairsOfNodes(first, end int) (names []string, counts []int) {
	name := func(i int) string { return "n" + string(rune('0'+i/10)) + string(rune('0'+i%10)) }
	short := func(i int) string { return strings.Replace(name(i), "n0", "n", 1) }
	for ; first+1 < end; first += 2 {
		names, counts = append(names, short(first)+" + "+short(first+1)), append(counts, 2)
	}
	if first < end {
		names, counts = append(names, short(first)), append(counts, 1)
	}
	return names, counts
}

// checkBetween looks at transfers and devices at work at once.
func checkBetween(t *testing.T, p plan.Profile) {
	t.Helper()
	if len(p.Corun) != 3 || len(p.Transfers) != 2*len(Full().Copies) {
		t.Fatalf("corun %+v, transfers %+v", p.Corun, p.Transfers)
	}
	for _, c := range p.Corun {
		if math.Abs(c.SlowdownA-1.25) > 0.03 || math.Abs(c.SlowdownB-1.25) > 0.03 {
			t.Errorf("%+v, want 1.25 both ways", c)
		}
	}
	for _, c := range p.Transfers {
		want := 0.01 + float64(c.Bytes)/1e7
		if c.To == host {
			want *= 2
		}
		if !near(c.MS, want) {
			t.Errorf("%+v, want %.4f ms", c, want)
		}
	}
}

// TestLayersWithoutNames falls back on blocks.
func TestLayersWithoutNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{
			nodes: uneven(12), end: 50 * time.Microsecond, devices: []accel.Device{{ID: "gpu:0"}},
			layers: func(first, end int) ([]string, []int) { return []string{"__myl_fused_0"}, []int{end - first} },
			copy:   func(int64) time.Duration { return 0 },
		}
		p := measured2(t, m, Full())
		for i, u := range p.Units {
			if want := m.want(p, p.Units, i); !near(u.MS, want) {
				t.Errorf("unit %d takes %.3f ms, want %.3f", i, u.MS, want)
			}
		}
	})
}

// TestRefused has a node that a DLA cannot run in the middle: both sides are
// measured, and the reason is in the profile.
func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{nodes: uneven(20), devices: []accel.Device{{ID: "dla:0"}}, refuse: map[accel.DeviceID]int{"dla:0": 9}, copy: func(int64) time.Duration { return 0 }}
		o := Full()
		o.Units = 100
		p := measured2(t, m, o)
		if len(p.Streams) != 0 {
			t.Errorf("streams %+v of a network that the device cannot run", p.Streams)
		}
		left, right := 0.0, 0.0
		for i, u := range p.Units {
			switch {
			case u.At == "t8":
				if u.MS != 0 || u.CI != 0 || !strings.Contains(u.Why, "node n8") {
					t.Errorf("the unit that cannot run is %+v", u)
				}
			case u.Why != "":
				t.Errorf("unit %+v", u)
			case i < 8:
				left += u.MS
			default:
				right += u.MS
			}
		}
		wantLeft, wantRight := 0.0, 0.0
		for i, n := range m.nodes {
			switch {
			case i < 8:
				wantLeft += milliseconds(n)
			case i > 8:
				wantRight += milliseconds(n)
			}
		}
		if !near(left, wantLeft) || !near(right, wantRight) {
			t.Errorf("%.3f and %.3f ms before and behind it, want %.3f and %.3f", left, right, wantLeft, wantRight)
		}
	})
}

// TestBudget wants a machine that never settles to be given up in time, with
// intervals that say so.
func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		m := &machine{nodes: uneven(20), devices: []accel.Device{cpu2}, lanes: map[accel.DeviceID]int{"cpu": 1}}
		m.noise = func(int) float64 {
			m.mu.Lock()
			defer m.mu.Unlock()
			return 0.5 + rng.ExpFloat64()
		}
		start := time.Now()
		p := measured2(t, m, Full())
		if took := time.Since(start); took > 90*time.Second {
			t.Errorf("it took %v", took)
		}
		for _, u := range p.Units {
			if u.CI <= 0.01*u.MS {
				t.Errorf("unit %+v is as if certain", u)
			}
		}
	})
}

// TestStagesAreTimed gives prep and detect known times.
func TestStagesAreTimed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{nodes: uneven(3), devices: []accel.Device{{ID: "cpu", Cores: 1}}}
		o := Quick()
		takes := func(d time.Duration) func(context.Context) error {
			return func(context.Context) error { <-time.After(d); return nil }
		}
		o.Prep, o.Detect = takes(2*time.Millisecond), takes(300*time.Microsecond)
		var steps []string
		o.Progress = func(step, of int, what string) {
			if step != len(steps) || step >= of {
				t.Errorf("step %d of %d behind %d", step, of, len(steps))
			}
			steps = append(steps, what)
		}
		if p := measured2(t, m, o); p.CPU.Prep != 2 || p.CPU.Detect != 0.3 || p.CPU.Decode != 0 || len(steps) != 3 {
			t.Errorf("%+v after %v", p.CPU, steps)
		}
		o.Progress = nil
		o.Detect = func(context.Context) error { return errors.New("no boxes") }
		if _, err := Measure(t.Context(), m, m.devices, m.network(), o); err == nil || !strings.Contains(err.Error(), "measuring prep and detect: no boxes") {
			t.Errorf("error %v", err)
		}
		m.closed(t)
	})
}

// TestFailures frees everything, whatever fails and whenever the user stops.
func TestFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{nodes: uneven(9), devices: []accel.Device{cpu2}}
		m.fail = errors.New("device on fire")
		if _, err := Measure(t.Context(), m, m.devices, m.network(), Quick()); !errors.Is(err, m.fail) || !strings.Contains(err.Error(), "units on cpu (threads: 1)") {
			t.Errorf("error %v", err)
		}
		m.closed(t)
		m.fail = nil
		for _, after := range []time.Duration{time.Millisecond, time.Second, 2 * time.Second} {
			ctx, cancel := context.WithCancelCause(t.Context())
			timer := time.AfterFunc(after, func() { cancel(errors.New("enough")) })
			if _, err := Measure(ctx, m, m.devices, m.network(), Quick()); err == nil || !strings.Contains(err.Error(), "enough") {
				t.Errorf("stopped after %v: error %v", after, err)
			}
			timer.Stop()
			cancel(nil)
			m.closed(t)
		}
		if _, err := Measure(t.Context(), m, nil, m.network(), Quick()); err == nil {
			t.Error("no device is no error")
		}
	})
}

// TestWatts: a CPU takes 10 W and 7 W more for each core at work, a GPU cannot tell.
func TestWatts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{
			nodes: uneven(10), devices: []accel.Device{cpu2, {ID: "gpu:0"}}, lanes: map[accel.DeviceID]int{"cpu": 2},
			copy: func(int64) time.Duration { return time.Millisecond },
		}
		o := Quick()
		began, counters := time.Now(), 0
		o.Energy = func(d accel.DeviceID) func() (float64, bool) {
			if d != "cpu" {
				return nil
			}
			counters++
			start := time.Now()
			return func() (float64, bool) {
				watts := 24.0
				if start.Equal(began) { // nothing has run yet
					watts = 10
				}
				return watts * time.Since(start).Seconds(), true
			}
		}
		p := measured2(t, m, o)
		if len(p.Watts) != 1 || p.Watts[0].Device != "cpu" || !near(p.Watts[0].Idle, 10) || !near(p.Watts[0].Busy, 24) {
			t.Errorf("watts %+v", p.Watts)
		}
		if counters < 3 { // at rest, and behind the streams of two series
			t.Errorf("counted %d times", counters)
		}
		o.Energy = func(accel.DeviceID) func() (float64, bool) { return func() (float64, bool) { return 0, false } }
		if p := measured2(t, m, o); p.Watts != nil {
			t.Errorf("watts of counters that stopped: %+v", p.Watts)
		}
	})
}
