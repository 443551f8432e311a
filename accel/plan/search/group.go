package search

import "braid/accel/plan"

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
		alone: make([][]float64, len(m.series)), load: make([][]float64, len(m.series)),
	}
	for _, p := range a.places {
		for _, i := range p.series {
			if a.fluid.alone[i] == nil {
				a.fluid.alone[i], a.fluid.load[i] = a.unitTimes(i)
			}
		}
	}
	a.bound, a.prices = a.fluid.bound()
	return a
}

// on is whether a placement, none where it is negative, has a device.
func (a *group) on(placement, device int) bool {
	return placement >= 0 && a.places[placement].devices>>device&1 == 1
}

// unitTimes are the ms of each unit on series i, and what each asks of the device at least.
func (a *group) unitTimes(i int) (alone, load []float64) {
	s := &a.m.series[i]
	for u := range a.m.units {
		w := s.unit(u, a.sigma[s.device])
		alone, load = append(alone, w.Alone), append(load, a.leastLoad(i, w))
	}
	return alone, load
}

// leastLoad is what work asks of the device of series i at least, however many of the segments that has.
func (a *group) leastLoad(i int, w plan.Work) float64 {
	s := &a.m.series[i]
	return s.leastLoad(w, a.segments*a.streams[s.device])
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
	for u := range a.m.units {
		a.before[u+1] = a.before[u] + a.fluid.cheapest(a.prices, u)
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
