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
// short one's time is taken away. Its cuts cost cut on the mean, ms, see cutInUse.
func (m *measurement) follow(s plan.Series, ms, cut float64) {
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
	shiftCuts(units, longest, cut)
	for i, part := range parts {
		if s.Device.Kind() == "dla" { // its units are differences of runs that all begin with the first
			first := units[part.first]
			first.MS -= max(0, min(first.MS, together(units, part)-whole[i]))
		}
		stretchTo(units, part, whole[i])
	}
}

// shiftCuts makes the cuts inside of a stretch cost mean on the mean, and all others at units that the device
// runs as much more or less. Of a run by itself the waiter's waking is in a cut's cost, which
// is one run more; a DLA's cuts were not measured so at all.
func shiftCuts(units []*plan.Unit, s span, mean float64) {
	by := mean - meanCut(units, s)
	for i, u := range units[:len(units)-1] {
		if u.Why == "" || units[i+1].Why == "" {
			u.CutMS = max(0, u.CutMS+by)
		}
	}
}

// meanCut is what the cuts inside of a stretch cost on the mean, 0 where it has none.
func meanCut(units []*plan.Unit, s span) (ms float64) {
	cuts := s.end - s.first - 1
	for i := range cuts {
		ms += units[s.first+i].CutMS / float64(cuts)
	}
	return ms
}

// cutInUse is what a cut of a device's longest stretch costs where runs follow each other, ms: by how
// much both parts take longer together than the whole, of which there is a stream, each with its next run always
// enqueued, on the mean of a few borders. Where none is to be measured it is what cuts cost by themselves.
func (m *measurement) cutInUse(ctx context.Context, s plan.Series, whole stream, budget time.Duration) (ms float64, err error) {
	stretch := m.longest[s]
	at := m.units.balanced(stretch, m.pairsInUse(s))
	if len(at) == 0 {
		return meanCut(m.unitsOf(s), stretch), nil
	}
	r := &rig{backend: m.backend, network: m.network, units: m.units, series: s}
	defer r.closeInto(&err)
	sets := [][]stream{{whole}}
	for _, b := range at {
		borders := slices.Sorted(slices.Values(append(r.ends(stretch), b)))
		for _, part := range []span{{stretch.first, b}, {b, stretch.end}} {
			one, err := r.streams(ctx, borders, part, nil)
			if err != nil {
				return 0, err
			}
			sets = append(sets, one)
		}
	}
	// A cut is the small difference of long times: short windows, and several, so that what drifts meets both alike.
	rates, err := m.ratesOf(ctx, sets, m.options.Window/4, leastRounds, budget)
	if err != nil {
		return 0, err
	}
	for _, part := range rates[1:] {
		rate, _ := part.median()
		ms += 1000 / rate / float64(len(at))
	}
	rate, _ := rates[0].median()
	return max(0, ms-1000/rate), nil
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

// together is the time of a span as one run, ms, with half of what the cuts at its ends cost.
func together(units []*plan.Unit, s span) float64 {
	ms := atEnds(units, s)
	for _, u := range units[s.first:s.end] {
		ms += u.MS
	}
	return ms
}

// atEnds is half of what the cuts at the ends of a span cost.
func atEnds(units []*plan.Unit, s span) (ms float64) {
	if s.first > 0 {
		ms += units[s.first-1].CutMS / 2
	}
	if s.end < len(units) {
		ms += units[s.end-1].CutMS / 2
	}
	return ms
}

// stretchTo makes a span take ms together, each of its units as large a part of them as it was.
func stretchTo(units []*plan.Unit, s span, ms float64) {
	ends := atEnds(units, s)
	was := together(units, s) - ends
	if was <= 0 {
		return
	}
	by := max(0, ms-ends) / was
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
