// Package profile measures what a planner has to know of a network on a machine's
// devices: the time of each unit, what a cut costs, transfers, streams, devices at
// work at once. It works through accel's interfaces alone, so that any runtime can
// be measured, and owns what it builds until a measurement ends.
//
// Units are measured by timing spans of the network, each as the segment that a
// plan would make of it, and solving for the units (see solve). The spans are
// chosen by what the device can do; see the methods. A runtime's own profile of
// the operators of one session was not taken on the CPU: its times are those of a
// run that is slowed down by writing them, and what a cut costs is not among them.
//
// Times are medians with distribution-free intervals, of rounds over all spans, so
// that a disturbance meets all of them alike.
package profile

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"braid/accel"
	"braid/accel/plan"
)

// Options say how much is measured.
type Options struct {
	Units      int              // of the network, at most
	Pairs      int              // borders at which the network is measured in two, at most
	Interval   float64          // half of an interval as a share of the median, at which it is stable
	Budget     time.Duration    // for measuring; building engines comes on top
	Window     time.Duration    // of one measurement of several calls at once
	Precisions []plan.Precision // of devices other than the CPU
	Copies     []int64          // bytes of copies between memories; between two sizes a line is drawn
	Streams    []int            // counts of streams; on a CPU up to its cores
	Cores      int              // of the host; 0: those of the devices that are measured
	// HostCores are those that this process may use; Keep makes an Exec run on one of them.
	// With them streams run as plan.StreamCores says, as they do in a plan; nil: anywhere.
	HostCores []int
	Keep      func(x accel.Exec, core int) (accel.Exec, error)
	// Prep and Detect do that step once on a frame; nil: not measured.
	Prep, Detect func(ctx context.Context) error
	// Energy begins to count a device's energy, what others do on it included; what it
	// returns gives the joules since then, false where they cannot be told any more. It
	// is nil for a device without a counter. nil: power is not measured.
	Energy func(accel.DeviceID) (since func() (joules float64, ok bool))
	// Progress is told before each step, from 0, of how many there are; nil: nobody.
	Progress func(step, steps int, what string)
	Log      *slog.Logger
}

// Full measures all, within two minutes for a small network on two cores.
func Full() Options {
	return Options{
		Units: 28, Pairs: 6, Interval: 0.03, Budget: 75 * time.Second, Window: 400 * time.Millisecond,
		Precisions: []plan.Precision{plan.FP16}, Copies: []int64{64 << 10, 1 << 20, 8 << 20}, Streams: []int{1, 2, 4, 8}, Log: slog.New(slog.DiscardHandler),
	}
}

// Quick measures as much as a first start can wait for.
func Quick() Options {
	o := Full()
	o.Units, o.Pairs, o.Interval, o.Budget, o.Window = 12, 0, 0.10, 6*time.Second, 150*time.Millisecond
	return o
}

// Glance measures only the whole network, by threads and streams: seconds, for
// machines where there is nothing to cut it over.
func Glance() Options {
	o := Quick()
	o.Units, o.Budget = 1, 2500*time.Millisecond
	return o
}

// Measure measures a network on devices of a backend. The Profile's machine and the
// time of decoding are its caller's to fill in.
func Measure(ctx context.Context, b accel.Backend, devices []accel.Device, n Network, o Options) (plan.Profile, error) {
	if len(devices) == 0 {
		return plan.Profile{}, errors.New("there is no device to measure")
	}
	m := &measurement{backend: b, network: n, options: o, units: chooseUnits(n, o.Units), cores: max(o.Cores, Cores(devices))}
	m.profile = plan.Profile{Version: plan.Version, Model: n.Ref, Cores: m.cores, Input: n.Input}
	for _, d := range devices {
		m.series = append(m.series, m.seriesOf(d)...)
		if d.FIFO {
			m.profile.FIFO = append(m.profile.FIFO, d.ID)
		}
	}
	steps := m.steps()
	shares := 0
	for _, s := range steps {
		shares += s.share
	}
	for i, s := range steps {
		if o.Progress != nil {
			o.Progress(i, len(steps), s.what)
		}
		if err := s.do(ctx, o.Budget*time.Duration(s.share)/time.Duration(shares)); err != nil {
			return plan.Profile{}, fmt.Errorf("measuring %s: %w", s.what, err)
		}
	}
	return m.profile, nil
}

// measurement is a Profile being made.
type measurement struct {
	backend accel.Backend
	network Network
	units   units
	options Options
	cores   int
	series  []plan.Series
	longest map[plan.Series]span       // the longest stretch that each series runs
	rest    map[accel.DeviceID]float64 // watts of devices that nothing runs on, where known
	profile plan.Profile
}

