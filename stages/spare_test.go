package stages_test

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"braid/internal/frame"
	"braid/stages"
)

// slow is a Stage of a worker that takes so long for each Job.
type slow time.Duration

func (s slow) Process(ctx context.Context, _ *stages.Job) error {
	pause(ctx, time.Duration(s))
	return nil
}
func (slow) Close() error { return nil }

// unequal is a node with a worker for each of takes, of which the last are spare.
func unequal(spares int, takes ...time.Duration) stages.Node {
	return stages.Node{
		Name: "infer.0", Workers: len(takes), Queue: 100,
		Spare: func(worker int) bool { return worker >= len(takes)-spares },
		New:   func(worker int) (stages.Stage, error) { return slow(takes[worker]), nil },
	}
}

// live is a feed whose frames come so far apart.
type live struct {
	*feed
	every time.Duration
}

func (l live) Next(ctx context.Context) (*frame.Frame, error) {
	pause(ctx, l.every)
	return l.feed.Next(ctx)
}

// TestSpare: a slow worker takes Jobs alike with a fast one where both are free, and
// none of those that a fast one is free for where it is spare. Where Jobs wait it works.
func TestSpare(t *testing.T) {
	const fast, slow = 5 * time.Millisecond, 50 * time.Millisecond
	for _, c := range []struct {
		name   string
		spares int
		takes  []time.Duration
		every  time.Duration
		want   []uint64 // Jobs by worker, of 110
		ends   time.Duration
	}{
		{"alike, few frames", 0, []time.Duration{fast, slow}, 10 * time.Millisecond, []uint64{92, 18}, 0},
		{"spare, few frames", 1, []time.Duration{fast, slow}, 10 * time.Millisecond, []uint64{110, 0}, 1105 * time.Millisecond},
		{"spare, more frames than the fast worker can do", 1, []time.Duration{fast, slow}, 0, []uint64{100, 10}, 500 * time.Millisecond},
		{"two are spare", 2, []time.Duration{fast, slow, slow}, 0, []uint64{91, 9 + 1, 9}, 500 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGraph(t, 100, prep(1, 100), unequal(c.spares, c.takes...))
				f := newFeed(110, "a")
				f.pool = frame.NewPool(101, frame.Heap)
				start := time.Now()
				if err := g.Run(t.Context(), live{f, c.every}, countOnly); err != nil {
					t.Fatal(err)
				}
				got := g.Stats()[1].Workers
				for i, want := range c.want {
					if got[i]+1 < want || got[i] > want+1 {
						t.Errorf("jobs by worker %v, want about %v", got, c.want)
						break
					}
				}
				if took := time.Since(start); c.ends > 0 && (took < c.ends-slow || took > c.ends+slow) {
					t.Errorf("took %v, want about %v", took, c.ends)
				}
				atRest(t, g, 100, f)
			})
		})
	}
}

// TestSpareEnds: spare workers that wait end with the frames, and when the run is cancelled.
func TestSpareEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGraph(t, 4, prep(1, 4), unequal(3, 1, 1, 1, 1))
		if err := g.Run(t.Context(), newFeed(0, "a"), countOnly); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		go func() {
			synctest.Wait()
			cancel(io.ErrUnexpectedEOF)
		}()
		err := g.Run(ctx, live{endless("a"), time.Hour}, countOnly)
		if err != io.ErrUnexpectedEOF { //nolint:errorlint // the cause as it is
			t.Errorf("got %v", err)
		}
	})
}

func TestSpareRefuses(t *testing.T) {
	for says, nodes := range map[string][]stages.Node{
		"all workers of node infer.0 are spare": {prep(1, 1), unequal(2, 1, 1)},
		"no Job can wait in front of it":        {prep(1, 0), unequal(1, 1, 1)},
	} {
		if _, err := stages.New(nodes, newJobs(1), nil); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want %q", err, says)
		}
	}
}

// TestSpareWaitsForNoWorker: a Job that comes while all others are at work goes to a spare worker soon, and one
// that comes with another, which a worker that only enqueues takes first, to that worker.
func TestSpareWaitsForNoWorker(t *testing.T) {
	for _, c := range []struct {
		name string
		node stages.Node
		want []uint64
		ends time.Duration
	}{
		{"at work", unequal(1, time.Second, time.Second), []uint64{1, 1}, time.Second + 100*time.Microsecond},
		{"enqueues", unequal(1, 50*time.Microsecond, time.Second), []uint64{2, 0}, 100 * time.Microsecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGraph(t, 2, prep(1, 2), c.node)
				start := time.Now()
				f := newFeed(2, "a")
				if err := g.Run(t.Context(), f, countOnly); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(start); took != c.ends {
					t.Errorf("took %v, want %v", took, c.ends)
				}
				if got := g.Stats()[1].Workers; !slices.Equal(got, c.want) {
					t.Errorf("jobs by worker %v, want %v", got, c.want)
				}
				atRest(t, g, 2, f)
			})
		})
	}
}
