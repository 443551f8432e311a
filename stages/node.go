package stages

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"braid/internal/histogram"
)

// PanicError is the failure of a frame in whose Process a Stage panicked.
type PanicError struct {
	Value any
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// node is a Node with its Stages and what they did so far.
type node struct {
	Node
	index   int
	workers []*worker
	log     *slog.Logger
	panics  fault

	recorded *atomic.Pointer[recording] // the Graph's

	busy, blocked, starved histogram.Histogram // of all workers
}

// worker is one of a node's Stages and how many Jobs went through it.
type worker struct {
	Stage
	paced Paced // the Stage, where it is one that can be short of room; else nil
	index int
	spare bool
	took  time.Duration // by Process, for the last Job; negative: it had failed before
	count atomic.Uint64
}

// process does the node's step on j, unless j has failed before. It returns only
// what stops the graph.
func (n *node) process(ctx context.Context, w *worker, j *Job) error {
	w.took = -1
	if j.Err != nil {
		return nil //nolint:nilerr // the failure is the frame's, and travels on in its Job
	}
	start := time.Now()
	err := n.guard(ctx, w.Stage, j)
	took := time.Since(start)
	j.Times[n.index] = took
	w.took = took
	w.count.Add(1)
	if r := n.recorded.Load(); r != nil {
		r.add(Span{n.index, w.index, j.Camera, j.Seq, start, start.Add(took)})
	}
	if err != nil {
		return fmt.Errorf("%s: %w", n.Name, err)
	}
	if j.Err != nil && j.Failed == "" {
		j.Failed = n.Name
	}
	if j.Err != nil || n.Release {
		j.ReleaseFrame()
	}
	return nil
}

// spent counts what a worker spent on its last Job, with a wait for room.
func (n *node) spent(w *worker, room time.Duration) {
	if w.took >= 0 {
		n.busy.Add(w.took + room)
	}
}

// guard turns a panic into the frame's failure.
func (n *node) guard(ctx context.Context, s Stage, j *Job) (err error) {
	defer func() {
		if v := recover(); v != nil {
			j.Err, err = &PanicError{Value: v}, nil
			n.panics.report(func(more int) {
				n.log.Error("stage panicked", "stage", n.Name, "camera", j.Camera, "seq", j.Seq,
					"panic", v, "more", more, "stack", string(debug.Stack()))
			})
		}
	}()
	return s.Process(ctx, j)
}

// work is one worker: it takes Jobs from in until that is closed.
//
// Where the next node's worker was waiting for the Job (out is empty again) and
// this one has its next Job already, it steps behind. Go wakes a receiver as the
// next goroutine of the sender's processor, which this worker would keep, and
// another processor takes it from there only after a sleep of about 60 µs
// (runqgrab in runtime/proc.go). A worker without a next Job parks in any case, and
// must: one that is runnable cannot be handed a Job. One that waits for room on its
// device keeps its processor for a while too.
func (r *run) work(ctx context.Context, n *node, w *worker, in, out edge) error {
	take := in.take
	if w.spare {
		s := newSpare(in)
		defer s.timer.Stop()
		take = s.take
	}
	idle := time.Now()
	for {
		j, err := take(ctx)
		if j == nil {
			return err
		}
		n.starved.Add(time.Since(idle))
		if ctx.Err() != nil {
			r.graph.abandon(ctx, j)
			return context.Cause(ctx)
		}
		if err := n.process(ctx, w, j); err != nil {
			r.graph.abandon(ctx, j)
			return err
		}
		if w.paced == nil {
			n.spent(w, 0)
		}
		full := time.Now()
		if err := out.put(ctx, j); err != nil {
			r.graph.abandon(ctx, j)
			return err
		}
		idle = time.Now()
		n.blocked.Add(idle.Sub(full))
		if len(out.jobs) == 0 && (len(in.jobs) > 0 || w.paced != nil) {
			runtime.Gosched()
		}
		if w.paced != nil {
			w.paced.Room(ctx)
			room := time.Since(idle)
			n.spent(w, room)
			idle = idle.Add(room)
		}
	}
}
