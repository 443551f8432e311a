package search

import (
	"math"
	"slices"

	"braid/accel"
	"braid/accel/plan"
)

// layout is a network spread over a machine: its segments in order.
type layout []segment

// segment covers units [from,to) of a model.
type segment struct {
	from, to int
	replicas []replica
	model    int // of several that are planned together
}

// replica is a series that runs a segment, and its streams.
type replica struct{ series, streams int }

// with is a layout with another replica in the place of one.
func (l layout) with(k, r int, other replica) layout {
	out := slices.Clone(l)
	out[k].replicas = slices.Clone(out[k].replicas)
	out[k].replicas[r] = other
	return out
}

// equal is whether two layouts are the same.
func (l layout) equal(o layout) bool {
	return slices.EqualFunc(l, o, func(a, b segment) bool {
		return a.from == b.from && a.to == b.to && a.model == b.model && slices.Equal(a.replicas, b.replicas)
	})
}

// of are the segments of one model.
func (l layout) of(model int) layout {
	return slices.DeleteFunc(slices.Clone(l), func(s segment) bool { return s.model != model })
}

// repeats is whether segment k has the replicas of a neighbour, and so is one with it.
func (l layout) repeats(k int) bool {
	return slices.Equal(l[k].replicas, l.producers(k)) || slices.Equal(l[k].replicas, l.consumers(k))
}

// streams are those of each device, over all segments.
func (m *machine) streams(l layout) []int {
	n := make([]int, len(m.devices))
	for _, s := range l {
		for _, r := range s.replicas {
			n[m.series[r.series].device] += r.streams
		}
	}
	return n
}

// slowdowns are sigma of each device, with those at work that have streams.
func (m *machine) slowdowns(streams []int) []float64 {
	sigma := make([]float64, len(m.devices))
	for i, d := range m.devices {
		sigma[i] = 1
		for j, s := range d.slow {
			if i != j && streams[j] > 0 {
				sigma[i] *= s
			}
		}
	}
	return sigma
}

// work is what units [i,j) of a series ask of its device without copies, at slowdown sigma. front and back are what
// cuts cost the full device at its ends.
func (s *series) work(i, j int, sigma float64, front, back []float64) plan.Work {
	t := s.sum[j] - s.sum[i] + s.half[i]
	w := plan.Work{Alone: max(least, sigma*(t+s.half[j]))}
	if s.full != nil {
		w.Full = max(least, sigma*(s.full[j]-s.full[i]+front[i]+back[j]))
	}
	return w
}

// inner is the same without what cuts cost.
func (s *series) inner(i, j int, sigma float64) plan.Work {
	w := plan.Work{Alone: sigma * (s.sum[j] - s.sum[i])}
	if s.full != nil {
		w.Full = sigma * (s.full[j] - s.full[i])
	}
	return w
}

// copyIn is the time that series s takes to fetch what the producers wrote of the
// tensors in front of unit i. No producers: prep wrote it.
func (m *machine) copyIn(s int, producers []replica, i int) float64 {
	to := m.devices[m.series[s].device]
	if to.cpu {
		return 0 // the writer has done it
	}
	if producers == nil {
		return m.end("cpu", to.memory, m.series[s].bytes[0], 1)
	}
	longest := 0.0
	for _, p := range producers {
		from := &m.series[p.series]
		longest = max(longest, m.copies.ms(m.devices[from.device].memory, to.memory, m.crossing(s, p.series, i), m.series[s].tensors[i]))
	}
	return longest
}

// copyOut is the time that series s takes to write the tensors in front of unit j
// to the host, where a consumer is on the CPU. No consumers: detect is.
func (m *machine) copyOut(s int, consumers []replica, j int) float64 {
	from := m.devices[m.series[s].device]
	if from.cpu {
		return 0
	}
	if consumers == nil {
		return m.end(from.memory, "cpu", m.series[s].bytes[j], m.series[s].tensors[j])
	}
	longest := 0.0
	for _, c := range consumers {
		if m.devices[m.series[c.series].device].cpu {
			longest = max(longest, m.copies.ms(from.memory, "cpu", m.crossing(s, c.series, j), m.series[s].tensors[j]))
		}
	}
	return longest
}

// crossing is the size of the tensors in front of unit i between two series: in the
// form of the one that needs more.
func (m *machine) crossing(a, b, i int) int64 { return max(m.series[a].bytes[i], m.series[b].bytes[i]) }

// end is the copy at an end of the network. What was not measured there is in the
// time of the whole network.
func (m *machine) end(from, to accel.DeviceID, bytes int64, tensors int) float64 {
	if t := m.copies.ms(from, to, bytes, tensors); !math.IsInf(t, 1) {
		return t
	}
	return 0
}
