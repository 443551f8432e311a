package search

import (
	"math"
	"slices"
)

// sequence is a placement for each segment, and the bound that goes with it.
type sequence struct {
	places []int
	value  float64
}

// sequences are those whose bound is above a value, the best first.
func (a *group) sequences(above float64) []sequence {
	var out []sequence
	end := infinite(a.m.units + 1)
	end[a.m.units] = 0
	a.extend(nil, 0, backward{rate: end, watts: end, path: end}, above, &out)
	slices.SortStableFunc(out, func(x, y sequence) int {
		switch {
		case x.value > y.value:
			return -1
		case x.value < y.value:
			return 1
		}
		return 0
	})
	return out
}

// backward is what the units from each one on cost at least, on the segments
// behind: at the group's prices, in joules, and in ms of a frame's path.
type backward struct{ rate, watts, path []float64 }

// extend puts every placement in front of the segments that were chosen so far.
func (a *group) extend(chosen []int, used uint, b backward, above float64, out *[]sequence) {
	k := a.segments - len(chosen) // segments still to choose
	if k == 0 {
		if value := a.ceiling(b.rate[0], b.at(b.watts), b.at(b.path)); used == a.set && value > above && a.isKind(chosen) {
			*out = append(*out, sequence{slices.Clone(chosen), value})
		}
		return
	}
	for p := range a.places {
		if len(chosen) > 0 && chosen[0] == p || !a.m.inTurn(a.places[p].devices, used) {
			continue // one segment does as well, or a like device
		}
		next := append([]int{p}, chosen...)
		b := a.step(next, k-1, b)
		if a.ceiling(a.ahead(b.rate), 0, 0) > above {
			a.extend(next, used|a.places[p].devices, b, above, out)
		}
	}
}

func (b backward) at(v []float64) float64 {
	if v == nil {
		return 0
	}
	return v[0]
}

// ahead adds to what the chosen segments cost the least that the units before
// them can.
func (a *group) ahead(behind []float64) float64 {
	lowest := math.Inf(1)
	for i, b := range behind {
		lowest = min(lowest, a.before[i]+b)
	}
	return lowest
}

// ceiling is the most that the goal's value can be where a frame costs at least so much.
func (a *group) ceiling(rate, watts, path float64) float64 {
	fixed := a.fluid.fixed
	f := 1000 * a.prices.all(a.set, a.m.cores) / max(least, rate+a.prices.cores*fixed)
	around := a.m.cpu.Prep + a.m.cpu.Detect + float64(a.segments)*a.m.handOver
	switch {
	case a.g.Budget > 0 && path+around > a.g.Budget*(1+1e-6), f < a.g.MinFPS*(1-1e-9):
		return math.Inf(-1)
	case a.g.Objective == Energy:
		return a.secondValue(rate+a.prices.cores*fixed, watts)
	case a.g.Objective == leastLatency:
		return a.secondValue(0, path)
	}
	return f
}

// secondValue is the most that the goal's value can be, where that is about energy
// or the path: price is of all that a frame asks for, second its joules on devices, or
// the ms of its path through the segments.
func (a *group) secondValue(price, second float64) float64 {
	if a.g.Objective == leastLatency {
		return -(second + a.m.cpu.Prep + a.m.cpu.Detect + float64(a.segments)*a.m.handOver)
	}
	idle := a.m.idle * price / (1000 * a.prices.all(a.set, a.m.cores))
	return -(second + idle + a.watts.prices.cores*a.fluid.fixed)
}

// step puts one placement in front: what the units from each one on cost then.
func (a *group) step(next []int, k int, b backward) backward {
	out := backward{rate: a.stepPrices(a.tables, next, k, b.rate)}
	if a.watts != nil {
		out.watts = a.stepPrices(a.watts, next, k, b.watts)
	}
	if a.g.Budget > 0 || a.g.Objective == leastLatency {
		out.path = a.stepPath(next, k, b.path)
	}
	return out
}

// ends calls f for all [i,j) that segment k can cover with the segments behind it.
func (a *group) ends(next []int, k int, f func(i, j int)) {
	n, stop := a.m.units, a.places[next[0]].stop
	from, to := k, n-len(next)
	if k == 0 {
		to = 0
	}
	for i := from; i <= to; i++ {
		if len(next) == 1 {
			if stop[i] == n {
				f(i, n)
			}
			continue
		}
		for j := i + 1; j <= min(stop[i], n-len(next)+1); j++ {
			if a.m.cuttable[j-1] {
				f(i, j)
			}
		}
	}
}

func (a *group) stepPrices(t *tables, next []int, k int, behind []float64) []float64 {
	p, out := next[0], infinite(a.m.units+1)
	border, cost := a.borders(next), t.cost[p]
	a.ends(next, k, func(i, j int) {
		out[i] = min(out[i], cost[i][j]+border[j]+behind[j])
	})
	return out
}

// borders are infinite where the first of the chosen segments cannot end, since its
// tensors could not be copied.
func (a *group) borders(next []int) []float64 {
	border := make([]float64, a.m.units+1)
	if len(next) == 1 {
		return border
	}
	for j := 1; j < a.m.units; j++ {
		border[j] = a.copied(next[0], next[1], j)
	}
	return border
}

// stepPath counts the ms of a frame's path, on the slowest replica of each segment.
func (a *group) stepPath(next []int, k int, behind []float64) []float64 {
	out := infinite(a.m.units + 1)
	a.ends(next, k, func(i, j int) {
		out[i] = min(out[i], a.pathOf(&a.places[next[0]], i, j)+behind[j])
	})
	return out
}

// pathOf is the least ms of a frame in a segment: on its slowest replica, without
// copies.
func (a *group) pathOf(p *placement, i, j int) float64 {
	slowest := 0.0
	for _, s := range p.series {
		r := &a.m.series[s]
		slowest = max(slowest, r.work(i, j, a.sigma[r.device], r.edge, r.edge).Alone)
	}
	return slowest
}

func infinite(n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = math.Inf(1)
	}
	return v
}
