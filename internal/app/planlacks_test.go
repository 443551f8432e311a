package app

import (
	"testing"

	"braid/accel/plan"
	"braid/accel/plan/search"
)

// TestProfileLacksWhatARunnerNeeds: a profile that somebody added a device to without its copies, or whose CPU
// times are for all cores, is planned with.
func TestProfileLacksWhatARunnerNeeds(t *testing.T) {
	const gpu = `version: 1
cores: 4
input_bytes: 4096
cpu_ms: {prep: 0.1, detect: 0.1}
transfers:
  - {from: cpu, to: "gpu:0", bytes: 4096, ms: 0.01}
  - {from: "gpu:0", to: cpu, bytes: 4096, ms: 0.01}
units:
  - {at: a, device: "gpu:0", precision: fp16, ms: 0.5, bytes: 2048}
  - {device: "gpu:0", precision: fp16, ms: 0.5, bytes: 2048}
`
	for _, c := range []struct{ name, units, other string }{
		{"no copies", "  - {at: a, device: \"gpu:1\", precision: fp16, ms: 60, bytes: 2048}\n  - {device: \"gpu:1\", precision: fp16, ms: 60, bytes: 2048}\n", "gpu:1"},
		{"no threads", "  - {at: a, device: cpu, ms: 60, bytes: 2048}\n  - {device: cpu, ms: 60, bytes: 2048}\n", "cpu"},
	} {
		p, err := plan.ParseProfile([]byte(gpu+c.units), "p.yaml")
		if err != nil {
			t.Fatal(err)
		}
		choice, err := search.Choose(p, nil, search.Goal{})
		if err != nil {
			t.Fatal(err)
		}
		others := 0
		for _, r := range choice.Runners {
			for _, s := range r.Plan.Segments {
				for _, d := range s.Devices {
					if string(d.ID) == c.other {
						others++
					}
				}
			}
		}
		if others == 0 {
			t.Errorf("%s: no runner has %s: nothing was tested", c.name, c.other)
		}
		made := &chosen{Choice: choice, profile: p, origin: "test"}
		if err := made.refine(); err != nil || made.unsimulated != nil || !made.Chosen.Plan.Uses("gpu:0") {
			t.Errorf("%s: %v, not simulated: %v, %s", c.name, err, made.unsimulated, layoutOf(made.Chosen.Plan))
		}
	}
}

// TestThreadsOfAllCores: a profile's CPU times without threads are those of all cores, as the search writes them.
func TestThreadsOfAllCores(t *testing.T) {
	p, err := plan.ParseProfile([]byte("version: 1\ncores: 4\nunits:\n  - {device: cpu, ms: 60}\n"), "p.yaml")
	if err != nil {
		t.Fatal(err)
	}
	choice, err := search.Choose(p, nil, search.Goal{})
	if err != nil {
		t.Fatal(err)
	}
	made := &chosen{Choice: choice, profile: p, origin: "test"}
	if err := made.refine(); err != nil || made.unsimulated != nil {
		t.Errorf("%v, not simulated: %v", err, made.unsimulated)
	}
}
