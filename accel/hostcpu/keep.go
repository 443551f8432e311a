package hostcpu

import (
	"context"
	"errors"

	"braid/accel"
)

// Keep is an Exec whose Calls run on one core: the thread that starts one is kept there
// meanwhile. It is for an Exec of the CPU with one thread, whose Start has run the
// Segment when it returns; threads of a runtime's own are placed by LoadOptions.Cores.
// Closing it closes x. A core that this process may not use is an error, and x stays the
// caller's; one that is taken from it later is done without.
func Keep(x accel.Exec, core int) (accel.Exec, error) {
	pin, err := NewPin([]int{core})
	if err != nil {
		return nil, err
	}
	return &kept{x, pin}, nil
}

type kept struct {
	accel.Exec
	pin *Pin
}

// Bind is the Exec's; what it runs to warm up may run anywhere.
func (k *kept) Bind(b *accel.Bindings) (accel.Call, error) {
	c, err := k.Exec.Bind(b)
	if err != nil {
		return nil, err
	}
	return &keptCall{c, k.pin}, nil
}

type keptCall struct {
	accel.Call
	pin *Pin
}

// Start waits for after, which may take long, on whichever core is free.
func (c *keptCall) Start(ctx context.Context, after accel.Event) (accel.Event, error) {
	if after != nil {
		if err := after.Wait(ctx); err != nil {
			return nil, err
		}
	}
	if c.pin.On() != nil {
		return c.Call.Start(ctx, nil) // nobody asked for that core by name: no frame is lost over it
	}
	e, err := c.Call.Start(ctx, nil)
	if failed := c.pin.Off(); failed != nil {
		return nil, errors.Join(err, failed)
	}
	return e, err
}
