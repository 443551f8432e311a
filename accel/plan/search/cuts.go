package search

import (
	"math"
	"slices"
)

// found is the best layout so far of one search, and how much work is left.
type found struct {
	layout layout
	outcome
	steps int     // left
	open  float64 // the highest value that what was left out could have
}

// better is by how much a value must be above another to count.
const better = 1e-9

// above is the least value worth looking for.
func (b *found) above() float64 {
	if math.IsInf(b.value, -1) {
		return b.value
	}
	return b.value + better*math.Abs(b.value)
}

// cutter looks for the best cuts of one sequence of placements.
type cutter struct {
	a        *group
	sequence []int
	gains    []float64   // by series of the machine, at the streams that the sequence has
	cores    []float64   // by series: cores that it keeps busy
	stretch  []float64   // by series
	ahead    [][]float64 // ahead[k][i]: the least price of units from i on, on segments k and behind
	second   [][]float64 // the same in joules, or in ms of the path, where the goal is about these
	cuts     []int
	best     *found
}

// cut looks through all cuts of a sequence.
func (a *group) cut(sequence []int, best *found) {
	c := &cutter{a: a, sequence: sequence, best: best, cuts: make([]int, a.segments+1)}
	c.cuts[a.segments] = a.m.units
	c.count()
	c.look()
	c.extend(0, 0, a.prices.cores*a.fluid.fixed, 0, make([]float64, len(a.m.devices)), a.fluid.fixed)
}

// count is what the number of streams decides.
func (c *cutter) count() {
	m := c.a.m
	n := make([]int, len(m.devices))
	for _, p := range c.sequence {
		for _, s := range c.a.places[p].series {
			n[m.series[s].device] += c.a.streams[m.series[s].device]
		}
	}
	c.gains, c.cores, c.stretch = make([]float64, len(m.series)), make([]float64, len(m.series)), make([]float64, len(m.series))
	for i := range m.series {
		s := &m.series[i]
		total := n[s.device]
		if total == 0 {
			continue
		}
		c.gains[i], c.cores[i], c.stretch[i] = s.gainAt(total), m.coresOf(s, total), 1
		if m.devices[s.device].cpu {
			c.stretch[i] = s.stretch(total)
		}
	}
}

// look makes the tables of what lies ahead.
func (c *cutter) look() {
	a := c.a
	c.ahead, c.second = make([][]float64, a.segments+1), make([][]float64, a.segments+1)
	end := infinite(a.m.units + 1)
	end[a.m.units] = 0
	c.ahead[a.segments], c.second[a.segments] = end, end
	for k := a.segments - 1; k > 0; k-- {
		c.ahead[k] = a.stepPrices(a.tables, c.sequence[k:], k, c.ahead[k+1])
		switch a.g.Objective {
		case Energy:
			c.second[k] = a.stepPrices(a.watts, c.sequence[k:], k, c.second[k+1])
		case leastLatency:
			c.second[k] = a.stepPath(c.sequence[k:], k, c.second[k+1])
		default: // the rate alone
			c.second[k] = make([]float64, a.m.units+1)
		}
	}
}

// period is the most ms that a frame may take of each device: a layout that needs
// more is not worth looking for.
func (c *cutter) period() float64 {
	f := c.a.g.MinFPS * (1 - 1e-9)
	if c.a.g.aboutRate() {
		f = max(f, c.best.above())
	}
	if f <= 0 {
		return math.Inf(1)
	}
	return 1000 / f
}

// extend chooses where segment k, which begins at unit i, ends. device and cores
// are what the segments before it ask for, price and second what that costs.
func (c *cutter) extend(k, i int, price, second float64, device []float64, cores float64) {
	a := c.a
	if k == a.segments-1 {
		c.last(i, device, cores)
		return
	}
	p := c.sequence[k]
	place := &a.places[p]
	for j := i + 1; j <= min(place.stop[i], a.m.units-(a.segments-1-k)); j++ {
		if c.best.steps--; c.best.steps < 0 {
			return
		}
		period := c.period()
		if c.bare(place, i, j)+c.busiest(place, device) > period {
			return // longer segments ask for more
		}
		if !a.m.cuttable[j-1] {
			continue
		}
		together, held := c.segment(k, i, j)
		if held > period {
			continue
		}
		d, all, ok := c.add(place, together, device, period)
		if !ok {
			continue
		}
		cost := price + together*c.priceOf(place, &a.prices)
		e := second + c.secondOf(place, together, i, j)
		if c.hopeless(cost+c.ahead[k+1][j], e+c.second[k+1][j]) {
			continue
		}
		c.cuts[k+1] = j
		c.extend(k+1, j, cost, e, d, cores+all)
	}
}

