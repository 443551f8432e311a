package search

// group is all layouts that use exactly one set of devices, with one vector of
// streams and one number of segments: what they cost differs by cuts and placements only.
type group struct {
	m        *machine
	g        *Goal
	segments int
	set      uint
	streams  []int // of a segment, by device
	sigma    []float64
	places   []placement
	kind     Kind
	bound    float64
	prices   prices
	fluid    fluid
	before   []float64     // before[i]: the least price of units [0,i)
	in, out  [][][]float64 // copies: [before or behind, 0 for none][series][unit], see copies
	tables   *tables
	watts    *tables // priced in joules; nil but for the energy goal
}

// newGroup counts the bound of a group.
func newGroup(m *machine, g *Goal, set uint, streams []int, segments int, kind Kind) *group {
	a := &group{m: m, g: g, segments: segments, set: set, streams: streams, kind: kind}
	used := m.oneEach(set)
	a.sigma = m.slowdowns(used)
	a.places = m.uncrammed(m.placements(set, g.Precisions, kind.single()), streams)
	a.fluid = fluid{
		m: m, set: set, fixed: m.cpu.All(),
		alone: make([][]float64, len(m.series)), gain: make([]float64, len(m.series)),
	}
	for _, p := range a.places {
		for _, i := range p.series {
			if a.fluid.alone[i] == nil {
				a.fluid.alone[i], a.fluid.gain[i] = a.unitTimes(i), a.bestGain(i)
			}
		}
	}
	a.bound, a.prices = a.fluid.bound()
	return a
}

// unitTimes are the ms of each unit on series i.
func (a *group) unitTimes(i int) []float64 {
	s := &a.m.series[i]
	t := make([]float64, a.m.units)
	for u := range t {
		t[u] = a.sigma[s.device] * s.unit(u)
	}
	return t
}

// bestGain is the gain of series i by however many of the segments its device has.
func (a *group) bestGain(i int) float64 {
	s := &a.m.series[i]
	best := 0.0
	for n := 1; n <= a.segments; n++ {
		best = max(best, s.gainAt(n*a.streams[s.device]))
	}
	return best
}

// prepare makes what the search of the group looks up.
func (a *group) prepare() {
	a.in, a.out = make([][][]float64, len(a.places)+1), make([][][]float64, len(a.places)+1)
	for i := range a.in {
		var other []replica
		if i > 0 {
			other = a.replicas(a.places[i-1])
		}
		a.in[i], a.out[i] = make([][]float64, len(a.m.series)), make([][]float64, len(a.m.series))
		for s := range a.m.series {
			if a.fluid.alone[s] == nil {
				continue
			}
			a.in[i][s], a.out[i][s] = make([]float64, a.m.units+1), make([]float64, a.m.units+1)
			for u := range a.m.units + 1 {
				a.in[i][s][u] = a.m.copyIn(s, other, u)
				a.out[i][s][u] = a.m.copyOut(s, other, u)
			}
		}
	}
	a.tables = a.tablesFor(a.prices)
	a.before = make([]float64, a.m.units+1)
	price := make([]float64, len(a.m.series))
	for i := range price {
		price[i] = a.fluid.price(a.prices, i)
	}
	for u := range a.m.units {
		a.before[u+1] = a.before[u] + a.fluid.cheapest(price, u)
	}
	if a.g.Objective == Energy {
		c := prices{device: make([]float64, len(a.m.devices))}
		for d, dev := range a.m.devices {
			if dev.cpu {
				c.cores = dev.dynamic / float64(a.m.cores) / 1000
			} else if a.set&(1<<d) != 0 {
				c.device[d] = dev.dynamic / 1000
			}
		}
		a.watts = a.tablesFor(c)
	}
}

func (a *group) replicas(p placement) []replica {
	out := make([]replica, len(p.series))
	for i, s := range p.series {
		out[i] = replica{s, a.streams[a.m.series[s].device]}
	}
	return out
}
