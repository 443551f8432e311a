package trt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"braid/accel"
	"braid/cuda"
)

// engine is a built Segment, ready on one device.
type engine struct {
	home    *Backend
	header  header
	device  accel.DeviceID
	memory  accel.DeviceID // that it works on
	options accel.LoadOptions
	at      place
	queue   *queue // that the device is, or nil
	layout  layout
	native  *cuda.Engine

	mu     sync.Mutex
	execs  int
	closed bool
}

// Load gives an engine to TensorRT, which checks that it was built by the same
// version for the same kind of device.
func (b *Backend) Load(ctx context.Context, blob []byte, d accel.DeviceID, o accel.LoadOptions) (_ accel.Engine, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("loading a segment on %s: %w", d, explain(err))
		}
	}()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	at, err := b.find(d)
	if err != nil {
		return nil, err
	}
	h, bytes, err := unpack(blob)
	if err != nil {
		return nil, err
	}
	if h.Device != d.Kind() {
		return nil, fmt.Errorf("%s was built for a %s", h.Segment, h.Device)
	}
	if err := b.hold(&b.engines); err != nil {
		return nil, err
	}
	q, err := b.enter(at)
	if err != nil {
		b.drop(&b.engines)
		return nil, err
	}
	var native *cuda.Engine
	err = b.roomy(func() (err error) {
		native, err = b.lib.Load(at.gpu, at.dla, bytes)
		return err
	})
	if err != nil {
		q.leave(1)
		b.drop(&b.engines)
		return nil, b.stale(h, err)
	}
	e := &engine{home: b, header: h, device: d, memory: d.Memory(), at: at, queue: q, options: o, native: native}
	if err := errors.Join(e.check(), e.inspect()); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// stale is the error of an engine that TensorRT does not take. If it was kept it is so no longer: what
// TensorRT checks, down to the build of the library, is more than it tells of itself.
func (b *Backend) stale(h header, err error) error {
	if !errors.Is(err, cuda.ErrInvalid) || !b.options.Cache.Forget(h.Key) {
		return err
	}
	b.options.Log.Warn("TensorRT does not take a kept engine: it is removed", "segment", h.Segment, "error", err)
	return fmt.Errorf("%w: %w", accel.ErrStale, err)
}

// waits is whether a Call is enqueued only when its input is there. What is in a queue before that keeps
// all back that is behind it. With one Segment that is no loss, since its frames come in
// order. With several it is: a frame's second Segment would be in front of the next frame's first,
// which nothing keeps from running but that. How many engines are on the device does not tell: those of
// other plans, which a benchmark holds ready, have nothing in the queue.
func (e *engine) waits() bool { return e.queue != nil && e.options.Shared }

// rank is that of the Segment's Execs: a queue has none.
func (e *engine) rank() int {
	if e.queue != nil {
		return 0
	}
	return e.options.Rank
}

// check holds what the engine says of its tensors against the header: an engine
// that wants more memory than was planned would write beyond it.
func (e *engine) check() error {
	tensors, err := e.native.Tensors()
	if err != nil {
		return err
	}
	want := append(slices.Clone(e.header.Inputs), e.header.Outputs...)
	if len(tensors) != len(want) {
		return fmt.Errorf("the engine has %d tensors, %s has %d", len(tensors), e.header.Segment, len(want))
	}
	for _, d := range want {
		i := slices.IndexFunc(tensors, func(t cuda.Tensor) bool { return t.Name == d.Name })
		if i < 0 {
			return fmt.Errorf("the engine has no tensor %q", d.Name)
		}
		t := tensors[i]
		if t.Bytes > d.Bytes() || accel.DType(t.Type) != d.Type || t.Format != formats[d.Layout] || !slices.Equal(t.Shape, d.Shape) {
			return fmt.Errorf("tensor %q of the engine is type %d format %d shape %v with %d bytes, not %v %s %v with %d", d.Name, t.Type, t.Format, t.Shape, t.Bytes, d.Type, d.Layout, d.Shape, d.Bytes())
		}
	}
	return nil
}

// inspect reads back what TensorRT made of the Segment. Its JSON is only looked at, and has bytes that are none in some versions.
func (e *engine) inspect() error {
	text, err := e.native.Inspect()
	if err != nil {
		return fmt.Errorf("inspecting the engine: %w", err)
	}
	if e.layout, err = readLayout(text); err != nil {
		e.home.options.Log.Debug("what TensorRT says of the engine's layers cannot be read", "segment", e.header.Segment, "error", err)
	}
	e.queue.more(e.layout.OnDLA - 1)
	bytes, err := e.native.Memory()
	if err != nil {
		return err
	}
	e.home.options.Log.Debug("engine loaded", "segment", e.header.Segment, "device", e.device,
		"layers", e.layout.Layers, "on_dla", e.layout.OnDLA, "reformats", e.layout.Reformats, "bytes_per_stream", bytes)
	return nil
}

// Tensors lists the Segment's inputs and outputs.
func (e *engine) Tensors() (in, out []accel.TensorDesc) {
	return slices.Clone(e.header.Inputs), slices.Clone(e.header.Outputs)
}

// NewExec makes an execution context and its stream.
func (e *engine) NewExec() (accel.Exec, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, fmt.Errorf("engine %s: %w", e.header.Segment, errClosed)
	}
	var native *cuda.Exec
	err := e.home.roomy(func() (err error) {
		native, err = e.native.NewExec(e.rank())
		return err
	})
	if err != nil {
		return nil, explain(err)
	}
	if s, ok := e.home.standIn(e.at); ok {
		if err := native.Stretch(s.Factor); err != nil {
			return nil, errors.Join(explain(err), native.Close())
		}
	}
	e.execs++
	return &exec{home: e, native: native}, nil
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
	e.queue.leave(e.layout.OnDLA)
	return closing(e.native.Close())
}
