//go:build e2e

package gpustat

import (
	"testing"
	"time"

	"github.com/NVIDIA/go-nvml/pkg/nvml"
)

// TestOnGPU holds what is assumed of the driver against a real one: the names of
// calls, the counter that moves, and samples whose times are of the system's clock.
func TestOnGPU(t *testing.T) {
	l := New()
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	l.GPU("GPU-any") // opens it
	if !l.open {
		t.Skip("there is no NVIDIA driver here")
	}
	device, ret := l.api.DeviceGetHandleByIndex(0)
	if ret != nvml.SUCCESS {
		t.Skipf("there is no GPU here: %v", ret)
	}
	uuid, ret := device.GetUUID()
	if ret != nvml.SUCCESS {
		t.Fatal(ret)
	}
	g, ok := l.GPU(uuid)
	if !ok {
		t.Fatalf("the GPU %s is not found", uuid)
	}
	from := time.Now()
	before, counts := g.Energy()
	<-time.After(2 * time.Second) // the driver's own clock counts: there is no event to wait for
	to := time.Now()
	after, _ := g.Energy()
	if counts && after <= before {
		t.Errorf("the counter went from %d to %d mJ in 2 s", before, after)
	}
	share, ok := g.Busy(from, to)
	if !ok || share < 0 || share > 1 {
		t.Errorf("busy %g, %v", share, ok)
	}
	kind, samples, ret := device.GetSamples(nvml.GPU_UTILIZATION_SAMPLES, uint64(from.UnixMicro()))
	_, sampled := mean(samples, from, to)
	if ret == nvml.SUCCESS && (kind != nvml.VALUE_TYPE_UNSIGNED_INT || !sampled) {
		t.Errorf("%d samples of type %v, and none of 2 s", len(samples), kind)
	}
	t.Logf("%s: %.1f W, busy %.2f, %d samples (%v)", uuid, float64(after-before)/1e3/to.Sub(from).Seconds(), share, len(samples), ret)
}
