package trt

import (
	"fmt"
	"sync/atomic"
)

// queue is a device that works first in, first out: a DLA core, or a GPU that stands
// in for one.
type queue struct {
	loadables atomic.Int32
}

// mostLoadables is how many loadables a DLA core holds at once (TensorRT developer
// guide, 8.4 and later, "Working with DLA").
const mostLoadables = 16

// isFIFO is whether a device is a queue.
func (b *Backend) isFIFO(at place) bool {
	_, is := b.standIn(at)
	return is || at.isDLA()
}

// enter counts an engine in on its device's queue, of which it gives nil where there is none: with one loadable, until
// more tells.
func (b *Backend) enter(at place) (*queue, error) {
	if !b.isFIFO(at) {
		return nil, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	q := b.queues[at]
	if q == nil {
		q = &queue{}
		b.queues[at] = q
	}
	if n := q.loadables.Load(); at.isDLA() && n >= mostLoadables {
		return nil, fmt.Errorf("DLA core %d has %d loadables, and holds no more than %d: give it fewer segments or streams", at.dla, n, mostLoadables)
	}
	q.loadables.Add(1)
	return q, nil
}

// more counts the loadables in that an engine has beyond one, where layers between them are on the GPU.
func (q *queue) more(n int) {
	if q != nil && n > 0 {
		q.loadables.Add(int32(n)) //nolint:gosec // some
	}
}

// leave counts an engine out again, of so many loadables.
func (q *queue) leave(n int) {
	if q != nil {
		q.loadables.Add(-int32(max(1, n))) //nolint:gosec // some
	}
}
