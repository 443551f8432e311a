package stages

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// run is one Run of a Graph.
type run struct {
	graph *Graph
	in    Intake
	emit  Emit
	lanes map[string]*lane // by camera; admission's goroutine only
	edges []edge           // edges[i] leads to node i, the last to emit
	left  []atomic.Int32   // workers of each node that still send
}

// Run takes frames from in until that says io.EOF, lets the graph run empty and
// returns nil. When ctx ends, a Stage returns an error, or emit or in fails, it
// abandons what is queued, waits for the calls that run, and returns the cause.
// Then every Job is idle and every Frame released, whatever happened.
func (g *Graph) Run(ctx context.Context, in Intake, emit Emit) error {
	r := g.newRun(in, emit)
	if err := g.begin(r.edges); err != nil {
		return err
	}
	defer g.end()
	defer g.watch()()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return r.admit(ctx) })
	for i, n := range g.nodes {
		for _, w := range n.workers {
			group.Go(func() error {
				defer r.leave(i)
				return r.work(ctx, n, w, r.edges[i], r.edges[i+1])
			})
		}
	}
	group.Go(func() error { return r.finish(ctx) })
	if group.Wait() != nil {
		r.abandonQueued(ctx)
		return context.Cause(ctx) // of the parent where that ended first
	}
	return nil
}

func (g *Graph) newRun(in Intake, emit Emit) *run {
	r := &run{
		graph: g, in: in, emit: emit,
		lanes: map[string]*lane{},
		left:  make([]atomic.Int32, len(g.nodes)),
	}
	room := 0 // a frame is only taken in when prep can have it
	for i, n := range g.nodes {
		r.edges = append(r.edges, newEdge(room, n.spares()))
		r.left[i].Store(int32(n.Workers))
		room = n.Queue
	}
	r.edges = append(r.edges, newEdge(room, 0))
	return r
}

func (g *Graph) begin(edges []edge) error {
	if !g.running.CompareAndSwap(false, true) {
		return fmt.Errorf("running the graph: %w", ErrRunning)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.edges = edges
	return nil
}

func (g *Graph) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.edges = nil
	g.running.Store(false)
}

// admit pulls frames in: first a free Job, then a frame for it.
func (r *run) admit(ctx context.Context) error {
	defer r.edges[0].close()
	for {
		var j *Job
		select {
		case j = <-r.graph.free:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if ok, err := r.next(ctx, j); !ok {
			return err
		}
		r.laneOf(j).enter(j)
		if err := r.edges[0].put(ctx, j); err != nil {
			r.graph.abandon(ctx, j)
			return err
		}
	}
}

// next gives j a frame, or takes it back: at the end of all frames, or on error.
func (r *run) next(ctx context.Context, j *Job) (bool, error) {
	f, err := r.in.Next(ctx)
	if err == nil {
		j.admit(f)
		return true, nil
	}
	r.graph.recycle(j)
	switch {
	case errors.Is(err, io.EOF):
		return false, nil
	case ctx.Err() != nil:
		return false, context.Cause(ctx)
	}
	return false, fmt.Errorf("admitting a frame: %w", err)
}

func (r *run) laneOf(j *Job) *lane {
	l := r.lanes[j.Camera]
	if l == nil {
		l = &lane{}
		r.lanes[j.Camera] = l
	}
	return l
}

// leave closes the edge behind a node when its last worker has gone.
func (r *run) leave(node int) {
	if r.left[node].Add(-1) == 0 {
		r.edges[node+1].close()
	}
}

// finish emits each camera's Jobs in order.
func (r *run) finish(ctx context.Context) error {
	last := r.edges[len(r.edges)-1]
	for {
		j, err := last.take(ctx)
		if j == nil {
			return err
		}
		l := j.lane
		l.push(j)
		for j = l.pop(); j != nil; j = l.pop() {
			if err := r.send(ctx, j); err != nil {
				return err
			}
		}
	}
}

// send emits one Job and takes it back.
func (r *run) send(ctx context.Context, j *Job) error {
	if ctx.Err() != nil {
		r.graph.abandon(ctx, j)
		return context.Cause(ctx)
	}
	if err := r.emit(ctx, j); err != nil {
		r.graph.abandon(ctx, j)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("emitting a frame: %w", err)
	}
	if j.Err != nil {
		j.settle(ctx)
	}
	r.graph.recycle(j)
	return nil
}

// abandonQueued takes back what no goroutine holds any more. All have ended and
// closed what they sent to.
func (r *run) abandonQueued(ctx context.Context) {
	for _, edge := range r.edges {
		for j := range edge.jobs {
			r.graph.abandon(ctx, j)
		}
	}
	for _, l := range r.lanes {
		for j := l.drop(); j != nil; j = l.drop() {
			r.graph.abandon(ctx, j)
		}
	}
}
