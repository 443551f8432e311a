package app

import (
	"fmt"
	"math"
	"sort"

	"braid/accel/plan"
	"braid/accel/plan/search"
)

// within gives a candidate the frames in flight that make its highest rate within the goal's budget, and
// its prediction: as few as make it, and no fewer than usual where as many are not late. Where any number is, it
// has one frame, and is late.
func (c *chosen) within(k *search.Candidate) error {
	bindings := k.Memory / int64(k.Plan.InFlight)
	free := k.Plan
	free.InFlight = k.Most
	full, err := search.Predict(c.profile, free)
	if err != nil {
		return err
	}
	t := &trials{chosen: c, plan: k.Plan, rates: map[int]float64{}}
	most := t.most(k.Most, full.FPS)
	n := t.fewest(most)
	for usual := min(k.Plan.UsualInFlight(), most); usual > n; usual-- {
		if !t.late(usual) {
			n = usual
		}
	}
	f := t.rate(n)
	if t.failed != nil {
		return t.failed
	}
	k.Memory, k.Plan.InFlight = bindings*int64(n), n
	k.FPS, k.LatencyMS = f, latency(n, f)
	switch {
	case f >= simEnough*full.FPS:
		k.Bottleneck = full.Bottleneck
	case t.late(n + 1):
		k.Bottleneck = "budget"
	default:
		k.Bottleneck = simBottleneck
	}
	r, err := c.run(k.Plan)
	if err != nil {
		return err
	}
	c.predict(k, r)
	return nil
}

// trials are the rates of a plan with different numbers of frames in flight.
type trials struct {
	*chosen
	plan   plan.Plan
	rates  map[int]float64
	failed error
}

func (t *trials) rate(n int) float64 {
	f, known := t.rates[n]
	if !known && t.failed == nil {
		t.plan.InFlight = n
		f, t.failed = expectedRate(t.profile, t.plan)
		t.rates[n] = f
	}
	return f
}

// late is whether n frames in flight miss the budget.
func (t *trials) late(n int) bool { return t.tardy(latency(n, t.rate(n))) }

// most is the most frames in flight up to a number that are not late, or so many that more bring no rate; 1 where
// one is late. No rate is above full.
func (t *trials) most(up int, full float64) int {
	n := 1
	for n < up && t.failed == nil {
		next := min(2*n, up)
		if t.late(next) {
			return n + sort.Search(next-n-1, func(i int) bool { return t.late(n + i + 1) })
		}
		enough := t.rate(n) >= simEnough*min(full, t.rate(next))
		n = next
		if enough {
			break
		}
	}
	return n
}

// fewest is the fewest frames in flight that make the rate of n, and are not late.
func (t *trials) fewest(n int) int {
	fewer := 1 + sort.Search(n-1, func(i int) bool { return t.rate(i+1) >= simEnough*t.rate(n) })
	if t.late(fewer) {
		return n
	}
	return fewer
}

// latency is in ms that of n frames in flight at a rate, by Little's law.
func latency(n int, rate float64) float64 { return float64(n) * 1000 / rate }

// tardy is whether so many ms are more than the goal's budget.
func (c *chosen) tardy(ms float64) bool {
	return c.goal.Budget > 0 && ms > c.goal.Budget*(1+1e-6)
}

// meets is whether a candidate meets the goal's limits, as simulated. Whether cameras fit the search has said, and of
// plans for which they do not it chose the one that carries most.
func (c *chosen) meets(k search.Candidate) bool {
	if c.goal.Objective == search.Cameras {
		return true
	}
	return !c.tardy(k.LatencyMS) && search.Sure(k.FPS, search.CutOnCPU(k.Plan)) >= c.goal.MinFPS*(1-1e-9)
}

// worth is what of a candidate's rate counts, nothing where it does not meet the goal.
func (c *chosen) worth(k search.Candidate) float64 {
	if !c.meets(k) {
		return math.Inf(-1)
	}
	return search.Sure(k.FPS, search.CutOnCPU(k.Plan))
}

// misses is the reason against a candidate that does not meet the goal.
func (c *chosen) misses(k search.Candidate) string {
	if c.tardy(k.LatencyMS) {
		return fmt.Sprintf("%s: a frame takes %.1f ms, more than the budget of %g ms", k.Kind, k.LatencyMS, c.goal.Budget)
	}
	return fmt.Sprintf("%s: %s is the bottleneck at %.1f frames/s, fewer than the %g asked for", k.Kind, k.Bottleneck, k.FPS, c.goal.MinFPS)
}

// none says that no runner meets the goal, with the one that comes nearest.
func (c *chosen) none() error {
	nearest := c.Runners[0]
	for _, r := range c.Runners {
		if c.goal.Budget > 0 && r.LatencyMS < nearest.LatencyMS || c.goal.Budget == 0 && r.FPS > nearest.FPS {
			nearest = r
		}
	}
	return as(ErrInvalid, fmt.Errorf("%w as simulated: %s", search.ErrNoPlan, c.misses(nearest)))
}
