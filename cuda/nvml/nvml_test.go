//go:build cgo && linux

package nvml

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"braid/cuda/cudatest"
)

// driver compiles a driver's library: see testdata/fake.c.
func driver(t *testing.T, defines ...string) *Library {
	t.Helper()
	source := filepath.Join("testdata", "fake.c")
	if _, err := os.Stat(source); err != nil { // go test runs anew where a file changed that was looked at
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), driverLibrary)
	cudatest.Compile(t, path, append(defines, source)...)
	return &Library{path: path}
}

func TestLibraryFindsGPUs(t *testing.T) {
	l := driver(t)
	for _, other := range []string{"", "GPU-of-another-machine"} {
		if _, ok := l.GPU(other); ok {
			t.Errorf("there is a GPU %q", other)
		}
	}
	if _, ok := l.GPU("GPU-samples"); !ok {
		t.Error("the GPU is not found")
	}
	if err := errors.Join(l.Close(), l.Close()); err != nil {
		t.Error(err)
	}
	if _, ok := l.GPU("GPU-samples"); ok {
		t.Error("a closed library has GPUs")
	}
	again := &Library{path: l.path}
	if _, ok := again.GPU("GPU-samples"); !ok {
		t.Error("NVML was not ended: it cannot be started anew")
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

// A driver without one of the functions, or that does not start, has no GPUs.
func TestUnfitDrivers(t *testing.T) {
	for _, define := range []string{
		"-DnvmlInit_v2=gone", "-DnvmlShutdown=gone", "-DnvmlDeviceGetHandleByUUID=gone", "-DnvmlDeviceGetTotalEnergyConsumption=gone",
		"-DnvmlDeviceGetSamples=gone", "-DnvmlDeviceGetUtilizationRates=gone", "-DINIT=9",
	} {
		t.Run(define, func(t *testing.T) {
			l := driver(t, define)
			if _, ok := l.GPU("GPU-samples"); ok {
				t.Error("there is a GPU")
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWithoutDriver(t *testing.T) {
	l := &Library{path: filepath.Join(t.TempDir(), driverLibrary)}
	if _, ok := l.GPU("GPU-samples"); ok {
		t.Error("there is a GPU without a driver")
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestCloseBeforeUse(t *testing.T) {
	l := driver(t)
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if _, ok := l.GPU("GPU-samples"); ok {
		t.Error("a closed library has GPUs")
	}
}

func TestCloseFails(t *testing.T) {
	l := driver(t, "-DSHUTDOWN=999")
	if _, ok := l.GPU("GPU-samples"); !ok {
		t.Fatal("the GPU is not found")
	}
	if err := l.Close(); err == nil || !strings.Contains(err.Error(), "closing NVML: error 999") {
		t.Errorf("closing it: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("closing it twice: %v", err)
	}
}

// The real library is there or not; either way nothing fails, and no GPU has this
// UUID.
func TestRealLibrary(t *testing.T) {
	l := New()
	if _, ok := l.GPU("GPU-samples"); ok {
		t.Error("the GPU of the tests is there")
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestGPU(t *testing.T) {
	const mJ = 5_000_000_000_123
	l := driver(t)
	defer l.Close()
	from := time.UnixMicro(1_000_000)
	for _, tt := range []struct {
		uuid string
		mJ   uint64  // 0: not told
		busy float64 // -1: not told
	}{
		{"GPU-samples", mJ, 0.6},
		{"GPU-fewer-than-promised", mJ, 0.6},
		{"GPU-other-times", mJ, 0.42},
		{"GPU-other-type", mJ, 0.42},
		{"GPU-lost-samples", mJ, 0.42},
		{"GPU-none-promised", mJ, 0.42},
		{"GPU-tells-nothing", 0, -1},
	} {
		t.Run(tt.uuid, func(t *testing.T) {
			g, ok := l.GPU(tt.uuid)
			if !ok {
				t.Fatal("the GPU is not found")
			}
			if got, ok := g.Energy(); ok != (tt.mJ > 0) || got != tt.mJ {
				t.Errorf("%d mJ, %v, want %d", got, ok, tt.mJ)
			}
			got, ok := g.Busy(from, from.Add(2*time.Second))
			if ok != (tt.busy >= 0) || ok && math.Abs(got-tt.busy) > 1e-9 {
				t.Errorf("busy %g, %v, want %g", got, ok, tt.busy)
			}
		})
	}
}
