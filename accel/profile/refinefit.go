package profile

import (
	"slices"

	"braid/accel/plan"
)

// How far off a profile may be before parts of it are measured: a unit's time, as a part of it, and what a cut costs, as a part
// of the whole or as much as that is.
const (
	unitOff = 0.1
	cutOff  = 0.01
)

// fit makes the refined profile of the given one and all that was told.
func (r *Refiner) fit() {
	r.refined.Units = slices.Clone(r.given.Units)
	m := &measurement{profile: r.refined}
	for _, at := range r.order {
		t, units := r.told[at], m.unitsOf(at.series)
		fitTimes(units[at.stretch.first:at.stretch.end], at.stretch.first, t.times)
		if n := m.filledBy(at.series); n > 0 { // of the whole network
			fitFull(units, n, fullOf((&measurement{profile: r.given}).unitsOf(at.series)), t.full)
		}
	}
}

// fitTimes makes the units of a stretch, which begins at a border, take what was told of parts.
func fitTimes(units []*plan.Unit, begin int, told []share) {
	var k known
	for _, u := range units {
		k.unit, k.cut = append(k.unit, u.MS), append(k.cut, u.CutMS)
	}
	var list []equation
	for _, s := range told {
		list = append(list, s.equation(begin, k.whole()))
	}
	sol := k.with(list)
	for i, u := range units {
		if u.MS > 0 {
			u.CI *= sol.ms[i] / u.MS
		}
		u.MS = sol.ms[i]
		if i < len(sol.cut) {
			u.CutMS = sol.cut[i]
		}
	}
}

// equation of a share of a whole that takes ms, of units from a border on.
func (s share) equation(begin int, ms float64) equation {
	return equation{span: span{s.first - begin, s.end - begin}, ms: s.of * ms, sigma: s.sigma * ms}
}

// fitFull makes the units ask for what was told of the full device, of which all ask for ms together with n streams. Where parts
// met on it at a border a cut there is known to cost both so much, where one was alone there, that one; the other cost is
// as near to it as it may be, see fillCuts.
func fitFull(units []*plan.Unit, n int, ms float64, told []share) {
	bound(units, n, ms) // their times may be others
	if len(told) == 0 {
		return
	}
	met, parted := borders(told)
	var k known
	for i, u := range units {
		k.unit, k.cut = append(k.unit, u.FullMS), append(k.cut, 2*u.FullAwayMS)
		if met[i+1] {
			k.cut[i] = u.FullCutMS
		}
	}
	var list []equation
	for _, s := range told {
		list = append(list, s.equation(0, ms))
	}
	sol := k.with(list)
	for i, u := range units {
		u.FullMS = sol.ms[i]
		if i == len(sol.cut) {
			break
		}
		if met[i+1] {
			u.FullCutMS, u.FullAwayMS = sol.cut[i], max(u.FullAwayMS, sol.cut[i]/2)
		}
		if parted[i+1] {
			u.FullCutMS, u.FullAwayMS = min(u.FullCutMS, sol.cut[i]), sol.cut[i]/2
		}
	}
	bound(units, n, ms)
}

// borders are those at which a part has its neighbour on the same device, and those at which it has it elsewhere.
func borders(told []share) (met, parted map[int]bool) {
	met, parted = map[int]bool{}, map[int]bool{}
	for _, s := range told {
		for _, end := range []struct {
			at   int
			near bool
		}{{s.first, s.near.Front}, {s.end, s.near.Back}} {
			if end.near {
				met[end.at] = true
			} else {
				parted[end.at] = true
			}
		}
	}
	return met, parted
}

// known is what a profile says of units in a row, and of the cuts behind each.
type known struct{ unit, cut []float64 }

func (k known) whole() (sum float64) {
	for _, u := range k.unit {
		sum += u
	}
	return sum
}

// with is what the profile says where parts take what was measured, and the whole what it took.
func (k known) with(parts []equation) solution {
	whole, mean := k.whole(), 0.0
	inside := k.cut[:len(k.cut)-1]
	for _, c := range inside {
		mean += max(c, 0) / float64(len(inside))
	}
	var e expected
	for _, u := range k.unit {
		e.unit = append(e.unit, belief{u, unitOff * u})
	}
	for _, c := range inside {
		e.cut = append(e.cut, belief{max(c, 0), max(mean, c, cutOff*whole)})
	}
	return solve(len(k.unit), append(parts, equation{span: span{0, len(k.unit)}, ms: whole, sigma: leastSigma / 10 * whole, whole: true}), e)
}
