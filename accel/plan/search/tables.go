package search

import "math"

// tables are the least prices of segments: cost[p][i][j] of units [i,j) on placement
// p without copies, whatever else the layout has.
type tables struct {
	prices prices
	cost   [][][]float64
}

func (a *group) tablesFor(c prices) *tables {
	n := a.m.units
	t := &tables{prices: c, cost: make([][][]float64, len(a.places))}
	for p, place := range a.places {
		t.cost[p] = make([][]float64, n+1)
		for i := range n {
			t.cost[p][i] = make([]float64, n+1)
			for j := i + 1; j <= n; j++ {
				t.cost[p][i][j] = math.Inf(1)
				if j <= place.stop[i] {
					t.cost[p][i][j] = a.leastPrice(c, place, i, j)
				}
			}
		}
	}
	return t
}

// leastPrice is a bound from below of what a segment costs.
func (a *group) leastPrice(c prices, p placement, i, j int) float64 {
	if len(p.series) == 1 {
		return a.replicaPrice(c, p.series[0], i, j)
	}
	rate, price, cheapest := 0.0, 0.0, math.Inf(1)
	for _, s := range p.series {
		r := &a.m.series[s]
		rate += 1 / a.leastLoad(s, r.work(i, j, a.sigma[r.device], r.edge, r.edge))
		price += c.device[r.device]
		cheapest = min(cheapest, a.replicaPrice(c, s, i, j))
	}
	return max(price/rate, cheapest)
}

// replicaPrice is the least price of a segment on one series alone; of several, the
// price is a mean of theirs by their shares.
func (a *group) replicaPrice(c prices, s, i, j int) float64 {
	r := &a.m.series[s]
	w := r.work(i, j, a.sigma[r.device], r.edge, r.edge)
	price := c.device[r.device] * a.leastLoad(s, w)
	if a.m.devices[r.device].cpu {
		price += c.cores * float64(r.threads) * w.Alone
	}
	return price
}

// copied is 0 where the tensors at a border can be copied between two placements, and
// infinite where such copies were not measured.
func (a *group) copied(before, behind, at int) float64 {
	side := func(p int, ms func(s int) float64) float64 {
		cheapest := math.Inf(1)
		for _, s := range a.places[p].series {
			cheapest = min(cheapest, ms(s))
		}
		return cheapest
	}
	if math.IsInf(side(before, func(s int) float64 { return a.out[behind+1][s][at] }), 1) ||
		math.IsInf(side(behind, func(s int) float64 { return a.in[before+1][s][at] }), 1) {
		return math.Inf(1)
	}
	return 0
}
