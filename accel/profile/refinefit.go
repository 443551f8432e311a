package profile

import (
	"math"
	"slices"

	"braid/accel/plan"
)

// How far off a profile may be before parts of it are measured, as standard deviations: a unit's time, as a part of it; what
// layers' times put to the wrong side of a border, as a part of the units there; what a cut costs, as a part of the whole
// or as much as that is; and a device's time for the whole.
const (
	unitOff  = 0.05
	leakOff  = 0.4
	cutOff   = 0.01
	wholeOff = 2e-4
)

// fit makes the refined profile of the given one and all that was told.
func (r *Refiner) fit() {
	r.refined.Units = slices.Clone(r.given.Units)
	for _, at := range r.order {
		t := r.told[at]
		for _, s := range r.twins(at.series) {
			units := unitsOf(r.refined, s)
			if !slices.Contains(runnable(units), at.stretch) {
				continue
			}
			fitTimes(units[at.stretch.first:at.stretch.end], at.stretch.first, t.times)
			if n := filledBy(r.given, s); n > 0 { // of the whole network
				fitFull(units, n, fullOf(unitsOf(r.given, s)), t.full)
			}
		}
	}
}

// fitTimes makes the units of a stretch, which begins at a border, take what was told of parts.
func fitTimes(units []*plan.Unit, begin int, told []share) {
	k := newKnown(len(units))
	for i, u := range units {
		k.unit[i], k.most[i] = u.MS, math.Inf(1)
		if i < len(k.near) {
			k.near[i] = max(u.CutMS, 0)
		}
	}
	k = k.with(begin, told, func(share) plan.Near { return plan.Near{Front: true, Back: true} }) // a cut costs each side half, wherever the other is
	for i, u := range units {
		if u.MS > 0 {
			u.CI = max(u.CI*k.unit[i]/u.MS, math.Abs(k.unit[i]-u.MS))
		}
		u.MS = k.unit[i]
		if i < len(k.near) {
			u.CutMS = k.near[i]
		}
	}
}

// fitFull makes the units ask for what was told of the full device, of which all ask for ms together with n streams.
func fitFull(units []*plan.Unit, n int, ms float64, told []share) {
	bound(units, n, ms) // their times may be others
	if len(told) == 0 {
		return
	}
	k := newKnown(len(units))
	for i, u := range units {
		k.unit[i], k.least[i], k.most[i] = u.FullMS, u.MS/float64(n), u.MS
		if i < len(k.near) {
			k.near[i], k.away[i] = u.FullCutMS, 2*u.FullAwayMS
		}
	}
	k = k.with(0, told, func(s share) plan.Near { return s.near })
	for i, u := range units {
		u.FullMS = k.unit[i]
		if i < len(k.near) { // as fillCuts: no side asks for less because the other is elsewhere
			u.FullCutMS, u.FullAwayMS = k.near[i], max(k.near[i], k.away[i])/2
		}
	}
	bound(units, n, ms)
}

// known is what a profile says of units in a row, and between what each is in any case; and of the cut behind each but the last: what
// it costs both sides where they are on the same device, and where they are not.
type known struct{ unit, least, most, near, away []float64 }

func newKnown(n int) known {
	return known{make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n-1), make([]float64, n-1)}
}

