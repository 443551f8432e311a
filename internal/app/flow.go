package app

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"braid/source"
	"braid/stages"
)

// errDrain is why sources are stopped at the end.
var errDrain = errors.New("draining")

// runFeeds runs cameras through a pipeline until all of them have ended and
// their last frame is emitted. When the user asks to drain, the sources are
// stopped and what they delivered is finished. When ctx ends, what is queued is
// given up.
//
// A camera's failure stops no other camera: failed joins them. err is the
// graph's own, which ends everything.
func runFeeds(ctx context.Context, env *Env, p *pipeline, emit stages.Emit, feeds []*feed, onState func(*feed)) (failed, err error) {
	gates := make([]*source.Gate, len(feeds))
	for i, f := range feeds {
		gates[i] = f.gate
	}
	mux := source.NewMux(gates...)
	sources, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	failures := make([]error, len(feeds))
	var group errgroup.Group
	for i, f := range feeds {
		group.Go(func() error {
			failures[i] = f.supervise(sources, onState)
			return nil
		})
	}
	ended := make(chan struct{})
	group.Go(func() error {
		select {
		case <-env.Drain:
			stop(errDrain)
		case <-ended:
		}
		return nil
	})
	err = p.run(ctx, mux, func(ctx context.Context, j *stages.Job) error {
		err := emit(ctx, j)
		mux.Left(&j.Meta)
		return err
	})
	close(ended)
	mux.Discard()
	stop(errDrain)
	_ = group.Wait() // its functions return nil
	return errors.Join(failures...), err
}
