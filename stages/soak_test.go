package stages_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"testing"
	"time"

	"braid/internal/frame"
	"braid/source"
	"braid/stages"
)

// TestSoak sends 100,000 frames of three cameras through a graph on real
// goroutines, with failures and panics, and cancels it in full flight.
func TestSoak(t *testing.T) {
	const frames = 100_000
	w := &world{scenario: scenario{jobs: 12}, ledgers: map[string]*frame.Ledger{}, emitted: map[string]uint64{}, skipped: map[string]uint64{}}
	d := dice{1}
	yield := func(name string) step {
		return func(_ context.Context, j *stages.Job) error {
			for range d.roll(name, j.Camera, j.Seq) % 8 {
				runtime.Gosched()
			}
			switch {
			case d.oneOf(1000, "panic"+name, j.Camera, j.Seq):
				panic("oops")
			case d.oneOf(100, "fail"+name, j.Camera, j.Seq):
				j.Err = errTest
			case name == "prep":
				j.ReleaseFrame()
			}
			return nil
		}
	}
	var err error
	w.graph, err = stages.New([]stages.Node{
		node("prep", 2, 1, yield("prep")), node("infer.0", 4, 2, yield("infer.0")), node("detect", 2, 0, yield("detect")),
	}, newJobs(w.jobs), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	for i, p := range []source.Policy{source.Block, source.Block, source.DropOldest} {
		c := cameraPlan{GateConfig: source.GateConfig{Camera: fmt.Sprint("cam-", i), Policy: p}, frames: 1 << 30}
		l, pool := &frame.Ledger{}, frame.NewPool(5, frame.Heap)
		gate, err := source.NewGate(c.GateConfig, pool, l)
		if err != nil {
			t.Fatal(err)
		}
		w.cameras, w.gates, w.pools = append(w.cameras, c), append(w.gates, gate), append(w.pools, pool)
		w.ledgers[c.Camera] = l
	}
	mux := source.NewMux(w.gates...)
	var cameras sync.WaitGroup
	for i, c := range w.cameras {
		cameras.Go(func() { c.deliver(ctx, w.gates[i]) })
	}
	err = w.graph.Run(ctx, mux, func(ctx context.Context, j *stages.Job) error {
		if w.total == frames {
			cancel(errCancelled)
		}
		return w.emit(ctx, j)
	})
	if !errors.Is(err, errCancelled) {
		t.Errorf("run: %v", err)
	}
	mux.Discard()
	cameras.Wait()
	w.check(err)
	if err := errors.Join(append(w.wrong, w.graph.Close())...); err != nil {
		t.Error(err)
	}
	for i := range 2 {
		if c := w.ledgers[w.cameras[i].Camera].Counts(); c.Dropped["policy"] > 0 || c.Published == 0 || len(c.Failed) != 3 {
			t.Errorf("camera %d: %+v", i, c)
		}
	}
}

// deliver sends frames as fast as they are taken.
func (c cameraPlan) deliver(ctx context.Context, g *source.Gate) {
	defer g.Close()
	for i := range c.frames {
		f, err := g.Offer(ctx, time.Duration(i)*time.Millisecond)
		if err == nil && f != nil {
			err = g.Put(ctx, f)
		}
		if err != nil {
			return
		}
		if c.Policy != source.Block {
			runtime.Gosched()
		}
	}
}

// TestNoAllocationPerFrame counts what a running graph allocates, in each of several stretches of
// frames: what a frame costs is in all of them. The runtime keeps records of waiting goroutines for
// each processor, up to 128, and makes new ones where a goroutine waits on one and is woken on
// another: over a hundred may fall into one stretch, and not into the next. With two processors
// there are no more than that in all.
func TestNoAllocationPerFrame(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(min(2, runtime.GOMAXPROCS(0))))
	const warm, frames, stretches = 500, 5000, 4
	g := newGraph(t, 6, prep(2, 1), node("infer.0", 3, 1, pass))
	for mode, run := range modes {
		var seen [stretches + 1]runtime.MemStats
		n := 0
		err := run(g, t.Context(), newFeed(warm+stretches*frames, "a", "b"), func(ctx context.Context, j *stages.Job) error {
			if n++; n >= warm && (n-warm)%frames == 0 {
				runtime.ReadMemStats(&seen[(n-warm)/frames])
			}
			return countOnly(ctx, j)
		})
		if err != nil {
			t.Fatal(err)
		}
		least := uint64(math.MaxUint64)
		for i := range stretches {
			least = min(least, seen[i+1].Mallocs-seen[i].Mallocs)
		}
		if least > frames/50 {
			t.Errorf("%s: at least %d allocations for %d frames", mode, least, frames)
		}
	}
}
