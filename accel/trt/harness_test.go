package trt

import (
	"errors"
	"log/slog"
	"testing"

	"braid/accel"
	"braid/accel/acceltest"
	"braid/cuda"
)

// backend opens a library; whoever calls it closes the Backend.
func backend(t testing.TB, lib *cuda.Library, level int) *Backend {
	t.Helper()
	b, err := Open(lib, Options{Level: level, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// bothCopies makes a Job's tensors on a device and on the host.
func bothCopies(d accel.DeviceID) func(*testing.T, accel.Backend, int, []accel.TensorDesc) *accel.Bindings {
	return func(t *testing.T, b accel.Backend, index int, tensors []accel.TensorDesc) *accel.Bindings {
		t.Helper()
		onHost, err := b.Alloc(host, tensors)
		if err != nil {
			t.Fatal(err)
		}
		onDevice, err := b.Alloc(d, tensors)
		if err != nil {
			t.Fatal(errors.Join(err, onHost.Close()))
		}
		return accel.NewBindings(index, onHost, onDevice)
	}
}

// suite is the harness of what every backend passes, on a device.
func suite(open func(t *testing.T) accel.Backend, d accel.DeviceID, precision string, load accel.LoadOptions, tolerance float64) acceltest.Harness {
	return acceltest.Harness{
		Open: open, Device: d, Load: load, Tolerance: tolerance, Bindings: bothCopies(d),
		Build: accel.BuildOptions{Precision: precision, Fallback: true},
	}
}
