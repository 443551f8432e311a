package app

import (
	"context"
	"errors"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"braid/accel/plan"
	"braid/internal/frame"
	"braid/source"
)

// decode is the CPU time, in milliseconds, that decoding one frame takes: every
// input plays for d on one camera, with nobody who looks at the frames.
func (c *cameraCourse) decode(ctx context.Context, d time.Duration) (ms float64, err error) {
	feeds, err := c.feeds(plan.Default(), 1)
	if err != nil {
		return 0, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	gates := make([]*source.Gate, len(feeds))
	var group errgroup.Group
	for i, f := range feeds {
		gates[i] = f.gate
		defer closeInto(&err, f.pool.Close)
		group.Go(func() error { return f.supervise(ctx, func(*feed) {}) })
	}
	mux := source.NewMux(gates...)
	ms, failed := decodeOnly(ctx, mux, d)
	stop(nil)
	err = errors.Join(failed, group.Wait())
	mux.Discard()
	return ms, err
}

// decodeOnly takes frames and gives them back, and divides the CPU time of d by
// their number. What starts the decoders is over when it begins to count.
func decodeOnly(ctx context.Context, mux *source.Mux, d time.Duration) (ms float64, err error) {
	var begin, warm time.Time
	var cpu time.Duration
	frames := 0
	for {
		f, err := mux.Next(ctx)
		if errors.Is(err, io.EOF) {
			return 0, errTooShort
		}
		if err != nil {
			return 0, err
		}
		f.Ledger.CountDropped(frame.Cancelled)
		f.Release()
		now := time.Now()
		switch {
		case warm.IsZero():
			warm = now.Add(benchWarm)
		case now.Before(warm):
		case begin.IsZero():
			begin, cpu = now, processTime()
		default:
			if frames++; now.Sub(begin) >= d {
				return milliseconds(processTime()-cpu) / float64(frames), nil
			}
		}
	}
}
