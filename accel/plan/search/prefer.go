package search

import (
	"fmt"
	"math"
	"slices"

	"braid/accel"
	"braid/accel/plan"
)

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
	l := slices.Clone(from)
	l[k].replicas = slices.Clone(l[k].replicas)
	l[k].replicas[r].streams = options[at-1]
	return l, true
}

// allow leaves only listed cut points, all where none is listed.
func (m *machine) allow(cuts []string) {
	for i, at := range m.at {
		m.cuttable[i] = len(cuts) == 0 || slices.Contains(cuts, at)
	}
}

// weighDecode makes the time of decoding that of the cameras, in proportion to their
// pixels, where the profile says what was decoded.
func (m *machine) weighDecode(cameras []CameraGroup) {
	if m.cpu.Width == 0 || len(cameras) == 0 {
		return
	}
	frames, pixels := 0.0, 0.0
	for _, c := range cameras {
		rate := float64(c.N) * c.FPS
		frames += rate
		pixels += rate * float64(c.Width) * float64(c.Height)
	}
	m.cpu.Decode *= pixels / frames / float64(m.cpu.Width) / float64(m.cpu.Height)
}

// limit is the bound of the rate over all devices without contention, cuts or copies.
func (m *machine) limit(g *Goal) float64 {
	b := fluid{
		m: m, set: 1<<len(m.devices) - 1, fixed: m.cpu.All(),
		alone: make([][]float64, len(m.series)), gain: make([]float64, len(m.series)),
	}
	for i := range m.series {
		s := &m.series[i]
		if len(g.Precisions) > 0 && !slices.Contains(g.Precisions, s.precision) {
			continue
		}
		b.alone[i] = make([]float64, m.units)
		for u := range m.units {
			b.alone[i][u] = s.unit(u)
		}
		for _, p := range s.gain {
			b.gain[i] = max(b.gain[i], p.gain, s.gainAt(int(p.n)))
		}
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
	g.Budget = -best * (1 + 1e-6)
	return nil
}

func hasWatts(p plan.Profile, id accel.DeviceID) bool {
	return slices.ContainsFunc(p.Watts, func(w plan.Watts) bool { return w.Device == id })
}
