package profile

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"braid/accel"
	"braid/accel/plan"
)

// TestStreams wants the rate of one stream for each core, and of one with all.
func TestStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{nodes: uneven(10), devices: []accel.Device{{ID: "cpu", Cores: 6}}, lanes: map[accel.DeviceID]int{"cpu": 3}}
		p := measured2(t, m, Quick())
		one := 0.0
		for _, n := range m.nodes {
			one += milliseconds(n)
		}
		want := []plan.Streams{
			{Device: "cpu", N: 1, Threads: 1, Rate: 1000 / one},
			{Device: "cpu", N: 2, Threads: 1, Rate: 2000 / one},
			{Device: "cpu", N: 4, Threads: 1, Rate: 3000 / one},
			{Device: "cpu", N: 6, Threads: 1, Rate: 3000 / one},
			{Device: "cpu", N: 1, Threads: 6, Rate: 6000 / one},
		}
		if len(p.Streams) != len(want) {
			t.Fatalf("streams %+v", p.Streams)
		}
		for i, s := range p.Streams {
			rate := s.Rate
			s.Rate = want[i].Rate
			if s != want[i] || math.Abs(rate-want[i].Rate) > 0.05*want[i].Rate {
				t.Errorf("%+v of rate %.1f, want %+v", s, rate, want[i])
			}
		}
	})
}

// TestStreamsOfManyCores: there are no more than a plan may have, and the profile can be
// read again.
func TestStreamsOfManyCores(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := measured2(t, &machine{nodes: uneven(4), devices: []accel.Device{{ID: "cpu", Cores: 96}}, lanes: map[accel.DeviceID]int{"cpu": 96}}, Quick())
		most := 0
		for _, s := range p.Streams {
			most = max(most, s.N)
		}
		if most != plan.MaxStreams {
			t.Errorf("up to %d streams are measured, want %d", most, plan.MaxStreams)
		}
		text, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := plan.ParseProfile(text, "p.yaml"); err != nil {
			t.Error(err)
		}
	})
}

// TestHalfPrecision: a CPU whose runtime computes in 16 bits is measured so too, beside the
// one that does not.
func TestHalfPrecision(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		second := cpu2
		second.ID = "cpu/openvino"
		m := &machine{nodes: uneven(10), end: 50 * time.Microsecond, devices: []accel.Device{cpu2, second}, lanes: map[accel.DeviceID]int{"cpu": 2}}
		order, _ := measured2(t, m, Full()).BySeries()
		want := []plan.Series{
			{Device: "cpu", Threads: 1, Precision: plan.FP32},
			{Device: "cpu", Threads: 2, Precision: plan.FP32},
			{Device: "cpu/openvino", Threads: 1, Precision: plan.FP32},
			{Device: "cpu/openvino", Threads: 2, Precision: plan.FP32},
			{Device: "cpu/openvino", Threads: 1, Precision: plan.BF16},
		}
		if !slices.Equal(order, want) {
			t.Errorf("series %v, want %v", order, want)
		}
	})
}

// slowed is an Exec that was placed: it takes another ten milliseconds.
type slowed struct{ accel.Exec }

func (s slowed) Bind(b *accel.Bindings) (accel.Call, error) {
	c, err := s.Exec.Bind(b)
	return slowedCall{c}, err
}

type slowedCall struct{ accel.Call }

func (c slowedCall) Start(ctx context.Context, after accel.Event) (accel.Event, error) {
	<-time.After(10 * time.Millisecond)
	return c.Call.Start(ctx, after)
}

// TestStreamsAreKept on cores where a plan's would be: one-threaded ones, as many as
// there are cores. The fewer of them, and all others, run anywhere.
func TestStreamsAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{nodes: []time.Duration{6 * time.Millisecond, 4 * time.Millisecond}, devices: []accel.Device{cpu2}}
		o := Full()
		o.HostCores = []int{3, 5}
		var cores []int
		o.Keep = func(x accel.Exec, core int) (accel.Exec, error) {
			cores = append(cores, core)
			return slowed{x}, nil
		}
		p := measured2(t, m, o)
		if !slices.Equal(cores, o.HostCores) {
			t.Errorf("kept on cores %v, want %v", cores, o.HostCores)
		}
		for _, s := range p.Streams {
			want := 1000.0 / 10 * float64(s.Threads)
			if s.N == 2 {
				want = 2 * 1000.0 / (10 + 10)
			}
			if !near(s.Rate, want) {
				t.Errorf("%+v, want %g", s, want)
			}
		}
		o.Keep = func(accel.Exec, int) (accel.Exec, error) { return nil, errors.New("no such core") }
		if _, err := Measure(t.Context(), m, m.devices, m.network(), o); err == nil || !strings.Contains(err.Error(), "no such core") {
			t.Errorf("a core that is not there: %v", err)
		}
		m.closed(t)
	})
}

// TestStreamsAgain: neighbours that take a core for a while, and leave one that works
// alone in peace, make the streams be measured again.
func TestStreamsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{nodes: uneven(10), devices: []accel.Device{cpu2}, lanes: map[accel.DeviceID]int{"cpu": 2}}
		crowd := 10 // runs beside another that are disturbed
		m.noise = func(int) float64 {
			m.mu.Lock()
			defer m.mu.Unlock()
			if m.busy["cpu"] < 2 || crowd == 0 {
				return 1
			}
			crowd--
			return 2.5
		}
		p := measured2(t, m, Quick())
		if crowd > 0 || p.Streams[1].N != 2 || p.Streams[1].Rate < 2*enoughOfAll*p.Streams[0].Rate {
			t.Errorf("%d runs would have been disturbed yet; streams %+v", crowd, p.Streams)
		}
	})
}
