package app

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"braid/accel"
	"braid/accel/plan/search"
	"braid/internal/bench"
)

// measure runs the candidates that are expected to be best, and the best one on a
// single device whatever is expected of it, in turn and in rounds, and keeps the one
// that is fastest, or the simplest that is as fast; see winner.
func (o PlanOptions) measure(ctx context.Context, env *Env, rt accel.Backend, made *chosen) (err error) {
	with := BenchOptions{Choice: o.Choice, Inputs: o.Inputs, Copies: o.Copies, Duration: o.Duration, Rounds: benchFewest}
	c, along, err := benchCourse(ctx, env, rt, with)
	if err != nil {
		return err
	}
	defer closeInto(&err, along.Close)
	list := finalists(made.meeting(), o.Measure)
	var rows []*benchRow
	for _, k := range list {
		rows = append(rows, newBenchRow(string(k.Kind), k.Plan))
	}
	c.predict(ctx, rows, len(o.Inputs) == 0)
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
	rates := map[search.Kind]float64{}
	for i, r := range report.Rows {
		rates[list[i].Kind] = r.FPS
	}
	made.keep(rates)
	return nil
}

// meeting are the candidates that meet the goal, as far as is known.
func (c *chosen) meeting() []search.Candidate {
	return slices.DeleteFunc(slices.Clone(c.Candidates), func(k search.Candidate) bool { return len(k.Plan.Segments) > 0 && !c.meets(k) })
}

// finalists are the n candidates with the highest expected rate, the chosen one, and those on a
// single device.
func finalists(all []search.Candidate, n int) (list []search.Candidate) {
	for _, k := range all {
		if len(k.Plan.Segments) > 0 {
			list = append(list, k)
		}
	}
	slices.SortStableFunc(list, func(a, b search.Candidate) int { return cmp.Compare(b.FPS, a.FPS) })
	var out []search.Candidate
	for i, k := range list {
		if i < n || k.Rejected == "" || onOneDevice(k) {
			out = append(out, k)
		}
	}
	return out
}

func onOneDevice(k search.Candidate) bool {
	return len(k.Plan.Segments) == 1 && len(k.Plan.Segments[0].Devices) == 1
}

// winner is the index of the simplest of candidates, the simplest first, whose measured rate is within
// search.Tolerance of the best; never one that is slower than the best on a single device.
// Candidates without a rate did not run. Where some reach least frames/s the others do not count.
func winner(all []search.Candidate, rates map[search.Kind]float64, least float64) int {
	floor, fastest := 0.0, 0.0
	for _, k := range all {
		if onOneDevice(k) {
			floor = max(floor, rates[k.Kind])
		}
		fastest = max(fastest, rates[k.Kind])
	}
	floor = max(floor, min(least, fastest))
	values := make([]float64, len(all))
	for i, k := range all {
		values[i] = math.Inf(-1)
		if fps, ran := rates[k.Kind]; ran && fps >= floor {
			values[i] = fps
		}
	}
	return search.Simplest(values)
}

// keep makes the winner the chosen one, and says of the others that ran why not, by what was measured.
func (c *chosen) keep(rates map[search.Kind]float64) {
	i := winner(c.Candidates, rates, c.goal.MinFPS)
	if i < 0 {
		return
	}
	best := c.Candidates[i]
	for n := range c.Candidates {
		k := &c.Candidates[n]
		fps, ran := rates[k.Kind]
		if !ran || n == i {
			continue
		}
		k.Rejected = fmt.Sprintf("%s: measured %.1f frames/s, %s", k.Kind, fps, beside(fps, rates[best.Kind], best.Kind))
	}
	c.Candidates[i].Rejected = ""
	c.settleOn(c.Candidates[i])
}

// beside compares a measured rate with the chosen one's.
func beside(fps, best float64, kind search.Kind) string {
	if fps < best {
		return fmt.Sprintf("%.3g %% slower than %s", 100*(best-fps)/best, kind)
	}
	return fmt.Sprintf("%.2g %% better than %s, which is simpler", 100*(fps-best)/best, kind)
}
