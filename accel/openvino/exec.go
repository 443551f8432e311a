package openvino

import (
	"context"
	"errors"
	"fmt"

	"braid/accel"
)

// exec is a network and the requests that run on it. One goroutine uses it and its
// Calls.
type exec struct {
	home    *engine
	network *compiled
	warm    bool
	calls   int
	closed  bool
}

// Bind ties b's copies on the host to the Segment's tensors, in a request of its own.
// The first Bind of an Exec runs the Segment once.
func (x *exec) Bind(b *accel.Bindings) (accel.Call, error) {
	if x.closed {
		return nil, fmt.Errorf("binding tensors: exec %w", errClosed)
	}
	c := &call{home: x, bindings: b}
	request, err := x.bind(x.network, b)
	if err != nil {
		return nil, fmt.Errorf("binding tensors: %w", err)
	}
	c.request = request
	for _, d := range x.home.header.Outputs {
		c.written = append(c.written, b.Route(d.Name))
	}
	x.calls++
	if x.warm {
		return c, nil
	}
	ready, err := c.Start(context.Background(), nil)
	if err == nil {
		err = ready.Wait(context.Background())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("binding tensors: %w", err), c.Close())
	}
	x.warm = true
	return c, nil
}

// bind makes a request of a network on the tensors of b.
func (x *exec) bind(n *compiled, b *accel.Bindings) (*request, error) {
	r, err := n.request()
	if err != nil {
		return nil, err
	}
	for _, list := range []struct {
		what    string
		tensors []accel.TensorDesc
	}{{"input", x.home.header.Inputs}, {"output", x.home.header.Outputs}} {
		for _, d := range list.tensors {
			t, err := copyOf(b, d)
			if err == nil {
				err = r.tie(t)
			}
			if err != nil {
				r.close()
				return nil, fmt.Errorf("%s %q: %w", list.what, d.Name, err)
			}
		}
	}
	return r, nil
}

// host is whose memory every device of OpenVINO works on.
const host accel.DeviceID = "cpu"

// copyOf finds the copy of a tensor on the host.
func copyOf(b *accel.Bindings, want accel.TensorDesc) (accel.Tensor, error) {
	t, ok := b.Tensor(want.Name, host)
	switch {
	case !ok:
		return t, errors.New("the bindings have no such tensor on cpu")
	case !t.Equal(want):
		return t, fmt.Errorf("the bindings have %v %v, the segment wants %v %v", t.Type, t.Shape, want.Type, want.Shape)
	case int64(len(t.Data)) != want.Bytes():
		return t, fmt.Errorf("%d bytes of memory for %d bytes of data", len(t.Data), want.Bytes())
	}
	return t, nil
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
	x.network.close()
	x.home.leave()
	return nil
}
