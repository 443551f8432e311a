package search

import (
	"fmt"
	"math"
	"slices"

	"braid/accel"
	"braid/accel/plan"
)

// plainest is a layout like the one that was found, with the streams and threads that it needs: see
// trim and split.
func (m *machine) plainest(f found, enough float64, settle func(layout) outcome) found {
	return m.split(m.trim(f, enough, settle), settle)
}

// leanest is plainest for a layout that is not the chosen one: of its kind, and worth as much.
func (m *machine) leanest(f found, g *Goal) found {
	kind := kindOf(f.layout)
	return m.plainest(f, f.value-better*math.Abs(f.value), func(l layout) outcome {
		o := m.settle(l, g)
		if kindOf(l) != kind {
			o.value = math.Inf(-1)
		}
		return o
	})
}

// trim takes away streams, from the last segment on, as long as the value that settle
// gives is enough.
func (m *machine) trim(f found, enough float64, settle func(layout) outcome) found {
	for less := true; less; {
		less = false
		for k, seg := range slices.Backward(f.layout) {
			for r := range seg.replicas {
				l, ok := m.fewer(f.layout, k, r)
				if !ok {
					continue
				}
				if o := settle(l); o.value >= enough {
					f.layout, f.outcome, less = l, o, true
				}
			}
		}
	}
	return f
}

// fewer is a layout with the next lower number of streams on a replica.
func (m *machine) fewer(from layout, k, r int) (layout, bool) {
	now := from[k].replicas[r]
	options := m.streamOptions(m.series[now.series].device)
	at, _ := slices.BinarySearch(options, now.streams)
	if at == 0 {
		return nil, false
	}
	return from.with(k, r, replica{now.series, options[at-1]}), true
}

// split gives the replicas of a layout that runs on the CPU alone the fewest threads a stream, and the
// fewest streams of so many, with which it is of its kind and no worse than it was: threads of a
// stream wait for one another, streams do not. Beside another device, which sets the rate, threads
// make a frame's way shorter.
func (m *machine) split(f found, settle func(layout) outcome) found {
	if !m.onCPU(f.layout) {
		return f
	}
	for k, seg := range f.layout {
		for r := range seg.replicas {
			for _, l := range m.splits(f.layout, k, r) {
				if o := settle(l); o.value >= f.value-better*math.Abs(f.value) {
					f.layout, f.outcome = l, o
					break
				}
			}
		}
	}
	return f
}

// splits are the layouts with fewer threads a stream on a replica, the fewest first.
func (m *machine) splits(from layout, k, r int) (out []layout) {
	seg := from[k]
	now := &m.series[seg.replicas[r].series]
	var fewer []int
	for _, i := range m.devices[now.device].series {
		s := &m.series[i]
		if s.model == now.model && s.precision == now.precision && s.threads < now.threads && s.stop[seg.from] >= seg.to {
			fewer = append(fewer, i)
		}
	}
	slices.SortStableFunc(fewer, func(a, b int) int { return m.series[a].threads - m.series[b].threads })
	for _, i := range fewer {
		for _, n := range m.streamOptions(now.device) {
			l := from.with(k, r, replica{i, n})
			if !m.crams(i, n) && kindOf(l.of(seg.model)) == kindOf(from.of(seg.model)) && !l.repeats(k) {
				out = append(out, l)
			}
		}
	}
	return out
}

// allow leaves only listed cut points, all where none is listed.
func (m *machine) allow(cuts []string) {
	for i, at := range m.at {
		m.cuttable[i] = len(cuts) == 0 || slices.Contains(cuts, at)
	}
}

// WeighDecode makes the time of decoding that of the cameras, in proportion to their
// pixels, where the profile says what was decoded.
func WeighDecode(cpu plan.CPUTimes, cameras []CameraGroup) plan.CPUTimes {
	if cpu.Width == 0 || len(cameras) == 0 {
		return cpu
	}
	frames, pixels := 0.0, 0.0
	for _, c := range cameras {
		rate := float64(c.N) * c.FPS
		frames += rate
		pixels += rate * float64(c.Width) * float64(c.Height)
	}
	cpu.Decode *= pixels / frames / float64(cpu.Width) / float64(cpu.Height)
	return cpu
}

// limit is the bound of the rate over all devices without contention, cuts or copies.
func (m *machine) limit(g *Goal) float64 {
	b := fluid{
		m: m, set: 1<<len(m.devices) - 1, fixed: m.cpu.All(),
		alone: make([][]float64, len(m.series)), load: make([][]float64, len(m.series)),
	}
	for i := range m.series {
		s := &m.series[i]
		if len(g.Precisions) > 0 && !slices.Contains(g.Precisions, s.precision) {
			continue
		}
		b.alone[i], b.load[i] = s.unitTimes(1)
	}
	f, _ := b.bound()
	return f
}

// leastBudget makes the least latency of all the budget.
func (m *machine) leastBudget(g *Goal) error {
	least := *g
	least.Objective = leastLatency
	s := newHunt(m, &least, m.all(), g.MaxSegments)
	s.run()
	best := math.Inf(-1)
	for _, c := range s.cells {
		best = max(best, c.value)
	}
	if math.IsInf(best, -1) {
		return fmt.Errorf("%w: %s", ErrNoPlan, m.whys())
	}
	g.Budget, g.least = -best*(1+1e-6), true
	return nil
}

func hasWatts(p plan.Profile, id accel.DeviceID) bool {
	return slices.ContainsFunc(p.Watts, func(w plan.Watts) bool { return w.Device == id })
}
