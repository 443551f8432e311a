//go:build cgo && linux

package trt

import (
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"braid/accel"
	"braid/cuda"
	"braid/cuda/cudatest"
)

// chain is two GPUs that a frame goes over: x, gpu:0, a, gpu:1, y.
type chain struct {
	*cudatest.Fake
	first, second accel.Call
}

// newChain closes all it makes when the test ends, without an error even where the
// test has lost a GPU.
func newChain(t *testing.T) *chain {
	f := cudatest.New(t)
	b := onFake(t, f)
	t.Cleanup(func() { must(t, b.Close()) })
	x, a, y := tensor("x", 3, accel.Float32, ""), tensor("a", 5, accel.Float32, ""), tensor("y", 4, accel.Float32, "")
	on := bound(t, b, map[accel.DeviceID][]accel.TensorDesc{"cpu": {x, y}, "gpu:0": {x, a}, "gpu:1": {a, y}})
	on.SetRoute("a", []accel.DeviceID{"gpu:0"}, []accel.DeviceID{"gpu:1"})
	return &chain{f, ready(t, b, conv(t, x, a), "gpu:0", accel.BuildOptions{}, on), ready(t, b, conv(t, a, y), "gpu:1", accel.BuildOptions{}, on)}
}

// start enqueues a frame on both.
func (c *chain) start(t *testing.T) accel.Event {
	t.Helper()
	after, err := c.first.Start(t.Context(), nil)
	must(t, err)
	after, err = c.second.Start(t.Context(), after)
	must(t, err)
	return after
}

// TestALossBeforeIsToldBehind loses the first GPU under a frame. The second runs on
// what is there: the frame must not pass for a good one.
func TestALossBeforeIsToldBehind(t *testing.T) {
	c := newChain(t)
	must(t, c.start(t).Wait(t.Context()))
	c.Fail("run", 1, cuda.ErrDeviceLost)
	err := c.start(t).Wait(t.Context())
	if !errors.Is(err, accel.ErrDeviceLost) || !strings.Contains(err.Error(), "gpu:0") {
		t.Errorf("error %v, want that gpu:0 is lost", err)
	}
}

// TestWaitGoesDownTheChain has the Wait on the second GPU fail while the first still
// runs: it comes back when that has ended, since tensors are freed behind it.
func TestWaitGoesDownTheChain(t *testing.T) {
	for _, fault := range []error{cuda.ErrDeviceLost, cuda.ErrInternal} {
		t.Run(fault.Error(), func(t *testing.T) {
			c := newChain(t)
			waits := c.HostWaits()
			var open atomic.Bool
			c.Evaluate(func([]byte, map[string][]float32, map[string][]float32) error {
				for c.HostWaits() == waits && !open.Load() { // until somebody waits
					runtime.Gosched()
				}
				return nil
			})
			last := c.start(t)
			c.Fail("call_wait", 1, fault)
			err := last.Wait(t.Context())
			ended := c.Counts().Finished
			open.Store(true)
			if !errors.Is(err, fault) || errors.Is(err, accel.ErrDeviceLost) != errors.Is(fault, cuda.ErrDeviceLost) {
				t.Errorf("error %v", err)
			}
			if ended == 0 {
				t.Error("Wait came back while gpu:0 was still running")
			}
		})
	}
}

// TestAFailedStartLeavesTheChain has the second Start fail: the event of the first is
// the one to wait for, and the next frame goes through.
func TestAFailedStartLeavesTheChain(t *testing.T) {
	c := newChain(t)
	after, err := c.first.Start(t.Context(), nil)
	must(t, err)
	c.Fail("call_start", 1, cuda.ErrInternal)
	if _, err := c.second.Start(t.Context(), after); !errors.Is(err, cuda.ErrInternal) || errors.Is(err, accel.ErrDeviceLost) {
		t.Errorf("error %v", err)
	}
	must(t, after.Wait(t.Context()))
	if n := c.Counts(); n.Started != 1 || n.Finished != 1 {
		t.Errorf("%d runs started and %d ended, want 1", n.Started, n.Finished)
	}
	must(t, c.start(t).Wait(t.Context()))
}
