//go:build cgo && linux

package trt

import (
	"testing"

	"braid/accel"
	"braid/cuda"
	"braid/cuda/cudatest"
)

// TestSharedQueue has a frame go from gpu:0, where it stays, to a stand-in. A Segment that is alone there is
// enqueued at once, also beside engines of plans that are not at work; one that shares the device would keep the
// other's frames back, and is enqueued when gpu:0 is done with it.
func TestSharedQueue(t *testing.T) {
	for _, c := range []struct {
		name  string
		load  accel.LoadOptions
		waits int64
	}{{"alone", accel.LoadOptions{}, 0}, {"shared", accel.LoadOptions{Shared: true}, 1}} {
		t.Run(c.name, func(t *testing.T) {
			f := cudatest.New(t)
			b := withQueue(t, f)
			half := accel.BuildOptions{Precision: "fp16"}
			x, a, y := tensor("x", 16, accel.Float32, ""), tensor("a", 16, accel.Float32, ""), tensor("y", 16, accel.Float32, "")
			on := bound(t, b, map[accel.DeviceID][]accel.TensorDesc{"cpu": {x, y}, "gpu:0": {x, a}, "gpu:1": {a, y}})
			on.SetRoute("a", []accel.DeviceID{"gpu:0"}, []accel.DeviceID{"gpu:1"})
			first := ready(t, b, conv(t, x, a), "gpu:0", half, on)
			second := readyWith(t, b, conv(t, a, y), "gpu:1", half, c.load, on)
			ready(t, b, conv(t, a, y), "gpu:1", half, on) // of another plan

			gate := make(chan struct{})
			f.Evaluate(func([]byte, map[string][]float32, map[string][]float32) error { <-gate; return nil })
			ended := make(chan error)
			enqueued := make(chan struct{})
			go func() {
				after, err := first.Start(t.Context(), nil)
				if err == nil {
					after, err = second.Start(t.Context(), after)
				}
				close(enqueued)
				if err == nil {
					err = after.Wait(t.Context())
				}
				ended <- err
			}()
			if c.waits == 0 {
				<-enqueued
			}
			for b.HostWaits() < c.waits { // until it waits
				select {
				case err := <-ended:
					t.Fatal("enqueued before its input was there", err)
				default:
				}
			}
			if c.waits > 0 {
				select {
				case <-enqueued:
					t.Error("enqueued before its input was there")
				default:
				}
			}
			if got := f.Counts().Finished; got != 0 {
				t.Errorf("%d runs have ended behind a closed gate", got)
			}
			close(gate)
			must(t, <-ended)
			if n := b.HostWaits(); n != c.waits {
				t.Errorf("%d waits on the host, want %d", n, c.waits)
			}
		})
	}
}

// TestQueueOfGPU has none: streams there overtake one another. A DLA core has one, of 16 loadables.
func TestQueueOfGPU(t *testing.T) {
	b := onFake(t, cudatest.New(t))
	t.Cleanup(func() { must(t, b.Close()) })
	q, err := b.enter(place{gpu: 0, dla: cuda.NoDLA})
	if err != nil || q != nil {
		t.Errorf("%v, %v", q, err)
	}
	q.leave(1)
	core := place{gpu: 0, dla: 1}
	var held []*queue
	for range mostLoadables {
		q, err := b.enter(core)
		must(t, err)
		held = append(held, q)
	}
	if _, err := b.enter(core); err == nil {
		t.Error("a core takes more loadables than it holds")
	}
	for _, q := range held {
		q.leave(1)
	}
	q, err = b.enter(core)
	must(t, err)
	q.leave(1)
}
