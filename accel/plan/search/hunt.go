package search

import (
	"math"
	"math/bits"
	"slices"
)

// maxDevices is the most whose sets are all looked through.
const maxDevices = 10

// hunt is one search: the best of each kind, number of segments and number of devices that
// is better than all simpler ones of its kind; see run.
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
// first. Parts on the CPU alone, which count for less than they promise, must be better than all
// others of their kind, and hide none of them.
func (s *hunt) run() {
	others, hosts := s.byProcessor()
	for _, kind := range kinds {
		best := found{outcome: outcome{value: math.Inf(-1)}}
		if kind == OneDevice || kind == FrameParallel {
			for n := 1; n <= len(s.m.devices); n++ {
				s.better(kind, 1, n, s.sets, &best)
			}
			continue
		}
		parts := best
		for k := 2; k <= min(s.segments, s.m.units); k++ {
			for n := 1; n <= len(s.m.devices); n++ {
				s.better(kind, k, n, others, &best)
				if best.value > parts.value {
					parts = best
				}
				s.better(kind, k, n, hosts, &parts)
			}
		}
	}
}

// byProcessor divides the sets by whether they are of the CPU alone.
func (s *hunt) byProcessor() (others, hosts []uint) {
	for _, set := range s.sets {
		host := true
		for d := range s.m.devices {
			host = host && (set>>d&1 == 0 || s.m.devices[d].cpu)
		}
		if host {
			hosts = append(hosts, set)
		} else {
			others = append(others, set)
		}
	}
	return others, hosts
}

// better keeps the best of a cell where it is better than those before.
func (s *hunt) better(kind Kind, k, n int, sets []uint, best *found) {
	before := best.value
	s.cell(kind, k, n, sets, best)
	if best.value > before {
		s.cells = append(s.cells, *best)
	}
}

// cell looks through the layouts of one kind with k segments on n devices.
func (s *hunt) cell(kind Kind, k, n int, sets []uint, best *found) {
	groups := s.groups(kind, k, n, sets)
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
func (s *hunt) groups(kind Kind, k, n int, sets []uint) []*group {
	var groups []*group
	for _, set := range sets {
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
