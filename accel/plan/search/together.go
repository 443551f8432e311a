package search

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"sort"

	"braid/accel"
)

// JointChoice is what Together found: a plan for each model.
type JointChoice struct {
	Plans      []Candidate // FPS is the model's own rate
	FPS        float64     // the common rate: a model runs at this times its weight
	BoundFPS   float64     // no way to cut and spread the models has a higher common rate
	Gap        float64     // (BoundFPS - FPS) / FPS
	Bottleneck string
	Exact      bool // no plans of so few segments are better by more than 2 %
}

// jointSegments is how many segments a model may have by default where several are
// planned together.
const jointSegments = 2

// Together plans models that share devices for the highest common rate: loads, streams
// and slowdowns add up over the models. It counts all pairs of their layouts, of
// up to Goal.MaxSegments segments (default 2) each, that are not hopeless by prices and
// loads; of the goal it takes MaxSegments, Steps and Precisions. Errors are those of Choose.
func Together(models []Weighted, devices []accel.Device, g Goal) (JointChoice, error) {
	if len(models) < 2 {
		return JointChoice{}, fmt.Errorf("%w: together needs two models or more", ErrGoal)
	}
	if g.Objective != "" && g.Objective != FPS || g.Budget > 0 || g.MinFPS > 0 || g.Model != "" || g.Cuts != nil {
		return JointChoice{}, fmt.Errorf("%w: several models are planned for the rate alone", ErrGoal)
	}
	if g.MaxSegments == 0 {
		g.MaxSegments = jointSegments
	}
	if g.Steps == 0 {
		g.Steps = defaultSteps
	}
	m, err := merge(models, devices, &g)
	if err != nil {
		return JointChoice{}, err
	}
	s := &joint{merged: m, g: &g, left: g.Steps}
	var best []found
	for k := 1; k <= g.MaxSegments; k++ { // the simpler first
		s.segments = k
		s.run()
		if s.best.layout != nil {
			best = append(best, s.best)
		}
	}
	if best == nil {
		return JointChoice{}, fmt.Errorf("%w: %s", ErrNoPlan, m.whys())
	}
	enough := s.best.value * (1 - Tolerance)
	chosen := best[slices.IndexFunc(best, func(f found) bool { return f.value >= enough })]
	return s.choice(models, m.plainest(chosen, enough, s.settle)), nil
}

// joint is one search over several models.
type joint struct {
	*merged
	g        *Goal
	segments int
	left     int
	best     found
}

// part is a layout of one model, with a bound from below of what it asks for.
type part struct {
	layout layout
	used   uint
	device []float64
	price  float64
}

func (s *joint) run() {
	for set := range uint(1) << len(s.devices) {
		if set == 0 {
			continue
		}
		for _, v := range s.streamVectors(set) {
			s.set(set, v)
		}
	}
}

// set looks through the layouts that use exactly one set of devices together.
func (s *joint) set(set uint, streams []int) {
	sigma := s.slowdowns(s.oneEach(set))
	c := s.evenPrices(set)
	c.cores = 0
	parts := make([][]part, len(s.models))
	for i := range s.models {
		parts[i] = s.parts(i, set, streams, sigma, c)
		if len(parts[i]) == 0 {
			return
		}
		sort.SliceStable(parts[i], func(a, b int) bool { return parts[i][a].price < parts[i][b].price })
	}
	s.combine(parts, set, nil, 0, make([]float64, len(s.devices)), float64(bits.OnesCount(set)))
}

// combine adds a layout of the next model.
func (s *joint) combine(parts [][]part, set uint, l layout, used uint, device []float64, all float64) {
	if len(parts) == 0 {
		if o := s.settle(l); used == set && o.value > s.best.above() || s.best.layout == nil && used == set {
			s.best = found{layout: slices.Clone(l), outcome: o}
		}
		return
	}
	price := 0.0
	for _, d := range device {
		price += d
	}
	for _, p := range parts[1:] {
		price += p[0].price // at least
	}
	sum := make([]float64, len(device))
	for _, p := range parts[0] {
		if s.left--; s.left < 0 || price+p.price > all*s.period() {
			return
		}
		fits := true
		for d := range sum {
			sum[d] = device[d] + p.device[d]
			fits = fits && sum[d] <= s.period()
		}
		if fits {
			s.combine(parts[1:], set, append(slices.Clip(l), p.layout...), used|p.used, sum, all)
		}
	}
}

