package trt

import (
	"errors"
	"fmt"
	"slices"

	"braid/accel"
	"braid/cuda"
)

// exec is an execution context with a stream of its own. One goroutine uses it and
// its Calls.
type exec struct {
	home   *engine
	native *cuda.Exec
	calls  int
	closed bool
}

// Bind ties the Segment to the copies of b in the device's memory, with the copies
// that b's Routes ask for: inputs that are written elsewhere come in before the
// Segment runs, outputs that the host reads go there behind it. It runs once; on a
// GPU all that is then captured as one graph.
func (x *exec) Bind(b *accel.Bindings) (c accel.Call, err error) {
	if x.closed {
		return nil, fmt.Errorf("binding tensors: exec %w", errClosed)
	}
	err = x.home.home.roomy(func() (err error) {
		c, err = x.bind(b)
		return err
	})
	return c, err
}

func (x *exec) bind(b *accel.Bindings) (accel.Call, error) {
	native, err := x.native.NewCall(x.home.options.Spin)
	if err != nil {
		return nil, fmt.Errorf("binding tensors on %s: %w", x.home.device, explain(err))
	}
	c := &call{home: x, native: native}
	x.calls++
	if err := c.bind(b); err != nil {
		return nil, errors.Join(fmt.Errorf("binding tensors on %s: %w", x.home.device, explain(err)), c.Close())
	}
	return c, nil
}

func (c *call) bind(b *accel.Bindings) error {
	e := c.home.home
	for _, d := range e.header.Inputs {
		if err := c.bindInput(b, d); err != nil {
			return fmt.Errorf("input %q: %w", d.Name, err)
		}
	}
	for _, d := range e.header.Outputs {
		if err := c.bindOutput(b, d); err != nil {
			return fmt.Errorf("output %q: %w", d.Name, err)
		}
	}
	graph := e.device.Kind() == "gpu" && !e.options.Eager
	err := c.native.Ready(graph)
	if graph && errors.Is(err, cuda.ErrUnsupported) {
		e.home.options.Log.Warn("a segment cannot be captured as a graph: it is launched kernel by kernel", "segment", e.header.Segment, "device", e.device, "error", err)
		err = c.native.Ready(false)
	}
	return err
}

// bindInput ties an input, and has it copied in from each memory where it may be
// written. With one such memory the copy is part of every run; with several the
// Route tells at Start.
func (c *call) bindInput(b *accel.Bindings, d accel.TensorDesc) error {
	own, route, err := c.own(b, d)
	if err != nil {
		return err
	}
	for _, w := range route.Writers {
		if w == c.home.home.memory {
			continue
		}
		from, err := c.copyOf(b, d, w)
		if err != nil {
			return err
		}
		if err := c.reach(w); err != nil {
			return err
		}
		if len(route.Writers) == 1 {
			err = c.native.CopyBefore(own, from, d.Bytes())
		} else {
			c.demand = append(c.demand, demand{route, w})
			err = c.native.CopyOnDemand(own, from, d.Bytes())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bindOutput ties an output, and has it copied to the host where that reads it.
func (c *call) bindOutput(b *accel.Bindings, d accel.TensorDesc) error {
	own, route, err := c.own(b, d)
	if err != nil {
		return err
	}
	c.written = append(c.written, route)
	if !slices.Contains(route.Readers, host) {
		return nil
	}
	to, err := c.copyOf(b, d, host)
	if err != nil {
		return err
	}
	return c.native.CopyAfter(to, own, d.Bytes())
}

// own ties a tensor to its copy in the device's memory.
func (c *call) own(b *accel.Bindings, d accel.TensorDesc) (cuda.Place, *accel.Route, error) {
	at, err := c.copyOf(b, d, c.home.home.memory)
	if err != nil {
		return at, nil, err
	}
	return at, b.Route(d.Name), c.native.Tensor(d.Name, at.Address)
}

// copyOf finds the copy of a tensor in some memory.
func (c *call) copyOf(b *accel.Bindings, want accel.TensorDesc, in accel.DeviceID) (cuda.Place, error) {
	t, ok := b.Tensor(want.Name, in)
	switch {
	case !ok:
		return cuda.Place{}, fmt.Errorf("the bindings have no such tensor on %s", in)
	case !t.Equal(want):
		return cuda.Place{}, fmt.Errorf("the bindings have %v %v %s, the segment wants %v %v %s", t.Type, t.Shape, t.Layout, want.Type, want.Shape, want.Layout)
	}
	return c.home.home.home.placeOf(t)
}

// reach lets the device read another GPU's memory.
func (c *call) reach(from accel.DeviceID) error {
	if from == host {
		return nil
	}
	e := c.home.home
	other, err := e.home.gpuOf(from)
	if err != nil {
		return err
	}
	own, err := e.home.gpuOf(e.memory)
	if err != nil {
		return err
	}
	direct, err := e.home.lib.Peer(own, other)
	if err == nil && !direct {
		e.home.options.Log.Debug("copies between these devices go through the host", "from", from, "to", e.memory)
	}
	return err
}

// Close refuses while a Call is open. Closing twice does nothing.
func (x *exec) Close() error {
	if x.closed {
		return nil
	}
	if x.calls > 0 {
		return fmt.Errorf("closing an exec of %s: %d calls are still open", x.home.header.Segment, x.calls)
	}
	x.closed = true
	x.home.mu.Lock()
	x.home.execs--
	x.home.mu.Unlock()
	return closing(x.native.Close())
}
