package profile

import (
	"context"
	"time"

	"braid/accel"
)

// probe is a span that can be timed.
type probe struct {
	span
	call  accel.Call
	times sample // milliseconds of one run
}

// brief is below what a run is repeated and its mean taken: a clock and a wake-up
// have their own time, and caches matter.
const brief = 5 * time.Millisecond

// once runs a call and waits for it.
func once(ctx context.Context, c accel.Call) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	after, err := c.Start(ctx, nil)
	if err != nil {
		return err
	}
	return after.Wait(ctx)
}

// time adds one measurement. A brief span runs once before, without being timed:
// in use it finds its weights in the caches that the run before left them in, and
// here others ran in between. A long one evicts its own.
func (p *probe) time(ctx context.Context) error {
	start := time.Now()
	if err := once(ctx, p.call); err != nil {
		return err
	}
	taken, runs := time.Since(start), 1
	if taken < brief {
		runs = int(brief/max(taken, time.Microsecond)) + 1
		start = time.Now()
		for range runs {
			if err := once(ctx, p.call); err != nil {
				return err
			}
		}
		taken = time.Since(start)
	}
	p.times = append(p.times, milliseconds(taken)/float64(runs))
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// What is run whatever the budget: spans, whose interval wants some repeats, and
// windows, each of which is a mean of runs.
const (
	leastRounds  = 3
	leastWindows = 1
)

// rounds measures one thing after another, again and again, so that what disturbs
// the machine for a while disturbs all of them alike. It ends when all are stable,
// or with the budget, but not before some rounds; all have then been measured equally often.
func rounds(ctx context.Context, budget time.Duration, least, things int, measure func(i int) error, stable func(i int) bool) error {
	deadline := time.Now().Add(budget)
	for round := 0; ; round++ {
		if round >= least && (!time.Now().Before(deadline) || all(things, stable)) {
			return nil
		}
		for i := range things {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := measure(i); err != nil {
				return err
			}
		}
	}
}

func all(n int, ok func(int) bool) bool {
	for i := range n {
		if !ok(i) {
			return false
		}
	}
	return true
}

// settle times probes until each is stable to a share, or for the budget. One round
// before warms up.
func settle(ctx context.Context, probes []*probe, share float64, budget time.Duration) error {
	for _, p := range probes {
		if err := once(ctx, p.call); err != nil {
			return err
		}
	}
	return rounds(ctx, budget, leastRounds, len(probes),
		func(i int) error { return probes[i].time(ctx) },
		func(i int) bool { return probes[i].times.stable(share) })
}
