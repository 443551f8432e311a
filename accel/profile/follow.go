package profile

import (
	"slices"

	"braid/accel/plan"
)

// follow makes the times of a device's units, which were taken one run at a time, those
// of frames that follow each other: its longest stretch of units takes ms, the time of a frame
// of one stream that always has the next run enqueued. What a run alone takes longer is
// what launching it and waking its waiter cost, which is then hidden behind the run
// before. Each other stretch was a run of its own with as much to hide, of which no more than half of a
// short one's time is taken away; and that much of a cut's cost, which is one run more, is hidden too.
func (m *measurement) follow(s plan.Series, ms float64) {
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
	for _, u := range units {
		u.CutMS = max(0, u.CutMS-hidden)
	}
	for i, part := range parts {
		if s.Device.Kind() == "dla" { // its units are differences of runs that all begin with the first
			first := units[part.first]
			first.MS -= max(0, min(first.MS, together(units, part)-whole[i]))
		}
		stretchTo(units, part, whole[i])
	}
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
