//go:build cgo && linux

package trt

import (
	"log/slog"
	"testing"

	"braid/accel"
	"braid/cuda"
	"braid/cuda/cudatest"
)

// withQueue opens it with gpu:1 as a stand-in, which works first in, first out; it is closed when the test ends.
func withQueue(t testing.TB, f *cudatest.Fake) *Backend {
	t.Helper()
	lib, err := cuda.Open(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Open(lib, Options{Level: DefaultLevel, Log: slog.New(slog.DiscardHandler), StandIns: []StandIn{{GPU: 1, Factor: 6}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// TestRank: an Exec has the rank that its engine was loaded with, not on a device that works first in, first out.
func TestRank(t *testing.T) {
	f := cudatest.New(t)
	b := withQueue(t, f)
	x, y := tensor("x", 3, accel.Float32, accel.Linear), tensor("y", 4, accel.Float32, accel.Linear)
	on := bound(t, b, map[accel.DeviceID][]accel.TensorDesc{"cpu": {x, y}, "gpu:0": {x, y}, "gpu:1": {x, y}})
	on.SetRoute("x", []accel.DeviceID{"cpu"}, []accel.DeviceID{"gpu:0", "gpu:1"})
	on.SetRoute("y", []accel.DeviceID{"gpu:0", "gpu:1"}, []accel.DeviceID{"cpu"})
	for _, c := range []struct {
		device accel.DeviceID
		rank   int
		want   int // the ranks of all execs so far
	}{{"gpu:0", 0, 0}, {"gpu:0", 1, 1}, {"gpu:0", 2, 3}, {"gpu:1", 1, 3}} {
		readyWith(t, b, conv(t, x, y), c.device, accel.BuildOptions{Precision: "fp16"}, accel.LoadOptions{Rank: c.rank}, on)
		if got := f.Counts().Ranks; got != c.want {
			t.Errorf("rank %d on %s: all execs have %d, want %d", c.rank, c.device, got, c.want)
		}
	}
}
