package profile

import (
	"context"
	"slices"
	"time"

	"braid/accel/plan"
)

// follow makes the times of a device's units, which were taken one run at a time, those
// of frames that follow each other: its longest stretch of units takes ms, the time of a frame
// of one stream that always has the next run enqueued. What a run alone takes longer is
// what launching it and waking its waiter cost, which is then hidden behind the run
// before. Each other stretch was a run of its own with as much to hide, of which no more than half of a
// short one's time is taken away. cuts is what some cuts cost so, see cutsInUse.
func (m *measurement) follow(s plan.Series, ms float64, cuts map[int]float64) {
	units := m.unitsOf(s)
	parts := stretches(len(units), func(i int) bool { return units[i].Why == "" })
	if len(parts) == 0 {
		return
	}
	longest := slices.MaxFunc(parts, func(a, b span) int { return (a.end - a.first) - (b.end - b.first) })
	alone := together(units, longest)
	if alone <= 0 {
		return
	}
	hidden := max(0, alone-ms)
	whole := make([]float64, len(parts))
	for i, part := range parts {
		whole[i] = together(units, part)
		switch {
		case part == longest:
			whole[i] = ms
		case hidden > 0:
			whole[i] -= min(hidden, whole[i]/2)
		default:
			whole[i] *= ms / alone
		}
	}
	setCuts(units, parts, cuts)
	for i, part := range parts {
		if s.Device.Kind() == "dla" { // its units are differences of runs that all begin with the first
			first := units[part.first]
			first.MS -= max(0, min(first.MS, together(units, part)-whole[i]))
		}
		stretchTo(units, part, whole[i])
	}
}

// setCuts makes the cuts inside of stretches cost what they do in use, given by the unit behind each, those
// that were not measured so the mean of those that were. Of a run by itself, which is what they have, the waiter's
// waking is in a cut's cost, since that is one run more. Where none was measured so they stay.
func setCuts(units []*plan.Unit, parts []span, inUse map[int]float64) {
	if len(inUse) == 0 {
		return
	}
	mean := 0.0
	for _, ms := range inUse {
		mean += ms / float64(len(inUse))
	}
	for _, s := range parts {
		for b := s.first + 1; b < s.end; b++ {
			ms, measured := inUse[b]
			if !measured {
				ms = mean
			}
			units[b-1].CutMS = max(0, ms)
		}
	}
}

// cutsInUse is what cuts of a device's longest stretch cost where runs follow each other, ms, at a few borders, given
// by the unit behind each: by how much both parts take longer together than the whole, of which there is a stream, each
// with its next run always enqueued.
func (m *measurement) cutsInUse(ctx context.Context, s plan.Series, whole stream, budget time.Duration) (_ map[int]float64, err error) {
	stretch := m.longest[s]
	at := m.units.balanced(stretch, m.pairsInUse(s))
	if len(at) == 0 {
		return nil, nil //nolint:nilnil // none is measured
	}
	r := &rig{backend: m.backend, network: m.network, units: m.units, series: s}
	defer r.closeInto(&err)
	sets := [][]stream{{whole}}
	for _, b := range at {
		borders := slices.Sorted(slices.Values(append(r.ends(stretch), b)))
		for _, part := range []span{{stretch.first, b}, {b, stretch.end}} {
			one, err := r.streams(ctx, borders, part, nil)
			if err != nil {
				return nil, err
			}
			sets = append(sets, one)
		}
	}
	// A cut is the small difference of long times: short windows, and several, so that what drifts meets both alike.
	rates, err := m.ratesOf(ctx, sets, m.options.Window/4, leastRounds, budget)
	if err != nil {
		return nil, err
	}
	frame := func(i int) float64 {
		rate, _ := rates[i].median()
		return 1000 / rate
	}
	cuts := make(map[int]float64, len(at))
	for i, b := range at {
		cuts[b] = frame(1+2*i) + frame(2+2*i) - frame(0)
	}
	return cuts, nil
}

// pairsInUse is at how many borders a device is measured in two with runs that follow each other. A DLA's loadables
// take long to build, and it holds few.
func (m *measurement) pairsInUse(s plan.Series) int {
	if s.Device.Kind() == "dla" {
		return min(m.options.Pairs, 1)
	}
	return min(m.options.Pairs, candidates)
}

// unitsOf are the units of a series, in order.
func (m *measurement) unitsOf(s plan.Series) (list []*plan.Unit) {
	for i := range m.profile.Units {
		if u := &m.profile.Units[i]; u.Series() == s {
			list = append(list, u)
		}
	}
	return list
}

// together is the time of a stretch as one run, ms.
func together(units []*plan.Unit, s span) (ms float64) {
	for _, u := range units[s.first:s.end] {
		ms += u.MS
	}
	return ms
}

// stretchTo makes a stretch take ms together, each of its units as large a part of them as it was.
func stretchTo(units []*plan.Unit, s span, ms float64) {
	was := together(units, s)
	if was <= 0 {
		return
	}
	by := ms / was
	for _, u := range units[s.first:s.end] {
		u.MS, u.CI = u.MS*by, u.CI*by
	}
}

// quicken makes the times of a CPU's units add up to whole, ms, the time of a frame of one
// stream that runs on and on, where that is less. Units and streams are measured some
// ten seconds apart. What else is on the machine makes neither faster, so that the
// quicker of the two is nearer to what the network takes; and a runtime whose units met
// a slow minute would lose against one whose units did not.
func (m *measurement) quicken(s plan.Series, whole float64) {
	units := m.unitsOf(s)
	all := span{0, len(units)}
	if together(units, all) > whole {
		stretchTo(units, all, whole)
	}
}
