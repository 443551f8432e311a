package trt

import (
	"context"
	"fmt"

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
	closed  bool
}

// demand is a copy that is made where the Route says that the tensor lies there.
type demand struct {
	route *accel.Route
	from  accel.DeviceID
}

// Start enqueues the copies and the Segment behind the event of another Call of
// this Backend, without waiting on the host; for any other event it waits.
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
	if err := c.native.Start(before, wanted); err != nil {
		return nil, c.failed(err)
	}
	for _, r := range c.written {
		r.At = c.home.home.memory
	}
	return c, nil
}

// behind is the Call whose end the device waits for, nil where it need not.
func (c *call) behind(ctx context.Context, after accel.Event) (*cuda.Call, error) {
	if after == nil || after == accel.Done {
		return nil, nil
	}
	if before, ok := after.(*call); ok && before.home.home.home == c.home.home.home {
		return before.native, nil
	}
	c.home.home.home.waits.Add(1)
	return nil, after.Wait(ctx)
}

// Wait waits for what Start enqueued. Work on a device cannot be interrupted, so
// that ctx is not looked at: what it would use must not be freed before.
func (c *call) Wait(context.Context) error {
	if err := c.native.Wait(); err != nil {
		return c.failed(err)
	}
	return nil
}

func (c *call) failed(err error) error {
	return fmt.Errorf("running on %s: %w", c.home.home.device, lost(err))
}

// Close releases what the Call holds. Closing twice does nothing.
func (c *call) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	c.home.calls--
	return c.native.Close()
}
