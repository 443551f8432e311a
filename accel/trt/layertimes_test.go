//go:build cgo && linux

package trt

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"braid/accel"
	"braid/cuda/cudatest"
)

func TestTimeLayers(t *testing.T) {
	times := timeLayers(t, onFake(t, cudatest.New(t)))
	if len(times) != 2 || times[0].Time.Milliseconds() != 1 || times[1].Time.Milliseconds() != 2 {
		t.Errorf("times %v: the stand-in's n-th layer takes n ms, and taking its time half of one", times)
	}
}

// TestFit: layers take together no more than the run, and each as much less as the others.
func TestFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 500), func(µs int) accel.LayerTime {
			return accel.LayerTime{Time: time.Duration(µs) * time.Microsecond}
		}), 1, 20).Draw(t, "layers")
		run := time.Duration(rapid.IntRange(0, 5000).Draw(t, "run")) * time.Microsecond
		was := slices.Clone(times)
		before, after, less := time.Duration(0), time.Duration(0), time.Duration(0)
		fit(times, run)
		for i := range times {
			before, after, less = before+was[i].Time, after+times[i].Time, max(less, was[i].Time-times[i].Time)
		}
		if want := min(before, run); after < want || after > want+time.Duration(len(times)) {
			t.Fatalf("%v together of a run of %v, before %v", after, run, before)
		}
		for i := range times {
			if took := was[i].Time - times[i].Time; took < 0 || took != less && times[i].Time != 0 {
				t.Fatalf("%v less of layer %d: %v", took, i, was)
			}
		}
	})
}

// timeLayers times a convolution and its activation, and closes the backend.
func timeLayers(t *testing.T, b *Backend) []accel.LayerTime {
	t.Helper()
	s := conv(t, tensor("x", 16, accel.Float32, ""), tensor("y", 16, accel.Float32, ""))
	blob, err := b.Build(t.Context(), s, "gpu:0", accel.BuildOptions{})
	must(t, err)
	e, err := b.Load(t.Context(), blob, "gpu:0", accel.LoadOptions{})
	must(t, err)
	x, err := e.NewExec()
	must(t, err)
	in, out := e.Tensors()
	bind := bothCopies("gpu:0")(t, b, 0, append(in, out...))
	c, err := x.Bind(bind)
	must(t, err)
	times, err := c.(accel.LayerTimer).TimeLayers(t.Context())
	must(t, err)
	if len(times) == 0 || times[0].Name == "" || times[0].Time <= 0 {
		t.Errorf("times %v", times)
	}
	must(t, errors.Join(c.Close(), x.Close(), e.Close(), bind.Close(), b.Close()))
	return times
}
