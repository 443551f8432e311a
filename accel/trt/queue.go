package trt

import (
	"fmt"
	"sync/atomic"
)

// queue is a device that works first in, first out: a DLA core, or a GPU that stands
// in for one. What was enqueued there before its input is ready keeps all back that is
// behind it. With one engine that is no loss, since its frames come in order. With
// several it is: a frame's second segment would be in front of the next frame's first,
// which nothing keeps from running but that. So then a Call is enqueued when its input is there.
type queue struct {
	engines atomic.Int32
}

// shared is whether several engines are on the device. There is none where any order
// will do.
func (q *queue) shared() bool { return q != nil && q.engines.Load() > 1 }

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
