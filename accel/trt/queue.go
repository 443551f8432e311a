package trt

import (
	"fmt"
	"sync/atomic"
)

// queue is a device that works first in, first out: a DLA core, or a GPU that stands
// in for one.
type queue struct {
	engines atomic.Int32
}

// mostLoadables is how many loadables a DLA core holds at once (TensorRT developer
// guide, 8.4 and later, "Working with DLA").
const mostLoadables = 16

// isFIFO is whether a device is a queue.
func (b *Backend) isFIFO(at place) bool {
	_, is := b.standIn(at)
	return is || at.isDLA()
}

// enter counts an engine in on its device's queue, of which it gives nil where there is none.
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
	if at.isDLA() && q.engines.Load() == mostLoadables {
		return nil, fmt.Errorf("DLA core %d has %d loadables, the most that it holds: give it fewer segments or streams", at.dla, mostLoadables)
	}
	q.engines.Add(1)
	return q, nil
}

// leave counts it out again.
func (q *queue) leave() {
	if q != nil {
		q.engines.Add(-1)
	}
}
