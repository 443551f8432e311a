package profile

import (
	"context"
	"math"
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

// setCuts makes the cuts inside of stretches cost what they do in use, given by the unit behind each. Those
// that were not measured so cost as much more or less than by themselves as those that were, on the mean: of a run
// by itself the waiter's waking is in a cut's cost, since that is one run more. Where none was measured so they stay.
func setCuts(units []*plan.Unit, parts []span, inUse map[int]float64) {
	by := 0.0
	for b, ms := range inUse {
		by += (ms - units[b-1].CutMS) / float64(len(inUse))
	}
	for _, s := range parts {
		for b := s.first + 1; b < s.end; b++ {
			ms, measured := inUse[b]
			if !measured {
				ms = units[b-1].CutMS + by
			}
			units[b-1].CutMS = max(0, ms)
		}
	}
}

// part is a stretch in two, built, by the unit behind the border.
type part struct {
	at            int
	first, second built
}

// cutsInUse is what cuts of a device's longest stretch cost where runs follow each other, ms, at a few borders, given
// by the unit behind each: by how much both parts take longer together than the whole, of which there is a stream, each
// with its next run always enqueued. A run of the whole takes ms. None is measured where there is no time for it. The
// parts are there until r is closed.
func (m *measurement) cutsInUse(ctx context.Context, r *rig, whole stream, ms float64, budget time.Duration) (parts []part, cuts map[int]float64, err error) {
	// A cut is the small difference of long times: short windows, and several, so that what drifts meets both alike.
	window := m.options.Window / 4
	at := m.units.balanced(m.longest[r.series], m.pairsInUse(r.series, max(window, time.Duration(3*ms*float64(time.Millisecond))), budget))
	if parts, err = m.partsAt(ctx, r, at); err != nil || len(parts) == 0 {
		return nil, nil, err
	}
	sets := [][]stream{{whole}}
	for _, p := range parts {
		for _, b := range []built{p.first, p.second} {
			one, err := r.streamsOf(b, nil)
			if err != nil {
				return nil, nil, err
			}
			sets = append(sets, one)
		}
	}
	rates, err := m.ratesOf(ctx, sets, window, leastRounds, budget)
	if err != nil {
		return nil, nil, err
	}
	more := make([]sample, len(parts)) // by round: the whole and the parts met the same clock there
	for i := range parts {
		for round, rate := range rates[0] {
			more[i] = append(more[i], 1000/rates[1+2*i][round]+1000/rates[2+2*i][round]-1000/rate)
		}
	}
	cuts, _ = apart(at[:len(parts)], more)
	return parts, cuts, nil
}

// partsAt builds both parts of the longest stretch at each border, at fewer borders where that needs too much memory.
func (m *measurement) partsAt(ctx context.Context, r *rig, at []int) (parts []part, err error) {
	stretch := m.longest[r.series]
	for i, b := range at {
		if i > 0 && r.loaded+2*r.loaded/int64(i) > mostMemory { // with the whole, and the next two parts
			break
		}
		borders := slices.Sorted(slices.Values(append(r.ends(stretch), b)))
		p := part{at: b}
		if p.first, err = r.built(ctx, borders, span{stretch.first, b}); err != nil {
			return nil, err
		}
		if p.second, err = r.built(ctx, borders, span{b, stretch.end}); err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// apart gives each border its own cost where that differs from the mean of all by more than it varies, and else the
// mean: the planner cuts where cuts cost least, and would find those that were lucky.
func apart(at []int, more []sample) (cuts map[int]float64, mean float64) {
	for _, s := range more {
		ms, _ := s.median()
		mean += ms / float64(len(more))
	}
	cuts = make(map[int]float64, len(at))
	for i, b := range at {
		cuts[b] = mean
		if ms, half := more[i].median(); math.Abs(ms-mean) > half {
			cuts[b] = ms
		}
	}
	return cuts, mean
}

// pairsInUse is at how many borders a device is measured in two with runs that follow each other, each of
// three things in a round for at least the time that one takes. A DLA's loadables take long to build, and it holds few.
func (m *measurement) pairsInUse(s plan.Series, each, budget time.Duration) int {
	most := candidates
	if s.Device.Kind() == "dla" {
		most = 1
	}
	inTime := (int(budget/(leastRounds*each)) - 1) / 2
	return max(0, min(m.options.Pairs, most, inTime))
}

// unitsOf are the units of a series, in order.
func (m *measurement) unitsOf(s plan.Series) []*plan.Unit { return unitsOf(m.profile, s) }

// unitsOf are the units of a series of a profile, in order.
func unitsOf(p plan.Profile, s plan.Series) (list []*plan.Unit) {
	for i := range p.Units {
		if u := &p.Units[i]; u.Series() == s {
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
