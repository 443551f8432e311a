package profile

import (
	"errors"
	"fmt"
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

// apartOn is a plan with parts of t0 to the nodes of borders, one part on each of devices.
func apartOn(devices []accel.DeviceID, until ...string) (p plan.Plan) {
	p.Precision = plan.FP16
	for i, d := range devices {
		s := plan.Segment{Devices: []plan.Placement{{ID: d}}}
		if i < len(until) {
			s.Until = until[i]
		}
		p.Segments = append(p.Segments, s)
	}
	return p
}

// lopsided are two GPUs, the second of which works first in, first out, whose layers are fused across unequal nodes, so that
// their times are told of the wrong units, and a network with two dear cuts.
func lopsided() *machine {
	ms := func(list ...float64) (out []time.Duration) {
		for _, x := range list {
			out = append(out, time.Duration(x*float64(time.Millisecond)))
		}
		return out
	}
	return &machine{
		nodes: ms(2, 1, 2, 3, 1, 2, 2, 1, 3, 2, 1, 2, 2, 1, 3, 2), end: 20 * time.Microsecond, dear: map[int]time.Duration{3: 800 * time.Microsecond, 7: 500 * time.Microsecond},
		speed: map[accel.DeviceID]float64{"gpu:1": 0.5}, refuse: map[accel.DeviceID]int{"gpu:1": 1},
		layers: func(first, end int) (names []string, counts []int) {
			for i := first; i < end; i += 2 {
				names, counts = append(names, fmt.Sprintf("n%d", i)), append(counts, min(2, end-i))
			}
			return names, counts
		},
		copy:    func(int64) time.Duration { return time.Microsecond },
		devices: []accel.Device{{ID: "gpu:0"}, {ID: "gpu:1", FIFO: true}},
	}
}

// says is what a profile says that units ask of a device as a segment whose neighbours are elsewhere.
func says(p plan.Profile, s plan.Series, is span) plan.Work { return saysNear(p, s, use{span: is}) }

func saysNear(p plan.Profile, s plan.Series, u use) plan.Work {
	_, by := p.BySeries()
	return plan.WorkOf(by[s], u.first, u.end, u.near)
}

// takes is what nodes take as a segment of a device.
func (m *machine) takes(d accel.DeviceID, first, end int) float64 {
	return milliseconds((&call{engine: &engine{machine: m, device: d, threads: 1, first: first, end: end}}).time())
}

// TestRefine: where layers' times mislead and cuts are dear, the profile says of the parts of two plans what they take once they
// are measured; the whole takes what it took, and the profile that was given is as it was. gpu:1 does not run the first node.
func TestRefine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := lopsided()
		before := measured2(t, m, Full())
		given := slices.Clone(before.Units)
		r := NewRefiner(m, m.devices, m.network(), before, brief20())
		for i, until := range [][]string{{"t2", "t6"}, {"t4", "t10"}} {
			if n, err := r.Measure(t.Context(), apartOn([]accel.DeviceID{"gpu:0", "gpu:1", "gpu:0"}, until...)); n != 3 || err != nil {
				t.Fatalf("plan %d: %d parts, %v", i, n, err)
			}
		}
		m.closed(t)
		after, worst := r.Profile(), 0.0
		for _, c := range []struct {
			d  accel.DeviceID
			is span
		}{{"gpu:0", span{0, 3}}, {"gpu:1", span{3, 7}}, {"gpu:0", span{7, 16}}, {"gpu:0", span{0, 5}}, {"gpu:1", span{5, 11}}, {"gpu:0", span{11, 16}}} {
			s := plan.Series{Device: c.d, Precision: plan.FP16}
			want := m.takes(c.d, c.is.first, c.is.end)
			was, is := says(before, s, c.is).Alone, says(after, s, c.is).Alone
			worst = max(worst, math.Abs(was/want-1))
			if math.Abs(is/want-1) > 0.01 {
				t.Errorf("units %v on %s: the profile says %.3f ms, said %.3f before, want %.3f", c.is, c.d, is, was, want)
			}
		}
		if worst < 0.05 {
			t.Errorf("the profile was at most %.1f %% off before: there is nothing to refine here", 100*worst)
		}
		for d, is := range map[accel.DeviceID]span{"gpu:0": {0, 16}, "gpu:1": {1, 16}} {
			whole := says(after, plan.Series{Device: d, Precision: plan.FP16}, is).Alone
			if all := m.takes(d, is.first, is.end); math.Abs(whole/all-1) > 0.005 {
				t.Errorf("units %v on %s take %.3f ms, want %.3f", is, d, whole, all)
			}
		}
		if !slices.Equal(given, before.Units) {
			t.Error("the profile that was given is another one now")
		}
		if n, err := r.Measure(t.Context(), apartOn([]accel.DeviceID{"gpu:0", "gpu:1", "gpu:0"}, "t2", "t6")); n != 0 || err != nil {
			t.Errorf("%d parts were measured again: %v", n, err)
		}
	})
}

