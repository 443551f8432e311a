package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/plan/search"
	"braid/internal/card"
)

// measureRounds is how often each candidate of --measure runs, in turn with the
// others.
const measureRounds = 3

// measure runs the candidates that are expected to be best, and the best one on a
// single device whatever is expected of it, and keeps the one that is fastest. So no
// plan is chosen that is slower than one device.
func (o PlanOptions) measure(ctx context.Context, env *Env, rt accel.Backend, n *network.Network, c *card.Card, made *chosen) (err error) {
	along, err := o.course(ctx, env, rt, n, c)
	if err != nil {
		return err
	}
	defer closeInto(&err, along.Close)
	list := finalists(made.Candidates, o.Measure)
	rows := make([][]benchRow, len(list))
	for range measureRounds {
		for i, k := range list {
			row, err := along.row(ctx, k.Plan)
			if err != nil {
				return fmt.Errorf("running the %s plan %s: %w", k.Kind, k.Plan.ID(), err)
			}
			rows[i] = append(rows[i], row)
		}
	}
	best := 0
	for i, k := range list {
		row := medianRow(rows[i])
		row.Name, row.Plan, row.Predicted = string(k.Kind), k.Plan.ID(), k.FPS
		made.measured = append(made.measured, row)
		if row.FPS > made.measured[best].FPS {
			best = i
		}
	}
	made.take(list[best], made.measured[best].FPS)
	return nil
}

// course is frames in memory, or the recordings that were given.
func (o PlanOptions) course(ctx context.Context, env *Env, rt accel.Backend, n *network.Network, c *card.Card) (course, error) {
	if len(o.Inputs) == 0 {
		return newMemoryCourse(rt, n, c, o.Duration, env.Log)
	}
	m, err := openModel(env, o.Model)
	if err != nil {
		return nil, err
	}
	return newCameraCourse(ctx, env, rt, m, BenchOptions{Inputs: o.Inputs, Copies: o.Copies, Duration: o.Duration})
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

// medianRow is the row with the median rate.
func medianRow(rows []benchRow) benchRow {
	slices.SortFunc(rows, func(a, b benchRow) int { return cmp.Compare(a.FPS, b.FPS) })
	return rows[len(rows)/2]
}

// take makes another candidate the chosen one, because it measured best.
func (c *chosen) take(best search.Candidate, fps float64) {
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