// step is a part of a measurement.
type step struct {
	what  string
	share int // of the budget, against the other steps'
	do    func(ctx context.Context, budget time.Duration) error
}

// Cores are those of the host, 1 where it is not among the devices.
func Cores(devices []accel.Device) int {
	n := 1
	for _, d := range devices {
		if d.ID.Memory() == host {
			n = max(n, d.Cores)
		}
	}
	return n
}

// host is the memory that the CPU works on.
const host accel.DeviceID = "cpu"

// seriesOf are the ways in which a device is measured: a CPU with one thread and
// with all cores, and with one in each 16-bit precision that it has instructions for;
// others in each precision.
func (m *measurement) seriesOf(d accel.Device) (list []plan.Series) {
	if d.ID.Kind() == "cpu" {
		list = append(list, plan.Series{Device: d.ID, Threads: 1, Precision: plan.FP32})
		if m.cores > 1 {
			list = append(list, plan.Series{Device: d.ID, Threads: m.cores, Precision: plan.FP32})
		}
		for _, p := range []plan.Precision{plan.BF16, plan.FP16} {
			if m.computes(d.ID, p) {
				list = append(list, plan.Series{Device: d.ID, Threads: 1, Precision: p})
			}
		}
		return list
	}
	for _, p := range m.options.Precisions {
		list = append(list, plan.Series{Device: d.ID, Precision: p})
	}
	return list
}

// computes asks a runtime whether a device has a precision, by a segment that every one
// runs.
func (m *measurement) computes(d accel.DeviceID, p plan.Precision) bool {
	if m.network.Copy == nil {
		return false
	}
	s, err := m.network.Copy(m.options.Copies[0])
	return err == nil && m.backend.Supports(s, d, accel.BuildOptions{Precision: string(p)}) == nil
}

// steps lists what is measured.
func (m *measurement) steps() (list []step) {
	m.longest, m.rest = map[plan.Series]span{}, map[accel.DeviceID]float64{}
	if m.options.Energy != nil {
		list = append(list, step{"power at rest", 0, m.measureRest}) // its time is not of the budget
	}
	for _, s := range m.series {
		list = append(list, step{"units on " + label(s), 6, func(ctx context.Context, budget time.Duration) error { return m.measureUnits(ctx, s, budget) }})
	}
	for _, s := range m.series {
		list = append(list, step{"streams on " + label(s), 3, func(ctx context.Context, budget time.Duration) error { return m.measureStreams(ctx, s, budget) }})
	}
	for _, pair := range m.pairs() {
		list = append(list, step{
			fmt.Sprintf("%s beside %s", pair[0].Device, pair[1].Device), 2,
			func(ctx context.Context, budget time.Duration) error {
				return m.measureCorun(ctx, pair[0], pair[1], budget)
			},
		})
	}
	for _, way := range m.ways() {
		list = append(list, step{
			fmt.Sprintf("copies from %s to %s", way[0], way[1]), 1,
			func(ctx context.Context, budget time.Duration) error {
				return m.measureTransfers(ctx, way[0], way[1], budget)
			},
		})
	}
	if m.options.Prep != nil || m.options.Detect != nil {
		list = append(list, step{"prep and detect", 1, m.measureStages})
	}
	return list
}

func label(s plan.Series) string {
	if s.Threads > 0 {
		return fmt.Sprintf("%s (threads: %d)", s.Device, s.Threads)
	}
	return fmt.Sprintf("%s in %s", s.Device, s.Precision)
}

// measureUnits fills in the units of a series. One that runs no unit at all has
// nothing to tell beyond why.
func (m *measurement) measureUnits(ctx context.Context, s plan.Series, budget time.Duration) error {
	w := work{&rig{backend: m.backend, network: m.network, units: m.units, series: s}, m.options, budget, 0}
	got, err := w.run(ctx)
	if err != nil {
		return err
	}
	m.profile.Units = append(m.profile.Units, got.units...)
	m.longest[s] = got.longest
	return nil
}

// whole says whether a series runs the whole network.
func (m *measurement) whole(s plan.Series) bool { return m.longest[s] == span{0, m.units.n()} }

// pairs are the devices that can be at work at once, each by its first series.
func (m *measurement) pairs() (list [][2]plan.Series) {
	var firsts []plan.Series
	for _, s := range m.series {
		if !slices.ContainsFunc(firsts, func(f plan.Series) bool { return f.Device == s.Device }) {
			firsts = append(firsts, s)
		}
	}
	for i, a := range firsts {
		for _, b := range firsts[i+1:] {
			list = append(list, [2]plan.Series{a, b})
		}
	}
	return list
}
