package profile

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"braid/accel"
)

// stream is an Exec's Calls, which take turns.
type stream []accel.Call

// race runs streams at once, each on its own goroutine again and again, and gives
// the mean milliseconds of a run of each over a time. A run that began in time
// counts whole. Each runs once before it counts and goes on until all have counted,
// so that all that counts has the others beside it.
func race(ctx context.Context, streams []stream, window time.Duration) ([]float64, error) {
	means := make([]float64, len(streams))
	var counting atomic.Int64
	counting.Store(int64(len(streams)))
	g, ctx := errgroup.WithContext(ctx)
	for i, s := range streams {
		g.Go(func() (err error) {
			t := turns{stream: s, ends: make([]accel.Event, len(s))}
			defer func() { err = errors.Join(err, t.drain(ctx)) }()
			if err := t.next(ctx); err != nil {
				return err
			}
			start, runs := time.Now(), 0
			for ; runs == 0 || time.Since(start) < window; runs++ {
				if err := t.next(ctx); err != nil {
					return err
				}
			}
			means[i] = milliseconds(time.Since(start)) / float64(runs)
			counting.Add(-1)
			for counting.Load() > 0 {
				if err := t.next(ctx); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return means, g.Wait()
}

// turns are a stream at work: all of its Calls are started, the oldest is waited
// for.
type turns struct {
	stream
	ends   []accel.Event // of each Call; nil: not started
	oldest int
}

// next waits for the end of one run and starts another.
func (t *turns) next(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for i := range t.stream {
		if t.ends[i] == nil {
			if err := t.start(ctx, i); err != nil {
				return err
			}
		}
	}
	i := t.oldest
	t.oldest = (i + 1) % len(t.stream)
	end := t.ends[i]
	t.ends[i] = nil
	return end.Wait(ctx)
}

func (t *turns) start(ctx context.Context, i int) (err error) {
	t.ends[i], err = t.stream[i].Start(ctx, nil)
	return err
}

// drain waits for what was started: memory must not be freed under it.
func (t *turns) drain(ctx context.Context) error {
	var errs []error
	for _, end := range t.ends {
		if end != nil {
			errs = append(errs, end.Wait(ctx))
		}
	}
	return errors.Join(errs...)
}

// rate is the runs a second of streams that take means at once.
func rate(means []float64) (sum float64) {
	for _, m := range means {
		sum += 1000 / m
	}
	return sum
}
