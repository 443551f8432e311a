package sim

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"sync"

	"braid/accel"
)

// engine is a built Segment on a simulated device.
type engine struct {
	home   *Backend
	header header
	device accel.DeviceID
	index  int    // of the device
	id     uint64 // of what it computes
	shared bool   // other Segments at work are on the device too
	inner  accel.Engine

	mu     sync.Mutex
	execs  int
	closed bool
}

// Load has the inner blob loaded. Threads and cores of o are the declared
// device's: what computes for it runs on one thread for each stream.
func (b *Backend) Load(ctx context.Context, blob []byte, d accel.DeviceID, o accel.LoadOptions) (_ accel.Engine, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("loading a segment on %s: %w", d, err)
		}
	}()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	i, err := b.find(d)
	if err != nil {
		return nil, err
	}
	h, innerBlob, err := unpack(blob)
	if err != nil {
		return nil, err
	}
	if h.Device != d.Memory() {
		return nil, fmt.Errorf("%s was built for %s", h.Segment, h.Device)
	}
	if err := b.hold(&b.engines); err != nil {
		return nil, err
	}
	inner, err := b.options.CPU.Load(ctx, innerBlob, host, accel.LoadOptions{Threads: 1})
	if err != nil {
		b.drop(&b.engines)
		return nil, err
	}
	return &engine{
		home: b, header: h, device: d, index: i, inner: inner, id: maphash.Bytes(b.results.seed, innerBlob), shared: o.Shared,
	}, nil
}

// Tensors lists the Segment's inputs and outputs.
func (e *engine) Tensors() (in, out []accel.TensorDesc) {
	return slices.Clone(e.header.Inputs), slices.Clone(e.header.Outputs)
}

// NewExec makes a stream. Its goroutine ends with Close.
func (e *engine) NewExec() (accel.Exec, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, fmt.Errorf("engine %s: %w", e.header.Segment, errClosed)
	}
	inner, err := e.inner.NewExec()
	if err != nil {
		return nil, err
	}
	e.execs++
	x := &exec{home: e, inner: inner, ended: make(chan struct{})}
	x.changed.L = &e.home.machine.mu
	e.home.machine.enter(x)
	go x.run(context.Background())
	return x, nil
}

// Close refuses while an Exec is open. Closing twice does nothing.
func (e *engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil
	}
	if e.execs > 0 {
		return fmt.Errorf("closing engine %s: %d execs are still open", e.header.Segment, e.execs)
	}
	e.closed = true
	e.home.drop(&e.home.engines)
	return e.inner.Close()
}
