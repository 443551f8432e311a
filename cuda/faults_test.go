//go:build cgo && linux

package cuda_test

import (
	"errors"
	"runtime"
	"testing"

	"braid/cuda"
	"braid/cuda/cudatest"
)

func TestOutOfMemory(t *testing.T) {
	f := cudatest.New(t)
	r := &rig{t, f, nil}
	f.Configure(cudatest.Machine{GPUs: 1, Memory: 1 << 20})
	r.Library = f.Open()
	p, err := r.AllocDevice(0, 1<<19)
	check(t, err)
	_, err = r.AllocDevice(0, 1<<19+1)
	refused(t, err, cuda.ErrOutOfMemory, "has 524288 of 1048576 bytes left, not 524289")
	e := r.engine(0, double(t, 16, 64, 64)) // an exec needs 2 tensors of 256 KiB
	_, err = e.NewExec(0)
	refused(t, err, cuda.ErrOutOfMemory, "making an execution context")
	check(t, r.FreeDevice(0, p))
	r.exec(e)
}

// TestDeviceLost loses GPU 0 in a run: nothing goes on there, GPU 1 goes on, though
// the run behind was to be its input, and everything is closed, with a word of why.
func TestDeviceLost(t *testing.T) {
	r := newRig(t)
	lost, other := r.stage(0), r.stage(1)
	check(t, lost.Ready(false))
	check(t, other.Ready(false))
	r.Fail("run", 1, cuda.ErrDeviceLost)
	check(t, lost.Start(nil, 0))
	refused(t, lost.Wait(), cuda.ErrDeviceLost, "waiting for a call")
	refused(t, lost.Start(nil, 0), cuda.ErrDeviceLost, "starting a call")
	_, err := r.AllocDevice(0, 16)
	refused(t, err, cuda.ErrDeviceLost, "GPU 0 is lost")
	devices, err := r.Devices()
	check(t, err)
	refused(t, devices[0].Err, cuda.ErrDeviceLost, "gpu:0")
	check(t, devices[1].Err)
	check(t, other.Start(lost.Call, 0))
	check(t, other.Wait())
	refused(t, lost.Close(), cuda.ErrDeviceLost, "closing a call")
	check(t, lost.Close())
}

// TestFailureGoesDownTheChain lets a run fail: what waits for it does not run on
// its leavings, and the next frame does.
func TestFailureGoesDownTheChain(t *testing.T) {
	r := newRig(t)
	first, second := r.stage(0), r.stage(1)
	check(t, first.Ready(false))
	check(t, second.Ready(false))
	r.Evaluate(func(onnx []byte, in, out map[string][]float32) error { return errors.New("odd\nnumbers") })
	check(t, first.Start(nil, 0))
	check(t, second.Start(first.Call, 0))
	refused(t, second.Wait(), cuda.ErrInternal, "odd numbers")
	refused(t, first.Wait(), cuda.ErrInternal, "odd numbers")
	r.Evaluate(func(onnx []byte, in, out map[string][]float32) error { panic("odd") })
	check(t, first.Start(nil, 0))
	refused(t, first.Wait(), cuda.ErrInternal, "odd")
	r.Evaluate(nil)
	check(t, first.Start(nil, 0))
	check(t, second.Start(first.Call, 0))
	check(t, second.Wait())
}

// TestFailedWaitHasWaited lets a wait fail while a run is on: when it returns nobody
// runs any more, since the caller uses the tensors again.
func TestFailedWaitHasWaited(t *testing.T) {
	r := newRig(t)
	s := r.stage(0)
	check(t, s.Ready(false))
	r.Evaluate(func(onnx []byte, in, out map[string][]float32) error {
		for range 10_000 { // a wait that does not wait returns meanwhile
			runtime.Gosched()
		}
		return nil
	})
	r.Fail("call_wait", 1, cuda.ErrInternal)
	check(t, s.Start(nil, 0))
	refused(t, s.Wait(), cuda.ErrInternal, "call_wait was told to fail")
	if n := r.Counts(); n.Finished != n.Started {
		t.Errorf("%d of %d runs have ended", n.Finished, n.Started)
	}
}

func TestStartFails(t *testing.T) {
	r := newRig(t)
	s := r.stage(0)
	refused(t, s.Start(nil, 0), cuda.ErrInvalid, "not ready")
	check(t, s.Ready(false))
	refused(t, s.Ready(false), cuda.ErrInvalid, "already")
	refused(t, s.Tensor("x", s.x), cuda.ErrInvalid, "already")
	for _, entry := range []string{"call_start", "call_wait"} {
		r.Fail(entry, 1, cuda.ErrInternal)
		refused(t, errors.Join(s.Start(nil, 0), s.Wait()), cuda.ErrInternal, entry)
	}
	check(t, s.Start(nil, 0))
	check(t, s.Wait())
	closed := r.stage(1)
	check(t, closed.Close())
	refused(t, s.Start(closed.Call, 0), cuda.ErrInvalid, "closed")
	refused(t, closed.Start(nil, 0), cuda.ErrInvalid, "closed")
	refused(t, closed.Wait(), cuda.ErrInvalid, "closed")
	refused(t, closed.Ready(false), cuda.ErrInvalid, "closed")
}

