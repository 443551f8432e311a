package profile

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"braid/accel"
)

// race runs calls at once, each on its own goroutine again and again, and gives the
// mean milliseconds of a run of each over a time. A run that began in time counts
// whole. Each runs once before it counts and goes on until all have counted, so that
// all that counts has the others beside it.
func race(ctx context.Context, calls []accel.Call, window time.Duration) ([]float64, error) {
	means := make([]float64, len(calls))
	var counting atomic.Int64
	counting.Store(int64(len(calls)))
	g, ctx := errgroup.WithContext(ctx)
	for i, c := range calls {
		g.Go(func() error {
			if err := once(ctx, c); err != nil {
				return err
			}
			start, runs := time.Now(), 0
			for ; runs == 0 || time.Since(start) < window; runs++ {
				if err := once(ctx, c); err != nil {
					return err
				}
			}
			means[i] = milliseconds(time.Since(start)) / float64(runs)
			counting.Add(-1)
			for counting.Load() > 0 {
				if err := once(ctx, c); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return means, g.Wait()
}

// rate is the runs a second of calls that take means at once.
func rate(means []float64) (sum float64) {
	for _, m := range means {
		sum += 1000 / m
	}
	return sum
}
