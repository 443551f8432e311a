package search_test

import (
	"math"
	"testing"

	"braid/accel"
	"braid/accel/plan"
	"braid/accel/plan/search"
)

func TestSimplest(t *testing.T) {
	none := math.Inf(-1)
	for _, c := range []struct {
		name   string
		values []float64
		parts  []bool // nil: none is cut on the CPU alone
		want   int
	}{
		{"within 2 %", []float64{98.5, 100}, nil, 0},
		{"not within 2 %", []float64{97, 100}, nil, 1},
		{"the best is cut on the CPU: within 10 %", []float64{91, 100}, []bool{false, true}, 0},
		{"not within 10 %", []float64{89, 100}, []bool{false, true}, 1},
		{"of two that are cut the usual counts", []float64{80, 97, 100}, []bool{false, true, true}, 2},
		{"of two that are not, too", []float64{91, 95, 100}, []bool{false, false, true}, 1},
		{"a cut one that is simpler has no advantage", []float64{97, 100}, []bool{true, false}, 1},
		{"joules", []float64{-1.05, -1}, []bool{false, true}, 0},
		{"a kind without a plan", []float64{none, 50}, nil, 1},
		{"no plan", []float64{none, none}, nil, -1},
		{"nothing", nil, nil, -1},
	} {
		if c.parts == nil {
			c.parts = make([]bool, len(c.values))
		}
		if got := search.Simplest(c.values, c.parts); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestCutOnCPU(t *testing.T) {
	on := func(devices ...accel.DeviceID) (p plan.Plan) {
		for _, d := range devices {
			p.Segments = append(p.Segments, plan.Segment{Devices: []plan.Placement{{ID: d}}})
		}
		return p
	}
	for _, c := range []struct {
		plan plan.Plan
		want bool
	}{
		{on("cpu"), false},
		{on("cpu", "cpu/openvino"), true},
		{on("gpu:0", "cpu"), false},
		{on("npu:0/openvino", "cpu"), false},
		{on(), false},
	} {
		if got := search.CutOnCPU(c.plan); got != c.want {
			t.Errorf("%+v: %v", c.plan.Segments, got)
		}
	}
}

// slightlyBetterInParts is a machine of two cores on which a whole network makes 200 frames/s,
// and 210 where another device runs its first unit, all that it can.
func slightlyBetterInParts(second accel.DeviceID) plan.Profile {
	p := plan.Profile{Version: plan.Version, Model: "m@sha256:0123456789abcdef", Machine: "box", Cores: 2, Input: 1000}
	p.Units = []plan.Unit{
		{At: "a", Device: "cpu", Threads: 1, MS: 0.6, Bytes: 1000},
		{Device: "cpu", Threads: 1, MS: 9.4, Bytes: 1000},
		{At: "a", Device: second, MS: 0.1, Bytes: 1000},
		{Device: second, Bytes: 1000, Why: "layer b is not for it"},
	}
	if second.Kind() == "cpu" {
		p.Units[2].Threads, p.Units[3].Threads = 1, 1
	}
	p.Transfers = []plan.Transfer{{From: "cpu", To: "gpu:0", Bytes: 1000, MS: 0.01}, {From: "gpu:0", To: "cpu", Bytes: 1000, MS: 0.01}}
	return p
}

// TestWholeOnCPU: parts on the CPU alone that would be better by 5 % are not taken, and no
// camera is promised for them; where the first of them is a GPU's they are.
func TestWholeOnCPU(t *testing.T) {
	cameras, err := search.ParseCameras("41x720p@5") // 205 frames/s
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		second accel.DeviceID
		want   search.Kind
		fits   bool
		most   int
	}{{"cpu/openvino", search.FrameParallel, false, 40}, {"gpu:0", search.Hybrid, true, 42}} {
		p := slightlyBetterInParts(c.second)
		got, err := search.Choose(p, nil, search.Goal{MaxSegments: 2})
		if err != nil {
			t.Fatal(err)
		}
		if got.Chosen.Kind != c.want || got.BoundFPS < 1.04*200 {
			t.Errorf("cpu and %s: %s is chosen at %.1f frames/s of %.1f, want %s", c.second, got.Chosen.Kind, got.Chosen.FPS, got.BoundFPS, c.want)
		}
		got, err = search.Choose(p, nil, search.Goal{MaxSegments: 2, Objective: search.Cameras, Cameras: cameras})
		if err != nil {
			t.Fatal(err)
		}
		if f := got.Cameras; f.Fits != c.fits || f.Most != c.most || got.Chosen.Kind != c.want {
			t.Errorf("cameras on cpu and %s: %+v, %s is chosen; want %v, %d, %s", c.second, f, got.Chosen.Kind, c.fits, c.most, c.want)
		}
	}
}
