package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"braid/internal/config"
	"braid/internal/frame"
	"braid/source"
)

// feed is one camera from its source to its Gate, with its accounts.
type feed struct {
	name   string
	url    string // without credentials
	source source.Source
	gate   *source.Gate
	pool   *frame.Pool
	ledger *frame.Ledger
	view   *view

	stall  time.Duration // longest silence of a live source; 0: the supervisor's own
	config config.Camera // live: what it was made from

	cancel context.CancelCauseFunc // once it was started
	over   chan struct{}           // closed when its supervisor has ended
	failed error                   // what it ended with, once it is over

	mu    sync.Mutex
	state source.Status
}

// newFeed makes the way of one camera's frames. inFlight is how many frames the
// graph may hold: the pool has room for them, for the queue, and for the one
// that the source fills.
func newFeed(src source.Source, cfg source.GateConfig, inFlight int, v *view) (*feed, error) {
	if cfg.Queue == 0 {
		cfg.Queue = source.DefaultQueue
	}
	f := &feed{
		name: cfg.Camera, url: src.Info().URL, source: src, view: v,
		pool: frame.NewPool(inFlight+cfg.Queue+1, frame.Heap), ledger: &frame.Ledger{},
		state: source.Status{Since: time.Now()},
	}
	g, err := source.NewGate(cfg, f.pool, f.ledger)
	if err != nil {
		return nil, as(ErrInvalid, err)
	}
	f.gate = g
	return f, nil
}

// supervise runs the camera until it ends for good or ctx does. onState hears
// of each change, after the feed has noted it.
func (f *feed) supervise(ctx context.Context, onState func(*feed)) error {
	err := source.Supervise(ctx, f.source, f.gate, source.Backoff{Stall: f.stall}, func(s source.Status) {
		f.mu.Lock()
		f.state = s
		f.mu.Unlock()
		onState(f)
	})
	if errors.Is(err, source.ErrClosed) || ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
		return nil // it was asked to stop
	}
	return err
}

// status is the camera's state at this moment.
func (f *feed) status() source.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state
}
