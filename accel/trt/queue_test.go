//go:build cgo && linux

package trt

import (
	"log/slog"
	"testing"

	"braid/accel"
	"braid/cuda"
	"braid/cuda/cudatest"
)

// TestSharedQueue has a frame go from gpu:0, where it stays, to a stand-in. With one
// engine there it is enqueued at once; with two it would keep the other's frames back,
// and is enqueued when gpu:0 is done with it.
func TestSharedQueue(t *testing.T) {
	f := cudatest.New(t)
	l, err := cuda.Open(f.Path)
	must(t, err)
	b, err := Open(l, Options{Level: DefaultLevel, Log: slog.New(slog.DiscardHandler), StandIns: []StandIn{{GPU: 1, Factor: 6}}})
	must(t, err)
	t.Cleanup(func() { must(t, b.Close()) })
	half := accel.BuildOptions{Precision: "fp16"}
	x, a, y := tensor("x", 16, accel.Float32, ""), tensor("a", 16, accel.Float32, ""), tensor("y", 16, accel.Float32, "")
	on := bound(t, b, map[accel.DeviceID][]accel.TensorDesc{"cpu": {x, y}, "gpu:0": {x, a}, "gpu:1": {a, y}})
	on.SetRoute("a", []accel.DeviceID{"gpu:0"}, []accel.DeviceID{"gpu:1"})
	first := ready(t, b, conv(t, x, a), "gpu:0", half, on)
	second := ready(t, b, conv(t, a, y), "gpu:1", half, on)

	gate := make(chan struct{})
	f.Evaluate(func([]byte, map[string][]float32, map[string][]float32) error { <-gate; return nil })
	start := func() (accel.Event, error) {
		after, err := first.Start(t.Context(), nil)
		if err != nil {
			return nil, err
		}
		return second.Start(t.Context(), after)
	}
	last, err := start()
	must(t, err)
	if n := b.HostWaits(); n != 0 {
		t.Errorf("%d waits on the host for one engine", n)
	}
	close(gate)
	must(t, last.Wait(t.Context()))

	ready(t, b, conv(t, a, y), "gpu:1", half, on)
	gate = make(chan struct{})
	started := make(chan error)
	go func() {
		last, err := start()
		if err == nil {
			err = last.Wait(t.Context())
		}
		started <- err
	}()
	for b.HostWaits() == 0 { // until it waits
		select {
		case err := <-started:
			t.Fatal("enqueued before its input was there", err)
		default:
		}
	}
	select {
	case err := <-started:
		t.Error("enqueued before its input was there", err)
	default:
	}
	if got := f.Counts().Finished; got != 2 {
		t.Errorf("%d runs have ended, want those of the frame before", got)
	}
	close(gate)
	must(t, <-started)
	if n := b.HostWaits(); n != 1 {
		t.Errorf("%d waits on the host, want one", n)
	}
}

// TestQueueOfGPU has none: streams there overtake one another.
func TestQueueOfGPU(t *testing.T) {
	b := onFake(t, cudatest.New(t))
	t.Cleanup(func() { must(t, b.Close()) })
	q, err := b.enter(place{gpu: 0, dla: cuda.NoDLA})
	if err != nil || q.shared() {
		t.Errorf("%v, %v", q, err)
	}
	q.leave()
	core := place{gpu: 0, dla: 1}
	var held []*queue
	for range mostLoadables {
		q, err := b.enter(core)
		must(t, err)
		held = append(held, q)
	}
	if !held[0].shared() {
		t.Error("a core with 16 engines is not shared")
	}
	if _, err := b.enter(core); err == nil {
		t.Error("a core takes more loadables than it holds")
	}
	for _, q := range held {
		q.leave()
	}
	if held[0].shared() {
		t.Error("an empty core is shared")
	}
}
