package stages_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"braid/stages"
)

// device is a Stage that enqueues, with room for one Job at a time on a device that
// takes a second for each.
type device struct{ done time.Time }

func (d *device) Process(context.Context, *stages.Job) error {
	d.done = time.Now().Add(time.Second)
	return nil
}

func (d *device) Limited() bool            { return true }
func (d *device) Room(ctx context.Context) { pause(ctx, time.Until(d.done)) }
func (d *device) Close() error             { return nil }

// TestPaced: a Job goes on as soon as it is enqueued, and the next one waits for room,
// which counts as busy.
func TestPaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		paced := stages.Node{Name: "infer.0", Workers: 1, Queue: 3, New: func(int) (stages.Stage, error) { return &device{}, nil }}
		g := newGraph(t, 3, prep(1, 3), paced)
		var emitted []time.Duration
		start := time.Now()
		f := newFeed(3, "a")
		if err := g.Run(t.Context(), f, func(ctx context.Context, j *stages.Job) error {
			emitted = append(emitted, time.Since(start))
			return countOnly(ctx, j)
		}); err != nil {
			t.Fatal(err)
		}
		for i, at := range emitted {
			if want := time.Duration(i) * time.Second; at != want {
				t.Errorf("job %d went on after %v, want %v", i, at, want)
			}
		}
		if s := g.Stats()[1]; s.Blocked != 0 || s.Busy != 3*time.Second || s.BusyEach.N != 3 || s.Starved != 0 {
			t.Errorf("blocked %v, busy %v in %d jobs, starved %v, want 3 s busy in 3", s.Blocked, s.Busy, s.BusyEach.N, s.Starved)
		}
		atRest(t, g, 3, f)
	})
}
