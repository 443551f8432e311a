package search

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"braid/accel/plan"
)

// Fit says whether cameras fit on a machine.
type Fit struct {
	Demand     float64 // frames a second of all cameras
	Cameras    int     // asked for
	Fits       bool
	Most       int    // cameras that fit, taken in the order given, then more of the last group
	Bottleneck string // what the next camera would be too much for
}

// chooseCameras finds the plan that carries most, and, where that is enough, the one
// with the fewest devices, then the simplest, that is enough as well.
func (m *machine) chooseCameras(p plan.Profile, g *Goal) (Choice, error) {
	free := *g
	free.Budget = 0
	s := newHunt(m, &free, m.all(), g.MaxSegments)
	s.run()
	out, err := m.choice(p, &free, s)
	if err != nil {
		return out, err
	}
	fit := &Fit{}
	fit.Demand, fit.Cameras = g.demand()
	for _, c := range s.cells {
		if n, bottleneck := m.most(c, g); n > fit.Most || fit.Bottleneck == "" {
			fit.Most, fit.Bottleneck = n, bottleneck
			out.Chosen = m.candidate(p, c)
		}
	}
	out.Cameras = fit
	if cheap := m.cheapest(g); cheap != nil {
		out.Chosen = m.candidate(p, m.plainest(cheap.cells[0], fit.Demand, func(l layout) outcome { return m.settleSure(l, cheap.g) }))
		out.Chosen.Enough = true
		fit.Fits, fit.Most = true, max(fit.Most, fit.Cameras)
		out.Exact = out.Exact && cheap.left >= 0
	}
	for i := range out.Candidates {
		m.judgeCamera(&out.Candidates[i], out.Chosen, g)
	}
	return out, nil
}

// cheapest is the search that found plans that are enough, on the fewest devices; nil
// where none are.
func (m *machine) cheapest(g *Goal) *hunt {
	need := *g
	need.MinFPS, _ = g.demand()
	for n := 1; n <= len(m.devices); n++ {
		var sets []uint
		for _, set := range m.all() {
			if bits.OnesCount(set) == n {
				sets = append(sets, set)
			}
		}
		s := newHunt(m, &need, sets, g.MaxSegments)
		s.run()
		s.cells = slices.DeleteFunc(s.cells, func(c found) bool { return m.settleSure(c.layout, &need).value < need.MinFPS*(1-1e-9) })
		if len(s.cells) > 0 {
			return s
		}
	}
	return nil
}

// settleSure is settle, but its value is what of the rate counts, and none where the last
// frame of a burst is late then.
func (m *machine) settleSure(l layout, g *Goal) outcome {
	o := m.settle(l, g)
	o.value = m.sure(l, o.value)
	if g.Budget > 0 && o.latency*o.fps > g.Budget*m.sure(l, o.fps)*(1+1e-6) {
		o.value = math.Inf(-1)
	}
	return o
}

// judgeCamera gives the reason against a candidate of another kind.
func (m *machine) judgeCamera(c *Candidate, chosen Candidate, g *Goal) {
	if c.layout == nil {
		return
	}
	if c.Kind == chosen.Kind {
		*c = chosen
		return
	}
	demand, cameras := g.demand()
	n, bottleneck := m.most(found{layout: c.layout}, g)
	counts := m.sure(c.layout, c.FPS)
	c.Rejected = fmt.Sprintf("%s: %s is the bottleneck at %.1f frames/s: %d of %d cameras fit", c.Kind, bottleneck, c.FPS, min(n, cameras), cameras)
	if counts < c.FPS {
		c.Rejected += "; of parts on the CPU alone nine tenths count"
	}
	if c.Enough = counts >= demand && n >= cameras; c.Enough {
		c.Rejected = fmt.Sprintf("%s: suffices with %.1f frames/s, as does %s, which is cheaper", c.Kind, c.FPS, chosen.Kind)
	}
}

// most is how many cameras a layout carries, and what the next one is too much for.
func (m *machine) most(f found, g *Goal) (int, string) {
	w := m.loadsOf(f.layout)
	rate, bottleneck := m.rate(f.layout, w, maxWorkers, maxWorkers)
	rate = m.sure(f.layout, rate)
	demand := 0.0
	for n := 0; ; n++ {
		demand += g.camera(n).FPS
		if demand > rate*(1+1e-9) || n == maxCameras {
			return n, bottleneck
		}
		late := m.residence(f.layout, w, demand) + float64(n)*1000/rate
		if g.Budget > 0 && late > g.Budget*(1+1e-6) {
			return n, "budget"
		}
	}
}

// camera is the one with an index: in the order given, then more of the last group.
func (g *Goal) camera(i int) CameraGroup {
	for _, c := range g.Cameras {
		if i -= c.N; i < 0 {
			return c
		}
	}
	return g.Cameras[len(g.Cameras)-1]
}
