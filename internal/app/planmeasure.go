package app

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"braid/accel"
	"braid/accel/plan"
	"braid/accel/plan/search"
	"braid/internal/bench"
)

// measure runs the candidates that are expected to be best, and the best one on a
// single device whatever is expected of it, in turn and in rounds, and keeps the one
// that is fastest, or the simplest that is as fast; see winner.
func (o PlanOptions) measure(ctx context.Context, env *Env, rt accel.Backend, made *chosen) (err error) {
	with := BenchOptions{Choice: o.Choice, Inputs: o.Inputs, Copies: o.Copies, Duration: o.Duration, Rounds: benchFewest}
	_, along, err := benchCourse(ctx, env, rt, with)
	if err != nil {
		return err
	}
	defer closeInto(&err, along.Close)
	made.widen(o.Measure)
	names, list := made.names(), made.finalists(o.Measure)
	var rows []*benchRow
	for _, i := range list {
		rows = append(rows, newBenchRow(names[i], made.Candidates[i].Plan))
	}
	predictBy(env, made.profile, rows, len(o.Inputs) == 0) // with what parts told
	b := &benchRounds{
		env: env, rows: rows, o: with, gauges: newGauges(rt), check: newScalingCheck().check,
		stand: newBenchStand(along, o.Duration/4),
	}
	defer closeInto(&err, b.stand.closeAll)
	if _, err := b.run(ctx); err != nil {
		return err
	}
	devices, err := rt.Devices(ctx)
	if err != nil {
		return as(ErrEnvironment, err)
	}
	sayNotReal(rows, devices)
	var report bench.Report
	report.Fill(b.measured())
	made.measured = report.Rows
	rates := slices.Repeat([]float64{-1}, len(made.Candidates))
	for n, i := range list {
		rates[i] = report.Rows[n].FPS
	}
	made.keep(rates)
	return nil
}

// runs is whether a candidate has a plan that meets the goal, as far as is known, and that can be simulated where the
// chosen one can.
func (c *chosen) runs(k search.Candidate) bool {
	if len(k.Plan.Segments) == 0 || !c.meets(k) {
		return false
	}
	if c.unsimulated != nil {
		return true
	}
	_, err := systemOf(c.profile, k.Plan)
	return err == nil
}

// widen adds candidates until n can run: the runners with the highest expected rate of other segments or devices than
// those that are there. What is expected of the best of a kind may be further off than of the next. For cameras
// the highest rate is not what is looked for.
func (c *chosen) widen(n int) {
	if c.goal.Objective == search.Cameras {
		return
	}
	for _, k := range c.Candidates {
		if c.runs(k) {
			n--
		}
	}
	more := slices.Clone(c.Runners)
	slices.SortStableFunc(more, func(a, b search.Candidate) int { return cmp.Compare(b.FPS, a.FPS) })
	for _, k := range more {
		if n <= 0 {
			break
		}
		there := slices.ContainsFunc(c.Candidates, func(o search.Candidate) bool { return alike(o.Plan, k.Plan) })
		if there || !c.runs(k) {
			continue
		}
		k.Rejected = k.Against(c.Chosen, search.FPS)
		c.Candidates = append(c.Candidates, k)
		n--
	}
	// The simplest first: kinds are in that order, and so are runners of a kind.
	kinds, plans := map[search.Kind]int{}, map[string]int{}
	for i, k := range c.Candidates {
		if _, is := kinds[k.Kind]; !is {
			kinds[k.Kind] = i
		}
	}
	for i, k := range c.Runners {
		plans[k.Plan.ID()] = i
	}
	slices.SortStableFunc(c.Candidates, func(a, b search.Candidate) int {
		return cmp.Or(cmp.Compare(kinds[a.Kind], kinds[b.Kind]), cmp.Compare(plans[a.Plan.ID()], plans[b.Plan.ID()]))
	})
}

// names are the candidates' kinds, with a number where there are several: the one with the highest expected rate has none.
func (c *chosen) names() []string {
	names := make([]string, len(c.Candidates))
	for i, k := range c.Candidates {
		place := 1
		for n, o := range c.Candidates {
			if o.Kind == k.Kind && (o.FPS > k.FPS || o.FPS == k.FPS && n < i) {
				place++
			}
		}
		names[i] = string(k.Kind)
		if place > 1 {
			names[i] += fmt.Sprint(" ", place)
		}
	}
	return names
}

