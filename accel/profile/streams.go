package profile

import (
	"context"
	"time"

	"braid/accel"
	"braid/accel/plan"
)

// measureStreams measures the rate of the whole network by the number of streams.
// On a CPU streams have one thread each and are at most as many as cores; of more
// threads there is one stream. Of a device that cannot run the whole network, which no plan
// has alone, it measures how its longest stretch follows itself.
func (m *measurement) measureStreams(ctx context.Context, s plan.Series, budget time.Duration) (err error) {
	if !m.whole(s) {
		return m.measureStretch(ctx, s, budget)
	}
	r := &rig{backend: m.backend, network: m.network, units: m.units, series: s}
	defer r.closeInto(&err)
	counts := m.counts(s)
	sets, err := m.sets(ctx, r, counts)
	if err != nil {
		return err
	}
	rates, err := m.rates(ctx, sets, budget/2)
	for tries := 1; err == nil && tries < mostTries && m.crowded(s, counts, rates); tries++ {
		var again []sample
		if again, err = m.rates(ctx, sets, budget/4); err == nil && last(again) > last(rates) {
			rates = again
		}
	}
	if err != nil {
		return err
	}
	m.compare(s, rates)
	for i, n := range counts {
		rate, _ := rates[i].median()
		m.profile.Streams = append(m.profile.Streams, plan.Streams{Device: s.Device, N: n, Threads: s.Threads, Precision: written(s.Precision), Rate: rate})
	}
	if one, _ := rates[0].median(); s.Device.Kind() == "cpu" {
		if counts[0] == 1 {
			m.quicken(s, 1000/one)
		}
	} else if err := m.followInUse(ctx, s, counts, sets, rates, max(budget/4, leastInUse)); err != nil {
		return err
	}
	return m.measureBusy(ctx, s.Device, sets[len(sets)-1])
}

// leastInUse is the least time for parts of a network that run as in use, of which building the engines takes minutes:
// on a machine with many devices each has a small part of the budget.
const leastInUse = 3 * time.Second

// followInUse makes the times of a device's units those of runs that follow each other, alone and on the full device.
func (m *measurement) followInUse(ctx context.Context, s plan.Series, counts []int, sets [][]stream, rates []sample, budget time.Duration) (err error) {
	if counts[0] != 1 {
		return nil
	}
	most := fullest(rates)
	if m.profile.IsFIFO(s.Device) { // frames are at work there one at a time
		most = 0
	}
	r := &rig{backend: m.backend, network: m.network, units: m.units, series: s}
	defer r.closeInto(&err)
	one, _ := rates[0].median()
	parts, cuts, err := m.cutsInUse(ctx, r, sets[0][0], 1000/one, budget)
	if err != nil {
		return err
	}
	m.follow(s, 1000/one, cuts)
	if most == 0 || len(parts) == 0 {
		return nil
	}
	rate, _ := rates[most].median()
	run := time.Duration(float64(counts[most]) / rate * float64(time.Second))
	splits, err := m.full(ctx, r, parts, sets[most], run, 2*budget)
	if err == nil {
		fill(m.unitsOf(s), splits, counts[most], 1000/highest(rates))
	}
	return err
}

// measureStretch measures a stream of the longest stretch that a device runs.
func (m *measurement) measureStretch(ctx context.Context, s plan.Series, budget time.Duration) (err error) {
	if s.Device.Kind() == "cpu" || m.longest[s] == (span{}) {
		return nil
	}
	r := &rig{backend: m.backend, network: m.network, units: m.units, series: s}
	defer r.closeInto(&err)
	streams, err := r.streams(ctx, r.ends(m.longest[s]), m.longest[s], nil)
	if err != nil {
		return err
	}
	rates, err := m.rates(ctx, [][]stream{streams}, budget/2)
	if err != nil {
		return err
	}
	parts := &rig{backend: m.backend, network: m.network, units: m.units, series: s}
	defer parts.closeInto(&err)
	_, cuts, err := m.cutsInUse(ctx, parts, streams[0], 1000/last(rates), max(budget/4, leastInUse))
	if err != nil {
		return err
	}
	m.follow(s, 1000/last(rates), cuts)
	return m.measureBusy(ctx, s.Device, streams)
}

// sets are as many streams as each of the counts says, the largest last. Those that a
// plan would keep on a core each are kept so.
func (m *measurement) sets(ctx context.Context, r *rig, counts []int) ([][]stream, error) {
	most := counts[len(counts)-1]
	keepers := make([]keeper, most)
	p := plan.Plan{Segments: []plan.Segment{{Devices: []plan.Placement{{ID: r.series.Device, Threads: r.series.Threads}}, Streams: most}}}
	for _, core := range p.StreamCores(m.options.HostCores)[0] {
		keepers = append(keepers, func(x accel.Exec) (accel.Exec, error) { return m.options.Keep(x, core) })
	}
	streams, err := r.streams(ctx, r.ends(m.longest[r.series]), m.longest[r.series], keepers...)
	if err != nil {
		return nil, err
	}
	sets := make([][]stream, len(counts))
	for i, n := range counts {
		sets[i] = streams[:n]
	}
	sets[len(sets)-1] = streams[len(streams)-most:]
	return sets, nil
}

