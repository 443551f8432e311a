package stages

import (
	"context"
	"time"
)

// edge leads Jobs to a node, or to emit.
type edge struct {
	jobs chan *Job
	wake chan struct{} // a Job waits, for the node's spare workers; nil: it has none
}

func newEdge(room, spares int) edge {
	e := edge{jobs: make(chan *Job, room)}
	if spares > 0 {
		e.wake = make(chan struct{}, spares)
	}
	return e
}

// put sends j; where ctx ends first it is still the caller's. A Job that no worker was
// waiting for wakes a spare one, and is whose that comes first.
func (e edge) put(ctx context.Context, j *Job) error {
	select {
	case e.jobs <- j:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if e.wake != nil && len(e.jobs) > 0 {
		select {
		case e.wake <- struct{}{}:
		default: // as many as there are spare workers: each looks again before it waits
		}
	}
	return nil
}

// take is the next Job, nil at the end of all.
func (e edge) take(ctx context.Context) (*Job, error) {
	select {
	case j := <-e.jobs:
		return j, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Patience is how long a Job waits before a spare worker that had none takes it: longer than
// another worker takes to enqueue the Job before it and come back.
const Patience = 100 * time.Microsecond

// spare takes Jobs for a spare worker: those that wait. It does not wait for one itself, since
// a channel hands a Job to whoever has waited longest.
type spare struct {
	edge
	timer  *time.Timer
	worked bool // it had a Job until now, so that those that wait have waited
}

func newSpare(e edge) *spare {
	s := &spare{edge: e, timer: time.NewTimer(Patience)}
	s.timer.Stop()
	return s
}

// take is edge.take for the spare worker.
func (s *spare) take(ctx context.Context) (*Job, error) {
	for ; ; s.worked = true {
		if s.worked {
			select {
			case j := <-s.jobs:
				return j, nil
			default:
			}
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		s.timer.Reset(Patience)
		select {
		case <-s.timer.C:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// close ends the edge: no Job comes any more.
func (e edge) close() {
	close(e.jobs)
	if e.wake != nil {
		close(e.wake)
	}
}
