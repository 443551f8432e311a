package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"braid/accel"
	"braid/accel/plan/search"
	"braid/internal/bench"
)

// measure runs the candidates that are expected to be best, and the best one on a
// single device whatever is expected of it, in turn and in rounds, and keeps the one
// that is fastest. So no plan is chosen that is slower than one device.
func (o PlanOptions) measure(ctx context.Context, env *Env, rt accel.Backend, made *chosen) (err error) {
	with := BenchOptions{Choice: o.Choice, Inputs: o.Inputs, Copies: o.Copies, Duration: o.Duration, Rounds: benchFewest}
	c, along, err := benchCourse(ctx, env, rt, with)
	if err != nil {
		return err
	}
	defer closeInto(&err, along.Close)
	list := finalists(made.Candidates, o.Measure)
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
	best := 0
	for i, r := range report.Rows {
		if r.FPS > report.Rows[best].FPS {
			best = i
		}
	}
	made.keep(list[best], report.Rows[best].FPS)
	return nil
}

// finalists are the n candidates with the highest expected rate, and those on a single
// device.
func finalists(all []search.Candidate, n int) (list []search.Candidate) {
	for _, k := range all {
		if len(k.Plan.Segments) > 0 {
			list = append(list, k)
		}
	}
	slices.SortStableFunc(list, func(a, b search.Candidate) int { return cmp.Compare(b.FPS, a.FPS) })
	var out []search.Candidate
	for i, k := range list {
		if i < n || len(k.Plan.Segments) == 1 && len(k.Plan.Segments[0].Devices) == 1 {
			out = append(out, k)
		}
	}
	return out
}

// keep makes another candidate the chosen one, because it measured best.
func (c *chosen) keep(best search.Candidate, fps float64) {
	if best.Plan.ID() == c.Chosen.Plan.ID() {
		return
	}
	for i := range c.Candidates {
		k := &c.Candidates[i]
		switch {
		case k.Kind == best.Kind:
			k.Rejected = ""
			c.Chosen = *k
		case k.Rejected == "":
			k.Rejected = fmt.Sprintf("%s: measured slower than %s, which does %.1f frames/s", k.Kind, best.Kind, fps)
		}
	}
}
