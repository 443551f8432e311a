package search

import (
	"math"
	"sort"

	"braid/accel/plan"
)

// found is the best layout so far of one search, and how many steps are left.
type found struct {
	layout layout
	outcome
	steps int // left
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
	streams  []int       // by series of the machine: those of its device in the sequence that are at work at once
	gains    []float64   // by series: with all of the sequence
	spared   []float64   // by series: 1/gain
	fullness []float64   // by series: with all of the sequence
	cores    []float64   // by series: cores that it keeps busy
	stretch  []float64   // by series; elsewhere than on a CPU the least
	ahead    [][]float64 // ahead[k][i]: the least price of units from i on, on segments k and behind
	second   [][]float64 // the same in joules, or in ms of the path, where the goal is about these
	cuts     []int
	loads    [][]float64 // by segments before, by device: ms
	limit    float64     // see period
	best     *found
}

// cut looks through all cuts of a sequence.
func (a *group) cut(sequence []int, best *found) {
	c := &cutter{a: a, sequence: sequence, best: best, cuts: make([]int, a.segments+1)}
	c.cuts[a.segments] = a.m.units
	c.loads = make([][]float64, a.segments+1)
	for k := range c.loads {
		c.loads[k] = make([]float64, len(a.m.devices))
	}
	c.limit = c.period()
	c.count()
	c.look()
	c.extend(0, 0, a.prices.cores*a.fluid.fixed, 0, a.fluid.fixed)
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
	c.streams, c.gains, c.spared, c.fullness = make([]int, len(m.series)), make([]float64, len(m.series)), make([]float64, len(m.series)), make([]float64, len(m.series))
	c.cores, c.stretch = make([]float64, len(m.series)), make([]float64, len(m.series))
	for i := range m.series {
		s := &m.series[i]
		total := n[s.device]
		if total == 0 {
			continue
		}
		c.streams[i], c.gains[i], c.fullness[i] = s.atOnce(total), s.gainAt(total), s.fullness(total)
		c.spared[i] = 1 / c.gains[i]
		c.cores[i], c.stretch[i] = m.coresOf(s, total), 1
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
		return math.MaxFloat64 // what is infinite is always too much
	}
	return 1000 / f
}

// budget is the most that a frame may cost at the group's prices.
func (c *cutter) budget() float64 {
	return c.a.prices.all(c.a.set, c.a.m.cores) * c.limit * (1 + 1e-12)
}

// extend chooses where segment k, which begins at unit i, ends. loads[k] and cores
// are what the segments before it ask for, price and second what that costs.
func (c *cutter) extend(k, i int, price, second, cores float64) {
	a := c.a
	if k == a.segments-1 {
		c.last(i, cores)
		return
	}
	p := c.sequence[k]
	place, cost, ahead := &a.places[p], a.tables.cost[p][i], c.ahead[k+1]
	end := min(place.stop[i], a.m.units-(a.segments-1-k))
	for j := c.first(k, i, end); j <= end; j++ {
		if c.best.steps--; c.best.steps < 0 {
			return
		}
		if price+cost[j]+ahead[j] > c.budget() || !a.m.cuttable[j-1] {
			continue
		}
		if c.bare(place, i, j)+c.busiest(place, c.loads[k]) > c.limit {
			return // longer segments ask for more
		}
		together, held := c.segment(k, i, j)
		if held > c.limit || !c.add(k, together) {
			continue
		}
		costs := price + together*c.priceOf(place, &a.prices)
		e := second + c.secondOf(place, together, i, j)
		if c.hopeless(costs+ahead[j], e+c.second[k+1][j]) {
			continue
		}
		c.cuts[k+1] = j
		c.extend(k+1, j, costs, e, cores+together*c.coresAt(place))
	}
}

