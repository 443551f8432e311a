package stages

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"braid/internal/frame"
)

// ErrRunning is returned where a Graph runs that must not.
var ErrRunning = errors.New("still running")

// Emit takes a finished Job, failed ones too, in the order of its camera. It
// counts the frame as published or failed. The Job is the Graph's again when
// Emit returns. An error stops the graph; the frame is then counted as
// cancelled, so Emit must not have counted it.
type Emit func(ctx context.Context, j *Job) error

// Graph runs a chain of Nodes over a fixed set of Jobs. It owns the Stages; the
// Jobs' Bindings stay the caller's, to be closed after the Graph.
type Graph struct {
	nodes   []*node
	jobs    []*Job
	free    chan *Job // capacity is the number of Jobs: giving back never blocks
	log     *slog.Logger
	running atomic.Bool

	recorded atomic.Pointer[recording] // nil: nothing is

	mu    sync.Mutex
	edges []edge // of the present Run, for Stats
}

// New makes every Stage of nodes. Jobs bound the frames that are inside at once.
// On an error the Stages made so far are closed. A nil log is silent.
func New(nodes []Node, jobs []*Job, log *slog.Logger) (*Graph, error) {
	if err := validate(nodes, jobs); err != nil {
		return nil, fmt.Errorf("building the graph: %w", err)
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	g := &Graph{jobs: jobs, free: make(chan *Job, len(jobs)), log: log}
	for i, n := range nodes {
		made := &node{Node: n, index: i, log: log, recorded: &g.recorded}
		g.nodes = append(g.nodes, made)
		for w := range n.Workers {
			s, err := n.New(w)
			if err != nil {
				err = fmt.Errorf("building node %s, worker %d: %w", n.Name, w, err)
				return nil, errors.Join(err, g.Close())
			}
			paced, is := s.(Paced)
			if is && !paced.Limited() {
				paced = nil
			}
			made.workers = append(made.workers, &worker{Stage: s, paced: paced, index: w, spare: n.isSpare(w)})
		}
	}
	for _, j := range jobs {
		j.Times = make([]time.Duration, len(nodes))
		g.free <- j
	}
	return g, nil
}

func validate(nodes []Node, jobs []*Job) error {
	if len(nodes) == 0 || len(jobs) == 0 {
		return fmt.Errorf("%d nodes and %d jobs: both must be positive", len(nodes), len(jobs))
	}
	seen := map[string]bool{}
	room := 0
	for _, n := range nodes {
		switch {
		case n.Name == "" || seen[n.Name]:
			return fmt.Errorf("node name %q is empty or used twice", n.Name)
		case n.Workers < 1 || n.Queue < 0 || n.New == nil:
			return fmt.Errorf("node %s has %d workers and queue %d, or no New", n.Name, n.Workers, n.Queue)
		case n.spares() == n.Workers:
			return fmt.Errorf("all workers of node %s are spare", n.Name)
		case n.spares() > 0 && room == 0:
			return fmt.Errorf("node %s has spare workers, and no Job can wait in front of it", n.Name)
		}
		room = n.Queue
		seen[n.Name] = true
	}
	return nil
}

// Idle is the number of Jobs that hold no frame; all of them when nothing runs.
func (g *Graph) Idle() int { return len(g.free) }

// Close closes the Stages, the last node's first. While the Graph runs it only
// returns ErrRunning.
func (g *Graph) Close() error {
	if g.running.Load() {
		return fmt.Errorf("closing the graph: %w", ErrRunning)
	}
	var errs []error
	for _, n := range slices.Backward(g.nodes) {
		for w, s := range slices.Backward(n.workers) {
			if err := s.Close(); err != nil {
				errs = append(errs, fmt.Errorf("closing node %s, worker %d: %w", n.Name, w, err))
			}
		}
		n.workers = nil
	}
	return errors.Join(errs...)
}

// admit gives the frame f to a free Job.
func (j *Job) admit(f *frame.Frame) {
	j.Meta, j.Frame, j.Admitted = f.Meta, f, time.Now()
	j.Objects, j.Ready, j.Err, j.Failed = j.Objects[:0], nil, nil, ""
	clear(j.Times)
}

// abandon counts j's frame as cancelled and takes the Job back.
func (g *Graph) abandon(ctx context.Context, j *Job) {
	j.Ledger.CountDropped(frame.Cancelled)
	j.settle(ctx)
	g.recycle(j)
}

// recycle takes a Job back that holds no work any more.
func (g *Graph) recycle(j *Job) {
	j.ReleaseFrame()
	j.Ready, j.lane, j.next = nil, nil, nil
	g.free <- j
}

// settle waits for what a device still does with j's Bindings: they are used
// again, or freed, after a Job that did not come to its end. It waits past ctx's
// end, since nothing may be freed under a running device.
func (j *Job) settle(ctx context.Context) {
	if j.Ready != nil {
		_ = j.Ready.Wait(context.WithoutCancel(ctx)) // the Job has failed or is cancelled already
	}
}