func (s *joint) period() float64 {
	if s.best.layout == nil {
		return math.MaxFloat64
	}
	return 1000 / s.best.above()
}

// settle is the common rate of layouts of all models together.
func (s *joint) settle(l layout) outcome {
	f, bottleneck := s.rate(l, s.loadsOf(l), maxWorkers, maxWorkers)
	return outcome{value: f, fps: f, bottleneck: bottleneck}
}

// parts are all layouts of a model on some of a set of devices.
func (s *joint) parts(model int, set uint, streams []int, sigma []float64, c prices) []part {
	m, first := s.models[model], s.first[model]
	var own uint // the set in the model's own numbers
	for d := range m.devices {
		if set&(1<<s.find(m.devices[d].id)) != 0 {
			own |= 1 << d
		}
	}
	if own == 0 {
		return nil
	}
	places := m.placements(own, s.g.Precisions, false)
	places = slices.DeleteFunc(places, func(p placement) bool {
		return slices.ContainsFunc(p.series, func(n int) bool { return s.crams(first+n, streams[s.series[first+n].device]) })
	})
	many := make([]int, len(s.devices)) // streams with the highest gain
	for d := range many {
		many[d] = math.MaxInt32
	}
	var out []part
	var extend func(l layout, last, from int)
	extend = func(l layout, last, from int) {
		if from == m.units {
			p := part{layout: slices.Clone(l)}
			w := s.loadsWith(l, many, sigma)
			p.device = w.device
			for d, load := range w.device {
				p.price += c.device[d] * load
				if load > 0 {
					p.used |= 1 << d
				}
			}
			if !math.IsInf(p.price, 1) && !math.IsNaN(p.price) {
				out = append(out, p)
			}
			return
		}
		if len(l) == s.segments {
			return
		}
		for i, p := range places {
			for to := from + 1; to <= p.stop[from] && i != last; to++ {
				if to < m.units && (len(l) == s.segments-1 || !m.cuttable[to-1]) {
					continue
				}
				seg := segment{from: from, to: to, model: model}
				for _, n := range p.series {
					seg.replicas = append(seg.replicas, replica{first + n, streams[s.series[first+n].device]})
				}
				extend(append(slices.Clip(l), seg), i, to)
			}
		}
	}
	extend(nil, -1, 0)
	return out
}

// choice makes a plan of each model.
func (s *joint) choice(models []Weighted, f found) JointChoice {
	w := s.loadsOf(f.layout)
	out := JointChoice{FPS: f.fps, BoundFPS: s.bound(), Bottleneck: f.bottleneck, Exact: s.left >= 0}
	out.Gap = (out.BoundFPS - out.FPS) / out.FPS
	for i, m := range s.models {
		fps := f.fps * s.weights[i]
		inside := m.cpu.Prep + m.cpu.Detect + s.path(f.layout, w, f.fps, i)
		one := found{outcome: outcome{fps: fps, bottleneck: f.bottleneck}}
		one.inFlight = min(maxInFlight, 1+max(1, int(math.Ceil(fps/1000*inside-1e-6))))
		one.latency = float64(one.inFlight) * 1000 / fps
		for _, seg := range f.layout {
			if seg.model != i {
				continue
			}
			own := segment{from: seg.from, to: seg.to}
			for _, r := range seg.replicas {
				own.replicas = append(own.replicas, replica{r.series - s.first[i], r.streams})
			}
			one.layout = append(one.layout, own)
		}
		one.bytes = int64(one.inFlight) * m.bytesOf(one.layout)
		out.Plans = append(out.Plans, m.candidate(models[i].Profile, one))
	}
	return out
}