// first is the first end of segment k worth a look: where the last segment is next, it must
// not be too long for its devices.
func (c *cutter) first(k, i, end int) int {
	if k != c.a.segments-2 || end <= i {
		return i + 1
	}
	last := &c.a.places[c.sequence[k+1]]
	busy := c.busiest(last, c.loads[k])
	return i + 1 + sort.Search(end-i-1, func(n int) bool { return c.bare(last, i+1+n, c.a.m.units)+busy <= c.limit })
}

// hopeless is whether a layout of such a price, and of such joules or such a path, is
// worse than the best.
func (c *cutter) hopeless(price, second float64) bool {
	a := c.a
	if price > c.budget() {
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
func (c *cutter) last(i int, cores float64) {
	a, k := c.a, c.a.segments-1
	c.best.steps--
	place := &a.places[c.sequence[k]]
	if c.best.steps < 0 || place.stop[i] < a.m.units {
		return
	}
	together, held := c.segment(k, i, a.m.units)
	if held > c.limit || !c.add(k, together) || cores+together*c.coresAt(place) > c.limit*float64(a.m.cores) {
		return
	}
	l := make(layout, a.segments)
	for k, p := range c.sequence {
		l[k] = segment{from: c.cuts[k], to: c.cuts[k+1], replicas: a.replicas(a.places[p])}
	}
	if o := a.m.settle(l, a.g); o.value > c.best.above() {
		c.best.layout, c.best.outcome = l, o
		c.limit = c.period()
	}
}

// load is what work asks of the device of series s for a frame, ms.
func (c *cutter) load(s int, w plan.Work) float64 {
	if w.Full == 0 { // the same with nothing to divide by: this is where the search spends its time
		return w.Alone * c.spared[s]
	}
	return w.At(c.streams[s], c.gains[s], c.fullness[s])
}

// bare is H of a segment without its end: what it is at least if it gets longer.
func (c *cutter) bare(p *placement, i, j int) float64 {
	rate := 0.0
	for _, s := range p.series {
		r := &c.a.m.series[s]
		w := r.inner(i, j, c.a.sigma[r.device])
		w.Alone = max(least, w.Alone)
		if r.full != nil {
			w.Full = max(least, w.Full)
		}
		rate += 1 / c.load(s, w)
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
	var work [16]plan.Work
	var load, copies [16]float64
	rate := 0.0
	for n, s := range p.series {
		r := &a.m.series[s]
		copied := a.in[before][s][i] + a.out[behind][s][j] // infinite: not measured
		front, back := r.border(a.on(before-1, r.device)), r.border(a.on(behind-1, r.device))
		work[n], copies[n] = a.m.inLine(r, r.work(i, j, a.sigma[r.device], front, back), copied)
		load[n] = c.load(s, work[n])
		rate += 1 / load[n]
	}
	together = 1 / rate
	for n, s := range p.series {
		share := together / load[n]
		held = max(held, share*(work[n].Alone*c.stretch[s]+copies[n]+a.m.handOverOf(&a.m.series[s]))/float64(a.streams[a.m.series[s].device]))
	}
	return together, held
}

// add counts what the devices have to do with segment k as well, and is whether
// none has too much.
func (c *cutter) add(k int, together float64) bool {
	copy(c.loads[k+1], c.loads[k])
	for _, s := range c.a.places[c.sequence[k]].series {
		d := c.a.m.series[s].device
		if c.loads[k+1][d] += together; c.loads[k+1][d] > c.limit {
			return false
		}
	}
	return true
}

// coresAt is how many cores a placement keeps busy.
func (c *cutter) coresAt(p *placement) float64 {
	sum := 0.0
	for _, s := range p.series {
		sum += c.cores[s]
	}
	return sum
}

// priceOf is the price of a millisecond of all replicas of a placement.
func (c *cutter) priceOf(p *placement, at *prices) float64 {
	sum := 0.0
	for _, s := range p.series {
		sum += at.device[c.a.m.series[s].device] + at.cores*c.cores[s]
	}
	return sum
}
