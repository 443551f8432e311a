package sim

import (
	"context"
	"fmt"
	"sync"
	"time"

	"braid/accel"
)

// call is a stream bound to tensors. It is also the Event of its last Start: a
// Bindings is at one place at a time, so that there is never a second.
type call struct {
	home           *exec
	inner          accel.Call
	in, out        [][]byte // of the Segment, in the device's memory
	fetch, deliver []transfer
	written        []*accel.Route
	copies         time.Duration // of this frame, in which its stream waits and its device does not
	closed         bool

	// Under the machine's lock.
	ended    sync.Cond
	next     *call // in the stream
	before   *call // that it waits for; nil: none
	pending  bool
	begun    bool // the device has it
	taken    bool // the stream's goroutine computes for it, or has
	served   bool // the device is done with it
	computed bool // its results are there
	owed     bool // they were not when the device was done
	err      error
}

// transfer is a copy that is made where the Route says that the tensor lies there.
type transfer struct {
	route    *accel.Route
	at       accel.DeviceID
	to, from []byte
}

// Start enqueues the Segment behind the event of another Call of this Backend,
// without waiting on the host; for any other event it waits, and for every one where
// the device is a queue that several Segments share, as accel/trt does.
func (c *call) Start(ctx context.Context, after accel.Event) (accel.Event, error) {
	if c.closed {
		return nil, fmt.Errorf("running on %s: call %w", c.home.home.device, errClosed)
	}
	before, err := c.behind(ctx, after)
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	c.copies = c.copying()
	for _, r := range c.written {
		r.At = c.home.home.device.Memory()
	}
	x := c.home
	m := x.home.home.machine
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.catchUp()
	switch {
	case m.lost[x.device()]: // also where it would have to wait
		m.arm(now)
		return nil, lostError(x.home.device)
	case before != nil && !before.pending && before.err != nil:
		m.arm(now)
		return nil, before.err
	}
	c.before, c.pending, c.err = before, true, nil
	c.begun, c.taken, c.served, c.computed, c.owed = false, false, false, false, false
	if x.last == nil {
		x.first = c
	} else {
		x.last.next = c
	}
	x.last = c
	m.ready(x, now)
	m.arm(now)
	return c, nil
}

// copying is how long the copies of this frame take.
func (c *call) copying() (took time.Duration) {
	pace := c.home.home.home.options.Pace
	for _, t := range c.fetch {
		if t.route.At == t.at {
			took += pace.Copy(int64(len(t.from)))
		}
	}
	for _, t := range c.deliver {
		took += pace.Copy(int64(len(t.from)))
	}
	return took
}

// behind is the Call whose end the stream waits for, nil where it need not.
func (c *call) behind(ctx context.Context, after accel.Event) (*call, error) {
	if after == nil || after == accel.Done {
		return nil, nil
	}
	if before, ok := after.(*call); ok && before.home.home.home == c.home.home.home && !c.home.waits() {
		return before, nil
	}
	return nil, after.Wait(ctx)
}

// Wait waits for what Start enqueued. Work that a device has is not interrupted,
// so that ctx is not looked at: what it uses must not be freed before.
func (c *call) Wait(context.Context) error {
	c.ended.L.Lock()
	defer c.ended.L.Unlock()
	for c.pending {
		c.ended.Wait()
	}
	return c.err
}

// compute makes the outputs, in the stream's goroutine.
func (c *call) compute(ctx context.Context) error {
	for _, t := range c.fetch {
		if t.route.At == t.at {
			copy(t.to, t.from)
		}
	}
	err := c.home.home.home.results.fill(c.home.home.id, c.in, c.out, func() error {
		ready, err := c.inner.Start(ctx, nil)
		if err != nil {
			return err
		}
		return ready.Wait(ctx)
	})
	if err != nil {
		return fmt.Errorf("computing for %s, a simulated device: %w", c.home.home.device, err)
	}
	for _, t := range c.deliver {
		copy(t.to, t.from)
	}
	return nil
}

// Close releases what the Call holds. Closing twice does nothing.
func (c *call) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	m := c.home.home.home.machine
	m.mu.Lock()
	c.home.calls--
	m.mu.Unlock()
	if c.inner == nil {
		return nil
	}
	return c.inner.Close()
}
