package trt

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"braid/accel"
	"braid/cuda"
)

// call is an exec bound to tensors. It is also the Event of its last Start: a
// Bindings is at one place at a time, so that there is never a second.
type call struct {
	home    *exec
	native  *cuda.Call
	demand  []demand
	written []*accel.Route
	abroad  *call // the nearest one before the last Start that is another GPU's, or nil
	late    bool  // it was said that times of layers are longer than they are
	closed  bool

	waiting sync.Mutex // over native's Wait, which is asked once for each Start
	ended   bool
	went    error // what it told
}

// demand is a copy that is made where the Route says that the tensor lies there.
type demand struct {
	route *accel.Route
	from  accel.DeviceID
}

// Start enqueues the copies and the Segment behind the event of another Call of
// this Backend, without waiting on the host; for any other event it waits, and for
// every one where the device is a queue that several Segments share.
func (c *call) Start(ctx context.Context, after accel.Event) (accel.Event, error) {
	before, err := c.behind(ctx, after)
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	var wanted uint64
	for i := range c.demand {
		if c.demand[i].route.At == c.demand[i].from {
			wanted |= 1 << i
		}
	}
	var native *cuda.Call
	if before != nil {
		native = before.native
	}
	if err := c.native.Start(native, wanted); err != nil {
		return nil, c.failed(err)
	}
	c.abroad, c.ended = c.across(before), false
	for _, r := range c.written {
		r.At = c.home.home.memory
	}
	return c, nil
}

// behind is the Call whose end the device waits for, nil where it need not.
func (c *call) behind(ctx context.Context, after accel.Event) (*call, error) {
	if after == nil || after == accel.Done {
		return nil, nil
	}
	if before, ok := after.(*call); ok && before.home.home.home == c.home.home.home && !c.home.home.waits() {
		return before, nil
	}
	c.home.home.home.waits.Add(1)
	return nil, after.Wait(ctx)
}

// across is the last Call of another GPU in the chain that ends with before.
func (c *call) across(before *call) *call {
	if before == nil || before.home.home.at.gpu != c.home.home.at.gpu {
		return before
	}
	return before.abroad
}

// Wait waits for what Start enqueued. Work on a device cannot be interrupted, so
// that ctx is not looked at: what it would use must not be freed before.
//
// It also asks each other GPU that the frame has been on. That one has ended then,
// and answers at once; but where it was lost this GPU does not know, and where this
// one was lost that one may still be running.
func (c *call) Wait(ctx context.Context) error {
	err := c.WaitOwn(ctx)
	if c.abroad == nil {
		return err
	}
	if before := c.abroad.Wait(ctx); before != nil && !errors.Is(err, accel.ErrDeviceLost) {
		return before
	}
	return err
}

// WaitOwn is accel.OwnEvent's.
func (c *call) WaitOwn(context.Context) error {
	c.waiting.Lock()
	defer c.waiting.Unlock()
	if !c.ended {
		c.went, c.ended = c.native.Wait(), true
	}
	if c.went != nil {
		return c.failed(c.went)
	}
	return nil
}

func (c *call) failed(err error) error {
	return fmt.Errorf("running on %s: %w", c.home.home.device, explain(err))
}

// Close releases what the Call holds. Closing twice does nothing.
func (c *call) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	c.home.calls--
	return closing(c.native.Close())
}