// brief20 is as much as a plan's parts are measured.
func brief20() Options {
	o := Full()
	o.Budget = 20 * time.Second
	return o
}

// midway is a network whose middle has the device for itself and whose ends run beside other frames.
func midway() *machine {
	return &machine{
		nodes: slices.Repeat([]time.Duration{2 * time.Millisecond}, 9), end: 10 * time.Microsecond,
		wide: map[int]bool{3: true, 4: true, 5: true}, devices: []accel.Device{{ID: "gpu:0"}, {ID: "gpu:1"}}, copy: func(int64) time.Duration { return time.Microsecond },
	}
}

// TestRefineFull: the ends ask for next to nothing of the full device, and less than the border that was measured told, where each
// has a part of the middle.
func TestRefineFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, o := midway(), Full()
		o.Pairs = 1 // one border only, within the middle
		before := measured2(t, m, o)
		r := NewRefiner(m, m.devices, m.network(), before, brief20())
		if n, err := r.Measure(t.Context(), apartOn([]accel.DeviceID{"gpu:0", "gpu:1", "gpu:0"}, "t2", "t5")); n != 3 || err != nil {
			t.Fatalf("%d parts: %v", n, err)
		}
		m.closed(t)
		after := r.Profile()
		for _, is := range []span{{0, 3}, {6, 9}} {
			s := plan.Series{Device: "gpu:0", Precision: plan.FP16}
			was, now := says(before, s, is).Full, says(after, s, is).Full
			if want := 0.75; math.Abs(now-want) > 0.12 || was < 1.3 { // 6 ms of one of eight streams, and what a cut adds
				t.Errorf("units %v ask for %.2f ms of the full device, before %.2f, want %.2f", is, now, was, want)
			}
		}
		if was, now := fullOf(pointers(before.Units[:9])), fullOf(pointers(after.Units[:9])); math.Abs(now/was-1) > 0.005 {
			t.Errorf("all ask for %.3f ms together, before %.3f", now, was)
		}
	})
}

// TestRefineMet: parts that meet on a device have what a cut costs there between them, of both, and one that has its neighbour on
// another device too.
func TestRefineMet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := midway()
		m.dear = map[int]time.Duration{5: 1600 * time.Microsecond} // wide, within the middle
		before := measured2(t, m, Full())
		of := apartOn([]accel.DeviceID{"gpu:0", "gpu:0"}, "t4")
		of.Segments[0].Devices = append(of.Segments[0].Devices, plan.Placement{ID: "gpu:1"})
		r := NewRefiner(m, m.devices, m.network(), before, brief20())
		if n, err := r.Measure(t.Context(), of); n != 3 || err != nil {
			t.Fatalf("%d parts: %v", n, err)
		}
		m.closed(t)
		s := plan.Series{Device: "gpu:0", Precision: plan.FP16}
		front := saysNear(r.Profile(), s, use{span{0, 5}, plan.Near{Back: true}}).Full
		rear := saysNear(r.Profile(), s, use{span{5, 9}, plan.Near{Front: true}}).Full
		if want := 6 + 1.62; math.Abs(front+rear-want) > 0.1 { // three wide nodes, and the cut
			t.Errorf("the parts ask for %.2f and %.2f ms of the full device, want %.2f together", front, rear, want)
		}
		units := pointers(r.Profile().Units[:9])
		if was := before.Units[4]; units[4].FullCutMS < was.FullCutMS+0.5 || units[4].FullAwayMS < units[4].FullCutMS/2 {
			t.Errorf("a cut costs %.2f ms of both, %.2f of one with the other elsewhere, before %.2f and %.2f", units[4].FullCutMS, units[4].FullAwayMS, was.FullCutMS, was.FullAwayMS)
		}
	})
}

func pointers(units []plan.Unit) (list []*plan.Unit) {
	for i := range units {
		list = append(list, &units[i])
	}
	return list
}

