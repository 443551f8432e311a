//go:build cgo && linux

package trt

import (
	"testing"

	"braid/accel"
	"braid/cuda/cudatest"
)

// TestUUID: a DLA has that of the GPU beside it.
func TestUUID(t *testing.T) {
	b := onFake(t, cudatest.New(t))
	t.Cleanup(func() { must(t, b.Close()) })
	const first, second = "GPU-00000000-0000-0000-0000-000000000000", "GPU-00000000-0000-0000-0000-000000000001"
	for d, want := range map[accel.DeviceID]string{"gpu:0": first, "gpu:1/trt": second, "dla:1": first, "gpu:9": "", "gpu:x": "", "cpu": ""} {
		if got := b.UUID(d); got != want {
			t.Errorf("UUID of %s is %q, want %q", d, got, want)
		}
	}
}
