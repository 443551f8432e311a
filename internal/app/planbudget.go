package app

import (
	"fmt"
	"math"
	"sort"

	"braid/accel/plan/search"
)

// within gives a candidate the most frames in flight with which it answers within the goal's budget, or fewer
// that make its rate as well, and its prediction. Where no number does it has one frame, and is late.
func (c *chosen) within(k *search.Candidate) error {
	bindings := k.Memory / int64(k.Plan.InFlight)
	free := k.Plan
	free.InFlight = maxInFlight
	full, failed := search.Predict(c.profile, free)
	if failed != nil {
		return failed
	}
	rates := map[int]float64{}
	rate := func(n int) float64 {
		if f, known := rates[n]; known || failed != nil {
			return f
		}
		p := k.Plan
		p.InFlight = n
		rates[n], failed = expectedRate(c.profile, p)
		return rates[n]
	}
	all := int(min(maxInFlight, 1+c.goal.Budget*full.FPS/1000)) // more are late at any rate
	most := 1 + sort.Search(all-1, func(i int) bool { return latency(i+2, rate(i+2)) > c.goal.Budget*(1+1e-6) })
	n := 1 + sort.Search(most-1, func(i int) bool { return rate(i+1) >= simEnough*rate(most) })
	f := rate(n)
	if failed != nil {
		return failed
	}
	k.Memory, k.Plan.InFlight = bindings*int64(n), n
	k.FPS, k.LatencyMS, k.Bottleneck = f, latency(n, f), "budget"
	if f >= simEnough*full.FPS {
		k.Bottleneck = full.Bottleneck
	}
	r, err := c.run(k.Plan)
	if err != nil {
		return err
	}
	c.predict(k, r)
	return nil
}

// maxInFlight is the most frames in flight that a plan can have.
const maxInFlight = 4096

// latency is in ms that of n frames in flight at a rate, by Little's law.
func latency(n int, rate float64) float64 { return float64(n) * 1000 / rate }

// meets is whether a candidate meets the goal's limits, as simulated.
func (c *chosen) meets(k search.Candidate) bool {
	late := c.goal.Budget > 0 && k.LatencyMS > c.goal.Budget*(1+1e-6)
	return !late && search.Sure(k.FPS, search.CutOnCPU(k.Plan)) >= c.goal.MinFPS*(1-1e-9)
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
	if c.goal.Budget > 0 && k.LatencyMS > c.goal.Budget*(1+1e-6) {
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
