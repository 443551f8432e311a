package ort

import (
	"context"
	"errors"
	"fmt"
	"slices"

	onnx "github.com/yalue/onnxruntime_go"

	"braid/accel"
)

// exec is an execution context on a session, which it may share. One goroutine
// uses it and its Calls.
type exec struct {
	home    *engine
	session *onnx.DynamicAdvancedSession
	warm    bool
	calls   int
	closed  bool
}

// Bind ties b's "cpu" copies to the Segment's tensors. The first Bind of an Exec
// runs the Segment once: allocations and pages are then found, and the others
// would find nothing more, since a Memory's pages are there from the start.
func (x *exec) Bind(b *accel.Bindings) (accel.Call, error) {
	if x.closed {
		return nil, fmt.Errorf("binding tensors: exec %w", errClosed)
	}
	io, err := x.session.CreateIoBinding()
	if err != nil {
		return nil, fmt.Errorf("binding tensors: %w", oneLine(err))
	}
	c := &call{home: x, session: x.session, io: io}
	x.calls++
	err = c.bind(b)
	if err == nil && !x.warm {
		_, err = c.Start(context.Background(), nil)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("binding tensors: %w", err), c.Close())
	}
	x.warm = true
	return c, nil
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
	return x.home.leave(x)
}

// call is a session's run on fixed memory.
type call struct {
	home    *exec
	session *onnx.DynamicAdvancedSession
	io      *onnx.IoBinding
	values  []onnx.Value // what io refers to
	written []*accel.Route
	closed  bool
}

// Start waits for after, then runs the Segment on this goroutine's thread and,
// where it has some, the session's. A run that has begun is not interrupted.
func (c *call) Start(ctx context.Context, after accel.Event) (accel.Event, error) {
	if c.closed {
		return nil, fmt.Errorf("running on cpu: call %w", errClosed)
	}
	if after != nil {
		if err := after.Wait(ctx); err != nil {
			return nil, err
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err := c.run(); err != nil {
		return nil, fmt.Errorf("running on cpu: %w", oneLine(err))
	}
	for _, r := range c.written {
		r.At = cpu
	}
	return accel.Done, nil
}

// run runs the session, on the engine's cores where it has some.
func (c *call) run() error {
	p := c.home.home.pin
	if err := p.On(); err != nil {
		return err
	}
	return errors.Join(c.session.RunWithBinding(c.io), p.Off())
}

// Close releases what the Call holds of the library. Closing twice does nothing.
func (c *call) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	c.home.calls--
	errs := []error{c.io.Destroy()}
	for _, v := range c.values {
		errs = append(errs, v.Destroy())
	}
	c.values = nil
	return errors.Join(errs...)
}

// bind ties each tensor of the Segment, by name, to its memory in b.
func (c *call) bind(b *accel.Bindings) error {
	h := c.home.home.header
	for _, d := range h.Inputs {
		if err := c.bindOne(b, d, c.io.BindInput); err != nil {
			return fmt.Errorf("input %q: %w", d.Name, err)
		}
	}
	for _, d := range h.Outputs {
		if err := c.bindOne(b, d, c.io.BindOutput); err != nil {
			return fmt.Errorf("output %q: %w", d.Name, err)
		}
		c.written = append(c.written, b.Route(d.Name))
	}
	return nil
}

// bindOne makes ONNX Runtime's value of a tensor's memory and binds it.
func (c *call) bindOne(b *accel.Bindings, want accel.TensorDesc, bind func(string, onnx.Value) error) error {
	t, ok := b.Tensor(want.Name, cpu)
	switch {
	case !ok:
		return errors.New("the bindings have no such tensor on cpu")
	case !t.Equal(want):
		return fmt.Errorf("the bindings have %v %v, the segment wants %v %v", t.Type, t.Shape, want.Type, want.Shape)
	case int64(len(t.Data)) != want.Bytes():
		return fmt.Errorf("%d bytes of memory for %d bytes of data", len(t.Data), want.Bytes())
	}
	v, err := onnx.NewCustomDataTensor(slices.Clone(t.Shape), t.Data, onnx.TensorElementDataType(t.Type))
	if err != nil {
		return oneLine(err)
	}
	c.values = append(c.values, v)
	if err := bind(want.Name, v); err != nil {
		return oneLine(err)
	}
	return nil
}