// TestUsed: what is measured of a plan are its parts on devices that a stopwatch times, within what these run.
func TestUsed(t *testing.T) {
	var p plan.Profile
	for _, d := range []accel.DeviceID{"cpu", "gpu:0", "dla:0", "sim:far"} {
		for i := range 6 {
			u := plan.Unit{Device: d, Precision: plan.FP16, MS: 1}
			if i < 5 {
				u.At = fmt.Sprintf("t%d", i)
			}
			switch {
			case d == "cpu":
				u.Threads, u.Precision = 1, ""
			case d == "dla:0" && (i == 0 || i == 3):
				u.Why = "not for a DLA"
			}
			p.Units = append(p.Units, u)
		}
	}
	p.Simulated = []plan.SimDevice{{ID: "sim:far"}}
	both := apartOn([]accel.DeviceID{"gpu:0", "gpu:0"}, "t2")
	both.Segments[0].Devices = append(both.Segments[0].Devices, plan.Placement{ID: "dla:0"}, plan.Placement{ID: "cpu"})
	gpu, dla := place{plan.Series{Device: "gpu:0", Precision: plan.FP16}, span{0, 6}}, place{plan.Series{Device: "dla:0", Precision: plan.FP16}, span{1, 3}}
	alone, front, back := plan.Near{}, plan.Near{Front: true}, plan.Near{Back: true}
	for _, c := range []struct {
		name string
		of   plan.Plan
		want map[place][]use
	}{
		{"no cut", apartOn([]accel.DeviceID{"gpu:0"}), nil},
		{"both sides of a DLA", apartOn([]accel.DeviceID{"gpu:0", "dla:0", "gpu:0"}, "t0", "t1"), map[place][]use{gpu: {{span{0, 1}, alone}, {span{2, 6}, alone}}, dla: {{span{1, 2}, alone}}}},
		{"all that the DLA runs there", apartOn([]accel.DeviceID{"gpu:0", "dla:0", "cpu"}, "t0", "t2"), map[place][]use{gpu: {{span{0, 1}, alone}}}},
		{"more than the DLA runs", apartOn([]accel.DeviceID{"dla:0", "gpu:0"}, "t2"), map[place][]use{gpu: {{span{3, 6}, alone}}}},
		{"shared, with a CPU", both, map[place][]use{gpu: {{span{0, 3}, back}, {span{3, 6}, front}}}},
		{"behind a CPU", apartOn([]accel.DeviceID{"cpu", "dla:0", "gpu:0"}, "t0", "t1"), map[place][]use{dla: {{span{1, 2}, alone}}, gpu: {{span{2, 6}, alone}}}},
		{"declared, CPU", apartOn([]accel.DeviceID{"sim:far", "cpu"}, "t2"), nil},
		{"not of this profile", apartOn([]accel.DeviceID{"gpu:0", "gpu:0"}, "t9"), nil},
		{"another precision", plan.Plan{Segments: apartOn([]accel.DeviceID{"gpu:0", "cpu"}, "t2").Segments}, nil},
	} {
		order, got := NewRefiner(nil, nil, Network{}, p, Full()).used(c.of)
		if len(order) != len(c.want) {
			t.Errorf("%s: %v, want %v", c.name, order, c.want)
		}
		for _, at := range order {
			if !slices.Equal(got[at], c.want[at]) {
				t.Errorf("%s: on %v %v, want %v", c.name, at, got[at], c.want[at])
			}
		}
	}
	if order, _ := NewRefiner(nil, nil, Network{}, plan.Profile{}, Full()).used(both); order != nil {
		t.Errorf("of no units: %v", order)
	}
}