// finalists are the indices of the n candidates with the highest expected rate, the chosen one, and those on a
// single device.
func (c *chosen) finalists(n int) []int {
	var list []int
	for i, k := range c.Candidates {
		if c.runs(k) {
			list = append(list, i)
		}
	}
	slices.SortStableFunc(list, func(a, b int) int { return cmp.Compare(c.Candidates[b].FPS, c.Candidates[a].FPS) })
	var out []int
	for place, i := range list {
		if k := c.Candidates[i]; place < n || k.Rejected == "" || onOneDevice(k) {
			out = append(out, i)
		}
	}
	return out
}

func onOneDevice(k search.Candidate) bool {
	return len(k.Plan.Segments) == 1 && len(k.Plan.Segments[0].Devices) == 1
}

// winner is the index of the simplest of candidates, the simplest first, whose measured rate is within
// search.Tolerance of the best; never one that is slower than the best on a single device.
// A rate below 0 is of one that did not run. Where some reach least frames/s the others do not count.
func winner(all []search.Candidate, rates []float64, least float64) int {
	floor, fastest := 0.0, 0.0
	for i, k := range all {
		if onOneDevice(k) {
			floor = max(floor, rates[i])
		}
		fastest = max(fastest, rates[i])
	}
	floor = max(floor, min(least, fastest))
	values := make([]float64, len(all))
	for i, fps := range rates {
		values[i] = math.Inf(-1)
		if fps >= floor {
			values[i] = fps
		}
	}
	return search.Simplest(values)
}

// cheapest is the index of the first of the candidates on the fewest processors that carry the goal's cameras, as the
// search has it, and were measured at the rate that those send; -1 where none is.
func cheapest(all []search.Candidate, rates []float64, demand float64) int {
	best, fewest := -1, 0
	for i, k := range all {
		if n := processors(k.Plan); k.Enough && rates[i] >= demand && (best < 0 || n < fewest) {
			best, fewest = i, n
		}
	}
	return best
}

// processors is how many a plan's segments are on.
func processors(p plan.Plan) int {
	is := map[string]bool{}
	for _, s := range p.Segments {
		for _, d := range s.Devices {
			is[d.ID.Processor()] = true
		}
	}
	return len(is)
}

// keep makes the winner the chosen one, of cameras the cheapest that carries them, and says of the others that ran why
// not, by what was measured.
func (c *chosen) keep(rates []float64) {
	best := winner(c.Candidates, rates, c.goal.MinFPS)
	if best < 0 {
		return
	}
	suffices := -1
	if c.Cameras != nil && c.Cameras.Fits {
		if suffices = cheapest(c.Candidates, rates, c.Cameras.Demand); suffices >= 0 {
			best = suffices
		} else {
			c.fewer(rates[best])
		}
	}
	names := c.names()
	for i, fps := range rates {
		if fps < 0 || i == best {
			continue
		}
		why := beside(fps, rates[best], names[best])
		if suffices >= 0 {
			why = c.forCameras(c.Candidates[i], fps, names[best])
		}
		c.Candidates[i].Rejected = fmt.Sprintf("%s: measured %.1f frames/s, %s", names[i], fps, why)
	}
	c.Candidates[best].Rejected = ""
	c.settleOn(c.Candidates[best])
}

// forCameras is why a candidate that was measured is not the cheapest that carries the cameras.
func (c *chosen) forCameras(k search.Candidate, fps float64, kept string) string {
	switch {
	case fps < c.Cameras.Demand:
		return fmt.Sprintf("and the cameras send %.1f", c.Cameras.Demand)
	case !k.Enough:
		return "but does not carry all cameras as planned"
	}
	return fmt.Sprintf("enough for the cameras, as is %s, which is cheaper", kept)
}

// fewer says that cameras which would fit do not, at a measured rate.
func (c *chosen) fewer(fps float64) {
	f := c.Cameras
	f.Fits, f.Most, f.Bottleneck = false, 0, "what was measured"
	for _, g := range c.goal.Cameras {
		n := min(g.N, int(fps/g.FPS))
		f.Most += n
		if fps -= float64(n) * g.FPS; n < g.N {
			return
		}
	}
}

// beside compares a measured rate with the chosen one's.
func beside(fps, best float64, chosen string) string {
	if fps < best {
		return fmt.Sprintf("%.3g %% slower than %s", 100*(best-fps)/best, chosen)
	}
	return fmt.Sprintf("%.2g %% better than %s, which is simpler", 100*(fps-best)/best, chosen)
}
