package profile

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"braid/accel"
)

// race runs calls at once, each on its own goroutine again and again for a time,
// and gives the mean milliseconds of a run of each. A run that began in time counts
// whole.
func race(ctx context.Context, calls []accel.Call, window time.Duration) ([]float64, error) {
	means := make([]float64, len(calls))
	var g errgroup.Group
	start := time.Now()
	for i, c := range calls {
		g.Go(func() error {
			runs := 0
			for ; runs == 0 || time.Since(start) < window; runs++ {
				if err := once(ctx, c); err != nil {
					return err
				}
			}
			means[i] = milliseconds(time.Since(start)) / float64(runs)
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