// TestRefineFails: an error names the device, a device without room for the streams is warned of and keeps what it
// had of the full device, what there is no time for is not measured, which is said; and all is closed in any case.
func TestRefineFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := lopsided()
		m.layers, m.refuse = nil, nil
		before := measured2(t, m, Full())
		of := apartOn([]accel.DeviceID{"gpu:0", "gpu:0"}, "t2")
		m.fail = errors.New("it broke")
		r := NewRefiner(m, m.devices, m.network(), before, brief20())
		if _, err := r.Measure(t.Context(), of); err == nil || !strings.Contains(err.Error(), "measuring parts of a plan on gpu:0: it broke") {
			t.Errorf("%v", err)
		}
		m.closed(t)
		m.fail = nil
		for _, c := range []struct {
			room   int64
			window time.Duration
			parts  int
			said   string
		}{
			{30, 400 * time.Millisecond, 2, "has no room for so many streams"},
			{0, 2 * time.Second, 0, "that would take too long\" device=gpu:0 what=alone takes=4.5s of=2s"},
			{0, 800 * time.Millisecond, 2, "that would take too long\" device=gpu:0 what=\"on the full device\" takes=2.4s of=2s"},
		} {
			m.room = c.room
			var log strings.Builder
			o := brief20()
			o.Log, o.Budget, o.Window = slog.New(slog.NewTextHandler(&log, nil)), leastParts, c.window
			r := NewRefiner(m, m.devices, m.network(), before, o)
			if n, err := r.Measure(t.Context(), of); n != c.parts || err != nil || !strings.Contains(log.String(), c.said) {
				t.Errorf("%d parts, %v, said: %s, want %d and %q", n, err, log.String(), c.parts, c.said)
			}
			m.closed(t)
			if was, now := fullOf(pointers(before.Units[:16])), fullOf(pointers(r.Profile().Units[:16])); math.Abs(now/was-1) > 1e-6 {
				t.Errorf("the units ask for %g ms together, before for %g", now, was)
			}
		}
	})
}

// TestShared: parts have all streams, by their time, and each has one.
func TestShared(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, ms := rapid.IntRange(1, 16).Draw(t, "n"), rapid.SliceOfN(rapid.Float64Range(0, 9), 1, 6).Draw(t, "ms")
		var units []*plan.Unit
		var uses []use
		all := 0.0
		for i, x := range ms {
			units, uses, all = append(units, &plan.Unit{MS: x}), append(uses, use{span: span{i, i + 1}}), all+x
		}
		sum := 0
		for i, k := range shared(units, uses, n) {
			sum += k
			if k < 1 || float64(k) > 1+ms[i]/max(all, 1e-9)*float64(n)+1e-9 && n >= len(ms) && all > 1e-6 {
				t.Fatalf("part %d of %v has %d of %d streams", i, ms, k, n)
			}
		}
		if sum != max(n, len(ms)) {
			t.Fatalf("parts of %v have %d streams, want %d", ms, sum, n)
		}
	})
}

// TestTwins: what parts take of one device is taken for what they take of another of the same name, and is not measured there.
func TestTwins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := lopsided()
		m.speed, m.refuse, m.devices = nil, nil, []accel.Device{{ID: "gpu:0", Name: "A"}, {ID: "gpu:1", Name: "A"}, {ID: "gpu:2", Name: "B"}}
		before := measured2(t, m, Full())
		r := NewRefiner(m, m.devices, m.network(), before, brief20())
		if n, err := r.Measure(t.Context(), apartOn([]accel.DeviceID{"gpu:0", "gpu:2"}, "t2")); n != 2 || err != nil {
			t.Fatalf("%d parts: %v", n, err)
		}
		for d, refined := range map[accel.DeviceID]bool{"gpu:0": true, "gpu:1": true, "gpu:2": false} {
			got, want := says(r.Profile(), plan.Series{Device: d, Precision: plan.FP16}, span{0, 3}).Alone, m.takes(d, 0, 3)
			if is := math.Abs(got/want-1) < 0.01; is != refined {
				t.Errorf("%s: the profile says %.3f ms, want %.3f: %t", d, got, want, refined)
			}
		}
		if n, err := r.Measure(t.Context(), apartOn([]accel.DeviceID{"gpu:1", "gpu:2"}, "t2")); n != 0 || err != nil {
			t.Errorf("%d parts were measured again: %v", n, err)
		}
		m.closed(t)
	})
}

// TestBesides: parts that keep each other waiting ask for more of the full device than each by itself tells.
func TestBesides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := midway()
		m.lanes = map[accel.DeviceID]int{"gpu:0": 6} // of eight streams
		m.wide = nil
		before := measured2(t, m, Full())
		r := NewRefiner(m, m.devices, m.network(), before, brief20())
		if n, err := r.Measure(t.Context(), apartOn([]accel.DeviceID{"gpu:0", "gpu:1", "gpu:0"}, "t2", "t5")); n != 3 || err != nil {
			t.Fatalf("%d parts: %v", n, err)
		}
		m.closed(t)
		for _, is := range []span{{0, 3}, {6, 9}} {
			if got := says(r.Profile(), plan.Series{Device: "gpu:0", Precision: plan.FP16}, is).Full; math.Abs(got-1) > 0.03 { // 6 ms in one of six lanes
				t.Errorf("units %v ask for %.3f ms, want 1", is, got)
			}
		}
	})
}
