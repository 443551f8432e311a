//go:build e2e

package trt

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"braid/accel"
	"braid/accel/acceltest"
	"braid/accel/network/testnet"
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

// keepKernels keeps the kernels loaded that TensorRT chooses among until t ends, however many backends it opens:
// loading them takes 7 to 14 s.
func keepKernels(t testing.TB) {
	b := onGPU(t)
	builder, err := b.lib.NewBuilder(0)
	must(t, err)
	t.Cleanup(func() { must(t, errors.Join(builder.Close(), b.Close())) })
}

// TestSuiteOnGPU holds a real GPU to what every backend promises. It has no row in
// int8: TensorRT builds that of networks with Q/DQ or ranges alone, and the suite's
// have neither; internal/app's TestInt8OnGPU has one with Q/DQ.
func TestSuiteOnGPU(t *testing.T) {
	keepKernels(t)
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

func TestCrossingsOnGPU(t *testing.T) {
	b := onGPU(t)
	t.Cleanup(func() { must(t, b.Close()) })
	devices, err := b.Devices(t.Context())
	must(t, err)
	if !slices.ContainsFunc(devices, func(d accel.Device) bool { return d.ID == "gpu:1" }) {
		t.Skip("one GPU: none to copy from")
	}
	keepKernels(t)
	for _, n := range crossings {
		proveCrossings(t, b, n)
	}
}

// TestTimeLayersOnGPU has TensorRT time the layers of a Call that runs as a graph
// otherwise.
func TestTimeLayersOnGPU(t *testing.T) { timeLayers(t, onGPU(t)) }

// TestLayersAreTimedAlikeOnGPU: of equal convolutions in a row none takes much longer than the others, the first one neither.
func TestLayersAreTimedAlikeOnGPU(t *testing.T) {
	b := onGPU(t)
	desc := func(name string, channels int64) accel.TensorDesc {
		return accel.TensorDesc{Name: name, Type: accel.Float32, Shape: []int64{1, channels, 64, 64}}
	}
	const n = 12
	in, out := desc("in", 3), desc(fmt.Sprintf("conv_%d", n-1), 4)
	s := &accel.Segment{Name: "chain", ONNX: testnet.Chain(t, n, 64, 1), Inputs: []accel.TensorDesc{in}, Outputs: []accel.TensorDesc{out}, Layers: n}
	blob, e, err := accel.BuildAndLoad(t.Context(), b, s, "gpu:0", accel.BuildOptions{}, accel.LoadOptions{})
	must(t, err)
	x, err := e.NewExec()
	must(t, err)
	bind := bothCopies("gpu:0")(t, b, 0, []accel.TensorDesc{in, out})
	c, err := x.Bind(bind)
	must(t, err)
	var times []time.Duration
	for range 5 { // the last of them: the first ones load kernels
		list, err := c.(accel.LayerTimer).TimeLayers(t.Context())
		must(t, err)
		times = nil
		for _, l := range list {
			if strings.Contains(l.Name, "conv_") && !strings.HasPrefix(l.Name, "Reformatting") {
				times = append(times, l.Time)
			}
		}
	}
	if len(times) < n/2 {
		t.Fatalf("%d layers of %d convolutions: %v, an engine of %d bytes", len(times), n, times, len(blob))
	}
	sorted := slices.Sorted(slices.Values(times))
	if middle := sorted[len(sorted)/2]; times[0] > 3*middle || sorted[len(sorted)-1] > 5*middle {
		t.Errorf("the first takes %v, the middle %v: %v", times[0], middle, times)
	}
	must(t, errors.Join(c.Close(), x.Close(), e.Close(), bind.Close(), b.Close()))
}
