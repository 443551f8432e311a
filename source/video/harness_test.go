//go:build e2e && !nogst

package video

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"braid/internal/frame"
)

// probe is a gate that takes every frame, shows it to see and gives it back.
type probe struct {
	t    testing.TB
	pool *frame.Pool
	see  func(f *frame.Frame)
	n    int
	last time.Duration

	lockstep bool
}

func newProbe(t testing.TB, see func(*frame.Frame)) *probe {
	if see == nil {
		see = func(*frame.Frame) {}
	}
	return &probe{t: t, pool: frame.NewPool(1, frame.Heap), see: see, last: -1}
}

func (p *probe) Offer(ctx context.Context, pts time.Duration) (*frame.Frame, error) {
	return p.pool.Get(ctx)
}

func (p *probe) Put(_ context.Context, f *frame.Frame) error {
	defer f.Release()
	if f.PTS <= p.last {
		p.t.Errorf("frame %d: PTS %v after %v", p.n, f.PTS, p.last)
	}
	p.last = f.PTS
	p.n++
	p.see(f)
	return nil
}

func (p *probe) Lockstep() bool { return p.lockstep }

func (p *probe) Asked(context.Context) error { return nil }

func (p *probe) Abandon(f *frame.Frame) { f.Release() }

var errEnough = errors.New("enough frames")

// open makes a Source for a test.
func open(t testing.TB, cfg Config) *Source {
	t.Helper()
	s, err := New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// play runs a Source to its end, at most 20 s, and returns how many frames came
// and the error of Run.
func play(t testing.TB, cfg Config, see func(*frame.Frame)) (int, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	p := newProbe(t, see)
	err := open(t, cfg).run(ctx, p)
	if ctx.Err() != nil {
		t.Fatalf("Run did not end by itself: %v after %d frames", err, p.n)
	}
	return p.n, err
}

// playN runs a Source until n frames have come.
func playN(t testing.TB, cfg Config, n int, see func(*frame.Frame)) *Source {
	t.Helper()
	ctx, timeout := context.WithTimeout(t.Context(), 20*time.Second)
	defer timeout()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s := open(t, cfg)
	var p *probe
	p = newProbe(t, func(f *frame.Frame) {
		if p.n <= n && see != nil {
			see(f)
		}
		if p.n == n {
			cancel(errEnough)
		}
	})
	if err := s.run(ctx, p); !errors.Is(err, errEnough) {
		t.Fatalf("%v after %d frames", err, p.n)
	}
	return s
}
