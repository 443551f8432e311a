//go:build e2e && cgo && linux

package nvml

import (
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestOnGPU holds what is assumed of the driver against a real one: the names and
// types of functions, the counter that moves, and samples whose times are of the
// system's clock.
func TestOnGPU(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "nvidia-smi", "--query-gpu=uuid", "--format=csv,noheader").Output()
	if err != nil {
		t.Skipf("there is no NVIDIA driver here, or no GPU: running nvidia-smi: %v", err)
	}
	uuid, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	l := New()
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	g, ok := l.GPU(uuid)
	if !ok {
		t.Fatalf("the GPU %q is not found", uuid)
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
	samples := g.samples(from)
	_, sampled := mean(samples, from, to)
	if len(samples) > 0 && !sampled {
		t.Errorf("none of %d samples is of 2 s", len(samples))
	}
	t.Logf("%s: %.1f W, busy %.2f, %d samples", uuid, float64(after-before)/1e3/to.Sub(from).Seconds(), share, len(samples))
}
