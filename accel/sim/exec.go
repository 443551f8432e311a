package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"braid/accel"
)

// exec is a stream of a simulated device: Calls run in the order of their Starts, and its
// goroutine computes for the one that the device has. The fields behind the inner Exec
// are under the machine's lock.
type exec struct {
	home  *engine
	inner accel.Exec
	id    int
	ended chan struct{} // closed by the goroutine

	changed     sync.Cond
	first, last *call // started and not ended
	stopping    bool
	calls       int
	closed      bool
}

func (x *exec) device() int { return x.home.index }

// waits is whether a Call is given to the device only when its input is there, since other Segments share the queue.
func (x *exec) waits() bool { return x.home.shared && x.home.home.machine.queue(x) }

// run is the stream's goroutine.
func (x *exec) run(ctx context.Context) {
	defer close(x.ended)
	m := x.home.home.machine
	m.mu.Lock()
	defer m.mu.Unlock()
	for {
		c := x.todo()
		for ; c == nil && !x.stopping; c = x.todo() {
			x.changed.Wait()
		}
		if c == nil {
			return
		}
		c.taken = true
		m.mu.Unlock()
		err := c.compute(ctx)
		m.mu.Lock()
		m.results(c, err)
	}
}

// todo is the first Call that the device has and nobody computes for, nil where there is none.
func (x *exec) todo() *call {
	for c := x.first; c != nil && c.begun; c = c.next {
		if !c.taken {
			return c
		}
	}
	return nil
}

// served is the first Call that the device has and is not done with.
func (x *exec) served() *call {
	c := x.first
	for c.served {
		c = c.next
	}
	return c
}

// Bind ties the Segment to the copies of b in the device's memory, with the copies
// that b's Routes ask for.
func (x *exec) Bind(b *accel.Bindings) (accel.Call, error) {
	m := x.home.home.machine
	m.mu.Lock()
	closed := x.closed
	x.calls++
	m.mu.Unlock()
	c := &call{home: x}
	c.ended.L = &m.mu
	err := error(nil)
	if closed {
		err = fmt.Errorf("exec %w", errClosed)
	} else {
		err = c.bind(b)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("binding tensors: %w", err), c.Close())
	}
	return c, nil
}

// Close refuses while a Call is open. It waits for the stream's goroutine. Closing
// twice does nothing.
func (x *exec) Close() error {
	m := x.home.home.machine
	m.mu.Lock()
	if x.closed {
		m.mu.Unlock()
		return nil
	}
	if x.calls > 0 {
		m.mu.Unlock()
		return fmt.Errorf("closing an exec of %s: %d calls are still open", x.home.header.Segment, x.calls)
	}
	x.closed, x.stopping = true, true
	x.changed.Signal()
	m.mu.Unlock()
	<-x.ended
	m.mu.Lock()
	m.streams[x.id] = nil
	m.mu.Unlock()
	x.home.mu.Lock()
	x.home.execs--
	x.home.mu.Unlock()
	return x.inner.Close()
}

// bind finds all tensors and copies, and has the inner Call bound and warmed.
func (c *call) bind(b *accel.Bindings) error {
	h, own := c.home.home.header, c.home.home.device.Memory()
	var shown view
	for _, d := range h.Inputs {
		at, err := copyOf(b, d, own)
		if err != nil {
			return fmt.Errorf("input %q: %w", d.Name, err)
		}
		shown = append(shown, at)
		c.in = append(c.in, at.Data)
		for _, w := range b.Route(d.Name).Writers {
			if w == own {
				continue
			}
			from, err := copyOf(b, d, w)
			if err != nil {
				return fmt.Errorf("input %q: %w", d.Name, err)
			}
			c.fetch = append(c.fetch, transfer{b.Route(d.Name), w, at.Data, from.Data})
		}
	}
	for _, d := range h.Outputs {
		at, err := copyOf(b, d, own)
		if err != nil {
			return fmt.Errorf("output %q: %w", d.Name, err)
		}
		shown = append(shown, at)
		c.out = append(c.out, at.Data)
		route := b.Route(d.Name)
		c.written = append(c.written, route)
		if !slices.Contains(route.Readers, host) {
			continue
		}
		to, err := copyOf(b, d, host)
		if err != nil {
			return fmt.Errorf("output %q: %w", d.Name, err)
		}
		c.deliver = append(c.deliver, transfer{route, own, to.Data, at.Data})
	}
	var err error
	c.inner, err = c.home.inner.Bind(accel.NewBindings(b.Index, view(renamed(shown, host))))
	return err
}

// copyOf finds the copy of a tensor in some memory, which the host must see.
func copyOf(b *accel.Bindings, want accel.TensorDesc, in accel.DeviceID) (accel.Tensor, error) {
	t, ok := b.Tensor(want.Name, in)
	switch {
	case !ok:
		return t, fmt.Errorf("the bindings have no such tensor on %s", in)
	case !t.Equal(want):
		return t, fmt.Errorf("the bindings have %v %v, the segment wants %v %v", t.Type, t.Shape, want.Type, want.Shape)
	case int64(len(t.Data)) != want.Bytes():
		return t, fmt.Errorf("the host sees %d of its %d bytes on %s, which sim reads", len(t.Data), want.Bytes(), in)
	}
	return t, nil
}
