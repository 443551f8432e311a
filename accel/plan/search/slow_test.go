package search_test

import (
	"fmt"
	"testing"

	"braid/accel/plan/search"
)

// TestSlowDevices: a replica that is slow beside others is spare, and takes one frame at a time where its
// runs are long enough that the host's waking between two of them does not count.
func TestSlowDevices(t *testing.T) {
	for _, c := range []struct {
		name       string
		slow       string
		fastMS, ms float64
		depth      int  // of the slow one
		spare      bool // it is
	}{
		{name: "six times as slow", slow: "gpu:1", fastMS: 1, ms: 6, depth: 1, spare: true},
		{name: "a DLA", slow: "dla:0", fastMS: 4, ms: 9, depth: 1, spare: true},
		{name: "not twice as slow", slow: "gpu:1", fastMS: 4, ms: 6},
		{name: "as fast", slow: "gpu:1", fastMS: 4, ms: 4},
		{name: "short runs", slow: "gpu:1", fastMS: 0.1, ms: 0.6, spare: true},
		{name: "the CPU has one in any case", slow: "cpu", fastMS: 1, ms: 6, spare: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			threads := ""
			if c.slow == "cpu" {
				threads = "threads: 1, "
			}
			got, err := search.Choose(parsed(t, fmt.Sprintf(`version: 1
model: net
cores: 8
cpu_ms: {decode: 0, prep: 0.01, detect: 0.01}
units:
  - {device: "gpu:0", ms: %g}
  - {device: %q, %sms: %g}
`, c.fastMS, c.slow, threads, c.ms)), nil, search.Goal{})
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range got.Runners {
				for _, d := range k.Plan.Segments[0].Devices {
					depth, spare := 0, false
					if string(d.ID) == c.slow && len(k.Plan.Segments[0].Devices) > 1 {
						depth, spare = c.depth, c.spare
					}
					if d.Depth != depth || d.Spare != spare {
						t.Errorf("%s: %s has depth %d and spare %v, want %d and %v", k.Kind, d.ID, d.Depth, d.Spare, depth, spare)
					}
				}
			}
			if last := got.Runners[len(got.Runners)-1].Plan.Segments[0]; len(last.Devices) != 2 {
				t.Errorf("no plan with both devices: %+v", last)
			}
		})
	}
}
