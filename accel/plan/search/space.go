package search

import (
	"math/bits"
	"slices"

	"braid/accel/plan"
)

// Kind is how a plan spreads a network.
type Kind string

// The kinds, the simplest first.
const (
	OneDevice     Kind = "one-device"     // one segment on one device, one stream
	FrameParallel Kind = "frame-parallel" // one segment, several streams or devices
	Pipeline      Kind = "pipeline"       // several segments, each on one device with one stream
	Hybrid        Kind = "hybrid"         // several segments, several streams or devices
)

var kinds = []Kind{OneDevice, FrameParallel, Pipeline, Hybrid}

func kindOf(l layout) Kind {
	replicas, streams := 0, 0
	for _, s := range l {
		replicas += len(s.replicas)
		for _, r := range s.replicas {
			streams += r.streams
		}
	}
	several := streams > len(l)
	switch {
	case len(l) == 1 && !several:
		return OneDevice
	case len(l) == 1:
		return FrameParallel
	case !several:
		return Pipeline
	}
	return Hybrid
}

// single is whether no segment has several streams or devices.
func (k Kind) single() bool { return k == OneDevice || k == Pipeline }

// isKind is whether a sequence of placements is of the group's kind.
func (a *group) isKind(sequence []int) bool {
	if a.kind.single() {
		return true
	}
	for _, p := range sequence {
		for _, s := range a.places[p].series {
			if len(a.places[p].series) > 1 || a.streams[a.m.series[s].device] > 1 {
				return true
			}
		}
	}
	return false
}

// placement is where a segment may run: at most one series of each device, all of one
// precision.
type placement struct {
	series  []int
	devices uint
	stop    []int // stop[i]: the first unit from i on that one of them cannot run
}

// placements are those of a plan that uses a set of devices: each device alone, and all
// devices of one kind or of several kinds together. With single, the first.
func (m *machine) placements(set uint, allowed []plan.Precision, single bool) []placement {
	var out []placement
	for sub := uint(1); sub <= set; sub++ {
		if sub&^set != 0 || bits.OnesCount(sub) > 1 && (single || !m.wholeKinds(sub, set)) {
			continue
		}
		m.choose(sub, nil, func(chosen []int) {
			first := m.series[chosen[0]]
			if len(allowed) > 0 && !slices.Contains(allowed, first.precision) {
				return
			}
			p := placement{series: slices.Clone(chosen), devices: sub, stop: slices.Clone(first.stop)}
			for _, s := range chosen[1:] {
				for i := range p.stop {
					p.stop[i] = min(p.stop[i], m.series[s].stop[i])
				}
			}
			out = append(out, p)
		})
	}
	return out
}

// crams is whether n streams of a series have more threads than there are cores: of streams with several
// threads, which then wait for one another at every layer. They were slower than streams of one
// thread wherever both were measured (docs/results.md).
func (m *machine) crams(series, n int) bool {
	s := &m.series[series]
	return m.devices[s.device].cpu && s.threads > 1 && n > max(1, s.most)
}

// uncrammed leaves the placements whose threads have cores, with streams by device.
func (m *machine) uncrammed(places []placement, streams []int) []placement {
	return slices.DeleteFunc(places, func(p placement) bool {
		return slices.ContainsFunc(p.series, func(s int) bool { return m.crams(s, streams[m.series[s].device]) })
	})
}

// wholeKinds is whether a device is among some of a set only with all of its kind.
func (m *machine) wholeKinds(some, set uint) bool {
	for d := range m.devices {
		for e := range m.devices {
			if some&(1<<d) != 0 && (set&^some)&(1<<e) != 0 && m.devices[d].id.Kind() == m.devices[e].id.Kind() {
				return false
			}
		}
	}
	return true
}

// choose gives every way to take one series of each device of a set, with one
// precision.
func (m *machine) choose(set uint, chosen []int, yield func([]int)) {
	if set == 0 {
		yield(chosen)
		return
	}
	d := bits.TrailingZeros(set)
	for _, s := range m.devices[d].series {
		if len(chosen) == 0 || m.series[s].precision == m.series[chosen[0]].precision {
			m.choose(set&^(1<<d), append(slices.Clone(chosen), s), yield)
		}
	}
}

// streamOptions are the numbers of streams that a device may have for a segment:
// on the CPU 1, 2, 4 … and all cores or all but one; one on a device that works first in, first
// out, where more would only take frames that other replicas could serve; elsewhere 1, 2, what was
// measured to be faster than fewer, and the next that was measured, unless it was clearly slower: a stream
// that copies leaves the device to the others, which so many keep busy.
func (m *machine) streamOptions(d int) []int {
	if m.devices[d].fifo {
		return []int{1}
	}
	options := []int{1, 2}
	if m.devices[d].cpu {
		options = []int{1}
		for n := 2; n < m.cores; n *= 2 {
			options = append(options, n)
		}
		options = append(options, max(1, m.cores-1), m.cores)
	}
	for _, s := range m.devices[d].series {
		gain, last := m.series[s].gain, 0
		for i, p := range gain {
			if i > 0 && p.gain > gain[i-1].gain {
				options, last = append(options, int(p.n)), i
			}
		}
		if next := last + 1; !m.devices[d].cpu && next < len(gain) && !gain[next].slower {
			options = append(options, int(gain[next].n))
		}
	}
	options = slices.DeleteFunc(options, func(n int) bool { return n > plan.MaxStreams })
	slices.Sort(options)
	return slices.Compact(options)
}

// triedStreams are the options that the search tries. More streams cost a device
// nothing, so it gets the most, of which trim takes away what is of no use; on the CPU they
// cost cores, and all are tried.
func (m *machine) triedStreams(d int) []int {
	options := m.streamOptions(d)
	if m.devices[d].cpu {
		return options
	}
	return options[len(options)-1:]
}

// streamVectors are the numbers of streams, by device, that a set of devices is
// tried with: all segments on a device have the same, and so have devices of one kind, but for
// those that work first in, first out.
func (m *machine) streamVectors(set uint) [][]int {
	vectors := [][]int{m.oneEach(set)}
	done := map[string]bool{}
	for d := range m.devices {
		kind := m.devices[d].id.Kind()
		if set&(1<<d) == 0 || done[kind] || m.devices[d].fifo {
			continue
		}
		done[kind] = true
		var alike, options []int
		for e := range m.devices {
			if set&(1<<e) != 0 && m.devices[e].id.Kind() == kind && !m.devices[e].fifo {
				alike = append(alike, e)
				options = append(options, m.triedStreams(e)...)
			}
		}
		slices.Sort(options)
		options = slices.Compact(options)
		if !m.devices[d].cpu {
			options = options[len(options)-1:]
		}
		var more [][]int
		for _, v := range vectors {
			for _, n := range options {
				w := slices.Clone(v)
				for _, e := range alike {
					w[e] = n
				}
				more = append(more, w)
			}
		}
		vectors = more
	}
	one := m.oneEach(set) // less latency where replicas differ
	if !slices.ContainsFunc(vectors, func(v []int) bool { return slices.Equal(v, one) }) {
		vectors = append(vectors, one)
	}
	return vectors
}
