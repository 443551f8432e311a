//go:build e2e

package trt

import (
	"errors"
	"os"
	"testing"

	"braid/accel"
	"braid/accel/acceltest"
	"braid/cuda"
)

// quick is the level of engines whose speed does not matter.
const quick = 0

// onGPU opens the real library, or skips where there is no GPU to run on.
func onGPU(t testing.TB) *Backend {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path, err := cuda.Find(os.Getenv, exe)
	if err == nil {
		var lib *cuda.Library
		if lib, err = cuda.Open(path); err == nil {
			return backend(t, lib, quick)
		}
	}
	if errors.Is(err, cuda.ErrMissing) {
		t.Skipf("no GPU to run on: %v", err)
	}
	t.Fatal(err)
	return nil
}

// TestSuiteOnGPU holds a real GPU to what every backend promises. It has no row in
// int8: TensorRT builds that of networks with Q/DQ or ranges alone, and the suite's
// have neither; internal/app's TestInt8OnGPU has one with Q/DQ.
func TestSuiteOnGPU(t *testing.T) {
	if err := onGPU(t).Close(); err != nil {
		t.Fatal(err)
	}
	open := func(t *testing.T) accel.Backend { return onGPU(t) }
	for _, c := range []struct {
		name, precision string
		load            accel.LoadOptions
		tolerance       float64
	}{
		{"fp32 as a graph", "fp32", accel.LoadOptions{}, 1e-5},
		{"fp16 as a graph", "fp16", accel.LoadOptions{}, 2e-3},
		{"fp16 kernel by kernel, spinning", "fp16", accel.LoadOptions{Eager: true, Spin: true}, 2e-3},
	} {
		t.Run(c.name, func(t *testing.T) {
			acceltest.Run(t, suite(open, "gpu:0", c.precision, c.load, c.tolerance))
		})
	}
}

// TestTimeLayersOnGPU has TensorRT time the layers of a Call that runs as a graph
// otherwise.
func TestTimeLayersOnGPU(t *testing.T) { timeLayers(t, onGPU(t)) }
