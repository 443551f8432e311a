package search

import (
	"math"
	"math/bits"
	"slices"
)

// maxDevices is the most whose sets are all looked through.
const maxDevices = 10

// hunt is one search: the best of each kind, number of segments and number of devices that
// is better than all simpler ones of its kind.
type hunt struct {
	m        *machine
	g        *Goal
	sets     []uint // sets of devices to use
	segments int
	left     int // steps
	open     float64
	cells    []found
}

func newHunt(m *machine, g *Goal, sets []uint, segments int) *hunt {
	return &hunt{m: m, g: g, sets: sets, segments: segments, left: g.Steps, open: math.Inf(-1)}
}

// all are all sets of devices, the smaller first. Of sets that differ by like devices
// only, one is among them.
func (m *machine) all() []uint {
	var sets []uint
	for s := uint(1); s < 1<<len(m.devices); s++ {
		if m.inTurn(s, 0) {
			sets = append(sets, s)
		}
	}
	slices.SortStableFunc(sets, func(a, b uint) int { return bits.OnesCount(a) - bits.OnesCount(b) })
	return sets
}

// run looks through kinds, numbers of segments and numbers of devices, the simpler
// first.
func (s *hunt) run() {
	for _, kind := range kinds {
		from, to := 1, 1
		if kind == Pipeline || kind == Hybrid {
			from, to = 2, min(s.segments, s.m.units)
		}
		best := found{outcome: outcome{value: math.Inf(-1)}}
		for k := from; k <= to; k++ {
			for n := 1; n <= len(s.m.devices); n++ {
				before := best.value
				s.cell(kind, k, n, &best)
				if best.value > before {
					s.cells = append(s.cells, best)
				}
			}
		}
	}
}

// cell looks through the layouts of one kind with k segments on n devices.
func (s *hunt) cell(kind Kind, k, n int, best *found) {
	groups := s.groups(kind, k, n)
	for _, a := range groups {
		if s.g.aboutRate() && a.bound <= best.above() || a.bound < s.g.MinFPS*(1-1e-9) {
			continue
		}
		a.prepare()
		for _, q := range a.sequences(best.above()) {
			if q.value <= best.above() {
				break
			}
			if s.left < 0 {
				s.open = max(s.open, q.value)
				break
			}
			best.steps = s.left
			a.cut(q.places, best)
			if s.left = best.steps; s.left < 0 {
				s.open = max(s.open, q.value)
			}
		}
	}
}

// groups are those of a cell, the one with the highest bound first.
func (s *hunt) groups(kind Kind, k, n int) []*group {
	var groups []*group
	for _, set := range s.sets {
		if bits.OnesCount(set) != n {
			continue
		}
		vectors := s.m.streamVectors(set)
		if kind.single() {
			vectors = [][]int{s.m.oneEach(set)}
		}
		for _, v := range vectors {
			if a := newGroup(s.m, s.g, set, v, k, kind); len(a.places) > 0 && a.bound > 0 {
				groups = append(groups, a)
			}
		}
	}
	slices.SortStableFunc(groups, func(a, b *group) int {
		switch {
		case a.bound > b.bound:
			return -1
		case a.bound < b.bound:
			return 1
		}
		return 0
	})
	return groups
}

// oneEach is one stream for each device of a set.
func (m *machine) oneEach(set uint) []int {
	v := make([]int, len(m.devices))
	for d := range v {
		v[d] = int(set >> d & 1)
	}
	return v
}
