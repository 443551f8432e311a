package app

import (
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"braid/accel"
	"braid/accel/plan"
	"braid/accel/plan/search"
)

// TestRefine: what is predicted of each candidate is no more than the simulator has of
// it, and the chosen one is the best of that.
func TestRefine(t *testing.T) {
	p := plan.Profile{Version: 1, Cores: 8, CPU: plan.CPUTimes{Prep: 0.1, Detect: 0.1}}
	for _, at := range []string{"a", "b", "c", ""} {
		p.Units = append(p.Units, plan.Unit{At: at, Device: "gpu:0", Precision: plan.FP16, MS: 1, Bytes: 1 << 20})
	}
	for _, at := range []string{"a", "b", "c", ""} {
		p.Units = append(p.Units, plan.Unit{At: at, Device: "dla:0", Precision: plan.FP16, MS: 4, Bytes: 1 << 20})
	}
	p.Streams = []plan.Streams{{Device: "gpu:0", N: 1, Precision: plan.FP16, Rate: 250}, {Device: "gpu:0", N: 2, Precision: plan.FP16, Rate: 260}}
	for _, way := range [][2]accel.DeviceID{{"cpu", "gpu:0"}, {"gpu:0", "cpu"}} {
		p.Transfers = append(p.Transfers, plan.Transfer{From: way[0], To: way[1], Bytes: 1 << 20, MS: 0.05})
	}
	p.Simulated = []plan.SimDevice{{ID: "dla:0"}}
	c, err := search.Choose(p, nil, search.Goal{})
	if err != nil {
		t.Fatal(err)
	}
	bounds := map[search.Kind]float64{}
	for _, k := range c.Candidates {
		bounds[k.Kind] = k.FPS
	}
	made := &chosen{Choice: c, profile: p, origin: "test"}
	if err := made.refine(); err != nil {
		t.Fatal(err)
	}
	if err := made.simulate(); err != nil {
		t.Fatal(err)
	}
	if d := made.sim.FPS / made.Chosen.FPS; d < 0.99 {
		t.Errorf("predicted %.1f frames/s, simulated %.1f", made.Chosen.FPS, made.sim.FPS)
	}
	for _, k := range made.Candidates {
		if k.FPS > bounds[k.Kind]*1.0001 {
			t.Errorf("%s: %.1f frames/s are more than the bound %.1f", k.Kind, k.FPS, bounds[k.Kind])
		}
		if k.FPS > made.Chosen.FPS/(1-search.Tolerance)+1e-9 {
			t.Errorf("%s has %.1f frames/s, the chosen %s %.1f", k.Kind, k.FPS, made.Chosen.Kind, made.Chosen.FPS)
		}
		if (k.Kind == made.Chosen.Kind) != (k.Rejected == "") {
			t.Errorf("%s: rejected %q beside the chosen %s", k.Kind, k.Rejected, made.Chosen.Kind)
		}
		if len(k.Plan.Segments) > 0 && k.Plan.Validate() != nil {
			t.Errorf("%s: %v", k.Kind, k.Plan.Validate())
		}
	}
	if len(made.sim.trace) == 0 || !strings.HasPrefix(made.sim.trace[0].Lane, "prep") {
		t.Errorf("timeline %+v", made.sim.trace)
	}
}

// TestRefineWithoutCopies keeps the bounds where the profile lacks what the simulator
// needs, and says so.
func TestRefineWithoutCopies(t *testing.T) {
	p := plan.Profile{Version: 1, Cores: 2, Units: []plan.Unit{{Device: "gpu:0", Precision: plan.FP16, MS: 1, Bytes: 1 << 20}}}
	c, err := search.Choose(p, nil, search.Goal{})
	if err != nil {
		t.Fatal(err)
	}
	made := &chosen{Choice: c, profile: p}
	if err := made.refine(); err != nil || made.Chosen.FPS != c.Chosen.FPS {
		t.Errorf("%v, %.1f frames/s instead of %.1f", err, made.Chosen.FPS, c.Chosen.FPS)
	}
	if err := made.simulate(); err != nil || made.sim != nil {
		t.Errorf("simulated %+v, %v", made.sim, err)
	}
	if err := made.draw(filepath.Join(t.TempDir(), "none.svg")); err == nil || ExitCode(err) != 3 || !strings.Contains(err.Error(), "no transfers") {
		t.Errorf("drawing: %v", err)
	}
}

// TestStages: on two cores that decode, prepare and infer all the time, each step takes
// as much longer as there are more at work than cores. Without the time of decoding nothing is
// said of stages.
func TestStages(t *testing.T) {
	p := plan.Profile{Version: 1, Cores: 2, CPU: plan.CPUTimes{Decode: 4, Prep: 1, Detect: 0.5}}
	p.Units = []plan.Unit{{Device: "cpu", Threads: 1, MS: 20}}
	stages := func() map[string]float64 {
		made := refined(t, p)
		return made.Chosen.Plan.Predicted.StagesMS
	}
	is := stages()
	if len(is) != 3 || is["prep"] < 1 || is["prep"] > 2 || is["infer.0"] < 20 || is["infer.0"] > 30 || is["detect"] < 0.5 || is["detect"] > 1 {
		t.Errorf("stages take %v ms", is)
	}
	p.CPU.Decode = 0
	if is := stages(); is != nil {
		t.Errorf("without decoding stages take %v ms", is)
	}
}

// TestCamerasAsTheySend: cameras that send in turn find everything free, so that a frame takes what it takes alone, of
// which decoding is in proportion to its pixels. Of more frames than the plan can do the rest is dropped.
func TestCamerasAsTheySend(t *testing.T) {
	p := plan.Profile{Version: 1, Cores: 4, CPU: plan.CPUTimes{Decode: 0.5, Prep: 1, Detect: 1, Width: 960, Height: 540}}
	p.Units = []plan.Unit{{Device: "gpu:0", Precision: plan.FP16, MS: 5, Bytes: 1}}
	p.Transfers = []plan.Transfer{{From: "cpu", To: "gpu:0", Bytes: 1}, {From: "gpu:0", To: "cpu", Bytes: 1}}
	for text, want := range map[string]struct{ p50, dropped float64 }{"10x1080p@10": {2 + 1 + 5 + 1, 0}, "20x1080p@10,10x1080p@10": {0, 1.0 / 3}, "": {}} {
		goal := search.Goal{}
		if text != "" {
			cameras, err := search.ParseCameras(text)
			if err != nil {
				t.Fatal(err)
			}
			goal.Objective, goal.Cameras = search.Cameras, cameras
		}
		c, err := search.Choose(p, nil, goal)
		if err != nil {
			t.Fatal(err)
		}
		made := &chosen{Choice: c, goal: goal, profile: p, origin: "test"}
		if err := errors.Join(made.refine(), made.simulate()); err != nil {
			t.Fatal(err)
		}
		got := made.sim.Cameras
		if text == "" {
			if got != nil {
				t.Errorf("without cameras: %+v", got)
			}
			continue
		}
		if want.p50 > 0 && math.Abs(got.P50-want.p50) > 0.1*want.p50 || math.Abs(got.Dropped-want.dropped) > 0.02 {
			t.Errorf("%s: %+v, want p50 %g and %g dropped", text, got, want.p50, want.dropped)
		}
		var b strings.Builder
		made.sim.explain(&b)
		if !strings.Contains(b.String(), "cameras as they send: p50") {
			t.Errorf("explained %q", b.String())
		}
	}
}