// rates measures how many frames a second each of the sets of streams makes, in turn.
func (m *measurement) rates(ctx context.Context, sets [][]stream, budget time.Duration) ([]sample, error) {
	return m.ratesOf(ctx, sets, m.options.Window, leastWindows, budget)
}

// ratesOf measures so in windows of a time, each at least so many times.
func (m *measurement) ratesOf(ctx context.Context, sets [][]stream, window time.Duration, least int, budget time.Duration) ([]sample, error) {
	rates := make([]sample, len(sets))
	err := rounds(ctx, budget, least, len(sets), func(i int) error {
		means, err := race(ctx, sets[i], window)
		if err == nil {
			rates[i] = append(rates[i], rate(means))
		}
		return err
	}, func(i int) bool { return rates[i].stable(m.options.Interval) })
	return rates, err
}

// A machine may be shared with others that come and go for many seconds, and slow
// many cores at work down where they leave one alone. So what all cores make is measured
// again where it is less than enoughOfAll of what so many single ones would, up to
// mostTries times in all, and the best counts: others make nothing faster. Where two cores
// are one with two threads that is in vain and costs the time.
const (
	enoughOfAll = 0.75
	mostTries   = 3
)

// crowded is whether the cores may not have been free.
func (m *measurement) crowded(s plan.Series, counts []int, rates []sample) bool {
	one, _ := rates[0].median()
	n := counts[len(counts)-1]
	return s.Device.Kind() == "cpu" && n > 1 && last(rates) < enoughOfAll*float64(n)*one
}

// last is the median of the last sample.
func last(rates []sample) float64 {
	most, _ := rates[len(rates)-1].median()
	return most
}

// leastGain is how much faster than one stream several on a quiet CPU are at least,
// also where two cores are one with two threads.
const leastGain = 1.2

// compare warns where the cores were not free.
func (m *measurement) compare(s plan.Series, rates []sample) {
	one, _ := rates[0].median()
	most := last(rates)
	if len(rates) > 1 && s.Device.Kind() == "cpu" && most < leastGain*one {
		m.options.Log.Warn("streams on all cores are hardly faster than one: other work on the machine? measure again when it is quiet", "device", s.Device, "one", one, "all", most)
	}
}

// counts are the numbers of streams of a series, the largest last.
func (m *measurement) counts(s plan.Series) (list []int) {
	switch {
	case s.Threads > 1:
		return []int{1}
	case s.Device.Kind() != "cpu":
		return m.options.Streams
	}
	most := min(m.cores, plan.MaxStreams)
	for _, n := range m.options.Streams {
		if n < most {
			list = append(list, n)
		}
	}
	return append(list, most)
}

// measureCorun measures by how much two devices slow each other down, each with one
// stream of the longest stretch that it runs.
func (m *measurement) measureCorun(ctx context.Context, a, b plan.Series, budget time.Duration) (err error) {
	var streams []stream
	for _, s := range []plan.Series{a, b} {
		if m.longest[s] == (span{}) {
			return nil // it runs nothing of this network
		}
		r := &rig{backend: m.backend, network: m.network, units: m.units, series: s}
		defer r.closeInto(&err)
		one, err := r.streams(ctx, r.ends(m.longest[s]), m.longest[s], nil)
		if err != nil {
			return err
		}
		streams = append(streams, one...)
	}
	sets := [][]stream{streams[:1], streams[1:], streams}
	times := make([]sample, 4) // a alone, b alone, a with b, b with a
	err = rounds(ctx, budget, leastWindows, len(sets), func(i int) error {
		means, err := race(ctx, sets[i], m.options.Window)
		for k, mean := range means {
			times[i+k] = append(times[i+k], mean)
		}
		return err
	}, func(i int) bool {
		return times[i].stable(m.options.Interval) && times[3].stable(m.options.Interval)
	})
	if err != nil {
		return err
	}
	slowdown := func(with, alone sample) float64 {
		w, _ := with.median()
		a, _ := alone.median()
		return w / a
	}
	m.profile.Corun = append(m.profile.Corun, plan.Corun{
		A: a.Device, B: b.Device, SlowdownA: slowdown(times[2], times[0]), SlowdownB: slowdown(times[3], times[1]),
	})
	return nil
}

// measureStages times prep and detect, which run on one core each.
func (m *measurement) measureStages(ctx context.Context, budget time.Duration) error {
	for _, s := range []struct {
		do func(context.Context) error
		ms *float64
	}{{m.options.Prep, &m.profile.CPU.Prep}, {m.options.Detect, &m.profile.CPU.Detect}} {
		if s.do == nil {
			continue
		}
		var times sample
		err := rounds(ctx, budget/2, leastRounds, 1, func(int) error {
			start := time.Now()
			err := s.do(ctx)
			times = append(times, milliseconds(time.Since(start)))
			return err
		}, func(int) bool { return times.stable(m.options.Interval) })
		if err != nil {
			return err
		}
		*s.ms, _ = times.median()
	}
	return nil
}
