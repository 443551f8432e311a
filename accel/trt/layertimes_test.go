//go:build cgo && linux

package trt

import (
	"errors"
	"testing"

	"braid/accel"
	"braid/cuda/cudatest"
)

func TestTimeLayers(t *testing.T) {
	times := timeLayers(t, onFake(t, cudatest.New(t)))
	if len(times) != 2 || times[0].Time.Milliseconds() != 1 || times[1].Time.Milliseconds() != 2 {
		t.Errorf("times %v: the stand-in's n-th layer takes n ms", times)
	}
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