func TestBindRefuses(t *testing.T) {
	r := newRig(t)
	x := r.exec(r.engine(0, double(t, 1, 2, 3)))
	c := r.call(x)
	p, small, far := r.device(0, 24), r.device(0, 20), r.device(1, 24)
	_, h := r.host(24)
	refused(t, c.Tensor("z", p), cuda.ErrInvalid, `"z"`)
	refused(t, c.Tensor("x", small), cuda.ErrInvalid, "24 bytes")
	refused(t, c.Tensor("x", p+4), cuda.ErrInvalid, "24 bytes")
	refused(t, c.Tensor("x", 12345), cuda.ErrInvalid, "24 bytes")
	refused(t, c.Tensor("x", far), cuda.ErrInvalid, "does not reach")
	if _, err := r.Peer(0, 1); err != nil {
		t.Fatal(err)
	}
	check(t, c.Tensor("x", far))
	check(t, c.Tensor("x", p)) // the last one counts
	refused(t, c.Ready(false), cuda.ErrInvalid, `"y" is bound to nothing`)
	here, there := cuda.Place{GPU: 0, Address: p}, cuda.Place{GPU: 1, Address: p}
	refused(t, c.CopyBefore(here, onHost(h), 25), cuda.ErrInvalid, "25 bytes")
	refused(t, c.CopyBefore(here, onHost(h), 0), cuda.ErrInvalid, "nothing to copy")
	refused(t, c.CopyBefore(there, onHost(h), 24), cuda.ErrInvalid, "destination")
	refused(t, c.CopyAfter(here, onHost(p), 24), cuda.ErrInvalid, "source")
	refused(t, r.FreeDevice(0, p), cuda.ErrInvalid, "open calls")
	check(t, c.Close())
	check(t, c.Close())
	check(t, (*cuda.Call)(nil).Close())
}

// TestClosingOrder closes what is still in use.
func TestClosingOrder(t *testing.T) {
	f := cudatest.New(t)
	l, err := cuda.Open(f.Path)
	check(t, err)
	r := &rig{t, f, l}
	blob, err := r.builder(double(t, 1, 2, 3)).Build()
	check(t, err)
	e, err := l.Load(0, cuda.NoDLA, blob)
	check(t, err)
	x, err := e.NewExec(0)
	check(t, err)
	refused(t, e.Close(), cuda.ErrInvalid, "still open")
	check(t, e.Close())
	check(t, x.Close())
	_, err = x.NewCall(false)
	refused(t, err, cuda.ErrInvalid, "closed")
	_, err = e.NewExec(0)
	refused(t, err, cuda.ErrInvalid, "closed")
	_, err = e.Tensors()
	refused(t, err, cuda.ErrInvalid, "closed")
	_, err = e.Inspect()
	refused(t, err, cuda.ErrInvalid, "closed")
	refused(t, l.Close(), cuda.ErrInvalid, "1 engine") // the engine was dropped unclosed
}

// TestClosingFails makes each Close fail: what it is called on is gone all the same.
func TestClosingFails(t *testing.T) {
	f := cudatest.New(t)
	l, err := cuda.Open(f.Path)
	check(t, err)
	b, err := l.NewBuilder(0)
	check(t, err)
	check(t, b.Parse(double(t, 1, 2, 3)))
	f.Fail("blob_data", 1, cuda.ErrInternal)
	_, err = b.Layers()
	refused(t, err, cuda.ErrInternal, "listing layers")
	f.Fail("blob_close", 1, cuda.ErrInternal)
	_, err = b.Layers()
	refused(t, err, cuda.ErrInternal, "listing layers")
	blob, err := b.Build()
	check(t, err)
	e, err := l.Load(0, cuda.NoDLA, blob)
	check(t, err)
	x, err := e.NewExec(0)
	check(t, err)
	c, err := x.NewCall(false)
	check(t, err)
	for _, closing := range []struct {
		entry string
		what  interface{ Close() error }
	}{{"call_close", c}, {"exec_close", x}, {"engine_close", e}, {"builder_close", b}, {"runtime_close", l}} {
		f.Fail(closing.entry, 1, cuda.ErrInternal)
		refused(t, closing.what.Close(), cuda.ErrInternal, closing.entry)
		check(t, closing.what.Close())
	}
}

// TestEveryEntryTellsItsFailure goes through the entries that have no test of
// their own for it.
func TestEveryEntryTellsItsFailure(t *testing.T) {
	r := newRig(t)
	e := r.engine(0, double(t, 1, 2, 3))
	x := r.exec(e)
	c := r.call(x)
	for entry, f := range map[string]func() error{
		"device_count":        func() error { _, err := r.Devices(); return err },
		"device":              func() error { list, err := r.Devices(); return errors.Join(err, list[0].Err) },
		"alloc_device":        func() error { _, err := r.AllocDevice(0, 1); return err },
		"alloc_host":          func() error { _, _, err := r.AllocHost(1); return err },
		"peer":                func() error { _, err := r.Peer(0, 1); return err },
		"builder_new":         func() error { _, err := r.NewBuilder(0); return err },
		"engine_tensor_count": func() error { _, err := e.Tensors(); return err },
		"engine_tensor":       func() error { _, err := e.Tensors(); return err },
		"engine_memory":       func() error { _, err := e.Memory(); return err },
		"engine_inspect":      func() error { _, err := e.Inspect(); return err },
		"exec_new":            func() error { _, err := e.NewExec(0); return err },
		"exec_stretch":        func() error { return x.Stretch(2) },
		"call_new":            func() error { _, err := x.NewCall(false); return err },
		"call_tensor":         func() error { return c.Tensor("x", 0) },
		"call_copy":           func() error { return c.CopyAfter(cuda.Place{}, cuda.Place{}, 1) },
		"call_ready":          func() error { return c.Ready(false) },
		"call_profile":        func() error { _, err := c.Profile(); return err },
	} {
		r.Fail(entry, 1, cuda.ErrUnsupported)
		refused(t, f(), cuda.ErrUnsupported, entry+" was told to fail")
	}
}