// hopeless is whether a layout of such a price, and of such joules or such a path, is
// worse than the best.
func (c *cutter) hopeless(price, second float64) bool {
	a := c.a
	if price > a.prices.all(a.set, a.m.cores)*c.period()*(1+1e-12) {
		return true
	}
	return !a.g.aboutRate() && a.secondValue(price, second) <= c.best.above()
}

// secondOf is what segment [i,j) adds in joules, or in ms of the path.
func (c *cutter) secondOf(p *placement, together float64, i, j int) float64 {
	switch c.a.g.Objective {
	case Energy:
		return together * c.priceOf(p, &c.a.watts.prices)
	case leastLatency:
		return c.a.pathOf(p, i, j)
	default:
		return 0
	}
}

// last takes the rest of the network as the last segment.
func (c *cutter) last(i int, device []float64, cores float64) {
	a := c.a
	c.best.steps--
	place := &a.places[c.sequence[a.segments-1]]
	if c.best.steps < 0 || place.stop[i] < a.m.units {
		return
	}
	period := c.period()
	together, held := c.segment(a.segments-1, i, a.m.units)
	_, all, ok := c.add(place, together, device, period)
	if !ok || held > period || cores+all > period*float64(a.m.cores) {
		return
	}
	l := make(layout, a.segments)
	for k, p := range c.sequence {
		l[k] = segment{c.cuts[k], c.cuts[k+1], a.replicas(a.places[p])}
	}
	if o := a.m.settle(l, a.g); o.value > c.best.above() {
		c.best.layout, c.best.outcome = l, o
	}
}

// bare is H of a segment without its end: what it is at least if it gets longer.
func (c *cutter) bare(p *placement, i, j int) float64 {
	rate := 0.0
	for _, s := range p.series {
		r := &c.a.m.series[s]
		rate += c.gains[s] / max(least, c.a.sigma[r.device]*(r.sum[j]-r.sum[i]))
	}
	return 1 / rate
}

func (c *cutter) busiest(p *placement, device []float64) float64 {
	most := 0.0
	for _, s := range p.series {
		most = max(most, device[c.a.m.series[s].device])
	}
	return most
}

// segment is H of segment k on units [i,j), and the ms that the busiest of its
// streams is taken for a frame.
func (c *cutter) segment(k, i, j int) (together, held float64) {
	a := c.a
	p := &a.places[c.sequence[k]]
	before, behind := 0, 0
	if k > 0 {
		before = c.sequence[k-1] + 1
	}
	if k < a.segments-1 {
		behind = c.sequence[k+1] + 1
	}
	var time [16]float64
	rate := 0.0
	for n, s := range p.series {
		r := &a.m.series[s]
		time[n] = max(least, r.alone(i, j, a.sigma[r.device])+a.in[before][s][i]+a.out[behind][s][j])
		rate += c.gains[s] / time[n]
	}
	together = 1 / rate
	for n, s := range p.series {
		share := c.gains[s] * together / time[n]
		held = max(held, share*(time[n]*c.stretch[s]+a.m.handOver)/float64(a.streams[a.m.series[s].device]))
	}
	return together, held
}

// add is what the devices have to do with one more segment; not ok: one of them
// has too much.
func (c *cutter) add(p *placement, together float64, device []float64, period float64) (d []float64, cores float64, ok bool) {
	d = slices.Clone(device)
	for _, s := range p.series {
		at := c.a.m.series[s].device
		if d[at] += together; d[at] > period {
			return nil, 0, false
		}
		cores += c.cores[s] * together
	}
	return d, cores, true
}

// priceOf is the price of a millisecond of all replicas of a placement.
func (c *cutter) priceOf(p *placement, at *prices) float64 {
	sum := 0.0
	for _, s := range p.series {
		sum += at.device[c.a.m.series[s].device] + at.cores*c.cores[s]
	}
	return sum
}