// with is what the profile says where parts take what was told of them and the whole what it took: the mean of a
// normal distribution under these conditions. Shares count borders from begin on; nearOf says which cost is at a part's ends.
//
// Before, units are off each by itself, and by what was put to the wrong side of a border; what a cut costs near and away is off together,
// and by half as much each by itself. What would be less or more than can be is that.
func (k known) with(begin int, told []share, nearOf func(share) plan.Near) known {
	n := len(k.unit)
	whole := 0.0
	row := make([]float64, n+2*(n-1))
	for i, u := range k.unit {
		whole, row[i] = whole+u, 1
	}
	if whole <= 0 {
		return k
	}
	conditions := []condition{{row, whole, wholeOff * whole}}
	for _, s := range told {
		row, near := make([]float64, len(row)), nearOf(s)
		for i := s.first; i < s.end; i++ {
			row[i-begin] = 1
		}
		for _, end := range []struct {
			at   int
			near bool
		}{{s.first - begin, near.Front}, {s.end - begin, near.Back}} {
			switch {
			case end.at == 0 || end.at == n:
			case end.near:
				row[n+end.at-1] = 0.5
			default:
				row[n+n-1+end.at-1] = 0.5
			}
		}
		conditions = append(conditions, condition{row, s.of * whole, s.sigma * whole})
	}
	none, endless := make([]float64, 2*(n-1)), slices.Repeat([]float64{math.Inf(1)}, 2*(n-1)) // of cuts
	x := k.normal(whole).given(conditions, slices.Concat(k.least, none), slices.Concat(k.most, endless))
	sum := 0.0
	for _, u := range x[:n] {
		sum += u
	}
	for i := range n { // where parts leave no room for the whole it goes before
		x[i] *= whole / max(sum, 1e-9*whole)
	}
	return known{x[:n], k.least, k.most, x[n : 2*n-1], x[2*n-1:]}
}

// normal is what is thought of the units and cuts of a profile.
func (k known) normal(whole float64) normalDistribution {
	n := len(k.unit)
	d := normalDistribution{mean: slices.Concat(k.unit, k.near, k.away)}
	d.covariance = make([][]float64, len(d.mean))
	for i := range d.covariance {
		d.covariance[i] = make([]float64, len(d.mean))
	}
	for i, u := range k.unit {
		d.covariance[i][i] += square(unitOff * u)
	}
	mean := 0.0
	for i := range k.near {
		mean += max(k.near[i], k.away[i]) / float64(len(k.near))
	}
	for i := range k.near {
		leak := square(leakOff * (k.unit[i] + k.unit[i+1]) / 2)
		d.covariance[i][i] += leak
		d.covariance[i+1][i+1] += leak
		d.covariance[i][i+1] -= leak
		d.covariance[i+1][i] -= leak
		near, away, v := n+i, n+n-1+i, square(max(mean, k.near[i], k.away[i], cutOff*whole))
		d.covariance[near][near], d.covariance[away][away] = 1.25*v, 1.25*v
		d.covariance[near][away], d.covariance[away][near] = v, v
	}
	return d
}

// normalDistribution is of several variables.
type normalDistribution struct {
	mean       []float64
	covariance [][]float64
}

// condition says that a weighted sum of variables was found to be value, with a standard deviation.
type condition struct {
	weights      []float64
	value, sigma float64
}

// given is the mean under conditions: mean + C A' (A C A' + S)^-1 (y - A mean). A variable that would be beyond least or most is
// found to be that.
func (d normalDistribution) given(conditions []condition, least, most []float64) []float64 {
	bound := make([]bool, len(d.mean))
	for {
		x, beyond := d.posterior(conditions), false
		for i, v := range x {
			x[i] = min(max(v, least[i]), most[i])
			if x[i] != v && !bound[i] {
				weights := make([]float64, len(x))
				weights[i] = 1
				conditions, bound[i], beyond = append(conditions, condition{weights, x[i], 0}), true, true
			}
		}
		if !beyond {
			return x
		}
	}
}

func (d normalDistribution) posterior(conditions []condition) []float64 {
	m := len(conditions)
	spread, off := make([][]float64, m), make([]float64, m) // C a of each, and how far it is off
	inner := make([][]float64, m)
	for i, c := range conditions {
		spread[i], off[i] = times(d.covariance, c.weights), c.value-dot(c.weights, d.mean)
	}
	for i, c := range conditions {
		inner[i] = make([]float64, m)
		for j := range conditions {
			inner[i][j] = dot(c.weights, spread[j])
		}
		inner[i][i] += c.sigma*c.sigma + 1e-9*inner[i][i] // also where others leave no choice
	}
	x := slices.Clone(d.mean)
	for i, w := range times(invert(inner), off) {
		for k := range x {
			x[k] += w * spread[i][k]
		}
	}
	return x
}

func square(x float64) float64 { return x * x }

func dot(a, b []float64) (sum float64) {
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}
