package openvino

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"braid/accel"
)

var _ accel.OwnEvent = (*call)(nil)

// call is a request on fixed memory. Of a device other than the CPU it is also the
// Event of its last Start: a Bindings is at one place at a time, so that there is never
// a second.
type call struct {
	home     *exec
	bindings *accel.Bindings
	request  *request
	timed    *request // on the engine's timing network; nil until layers are timed
	written  []*accel.Route
	closed   bool

	waiting sync.Mutex // over the request's wait, which is asked once for each Start
	ended   bool
	went    error // what it told
}

// Start waits for after. On the CPU it then runs the Segment, on this goroutine's
// thread and, where the Segment has more, on TBB's. A run that has begun is not
// interrupted. On another device it enqueues the run.
//
// Of a network of one Relu a run takes 5 us so. Handed over to OpenVINO's own thread it
// takes 36 us with a wait on this one, and 54 us with a callback into Go: other devices
// are waited for, and no callback is used.
func (c *call) Start(ctx context.Context, after accel.Event) (accel.Event, error) {
	if c.closed {
		return nil, fmt.Errorf("running on %s: call %w", c.home.home.at.id, errClosed)
	}
	if after != nil {
		if err := after.Wait(ctx); err != nil {
			return nil, err
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	for _, r := range c.written {
		r.At = host
	}
	if !c.home.home.at.enqueues() {
		if err := c.run(c.request); err != nil {
			return nil, c.failed(err)
		}
		return accel.Done, nil
	}
	if err := c.request.start(); err != nil {
		return nil, c.failed(err)
	}
	c.ended = false
	return c, nil
}

// run runs a request on this thread, on the engine's cores where it has some.
func (c *call) run(r *request) error {
	p := c.home.home.pin
	if err := p.On(); err != nil {
		return err
	}
	return errors.Join(r.infer(), p.Off())
}

// Wait waits for what Start enqueued. Work on a device cannot be interrupted, so that
// ctx is not looked at: what it would use must not be freed before.
func (c *call) Wait(ctx context.Context) error { return c.WaitOwn(ctx) }

// WaitOwn is accel.OwnEvent's. What came before has ended, since Start has waited for
// it: the two are the same here.
func (c *call) WaitOwn(context.Context) error {
	c.waiting.Lock()
	defer c.waiting.Unlock()
	if !c.ended {
		c.went, c.ended = c.request.wait(), true
	}
	if c.went != nil {
		return c.failed(c.went)
	}
	return nil
}

func (c *call) failed(err error) error {
	return fmt.Errorf("running on %s: %w", c.home.home.at.id, err)
}

// Close releases what the Call holds of the library. Closing twice does nothing.
func (c *call) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	c.home.calls--
	c.request.close()
	if c.timed != nil {
		c.timed.close()
	}
	return nil
}
