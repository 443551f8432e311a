package search_test

import (
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
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
		parts  []int // those that are cut on the CPU alone
		want   int
	}{
		{"within 2 %", []float64{98.5, 100}, nil, 0},
		{"not within 2 %", []float64{97, 100}, nil, 1},
		{"whole frames behind parts on the CPU", []float64{89, 100}, []int{1}, 0},
		{"far behind", []float64{88, 100}, []int{1}, 1},
		{"of two that are in such parts the usual counts", []float64{80, 97, 100}, []int{1, 2}, 2},
		{"of two that are not, too", []float64{91, 95, 100}, []int{2}, 1},
		{"such parts before others", []float64{98.5, 100}, []int{0}, 1},
		{"far ahead of others", []float64{115, 100}, []int{0}, 0},
		{"joules", []float64{-1.09, -1}, []int{1}, 0},
		{"many joules", []float64{-1.2, -1}, []int{1}, 1},
		{"a kind without a plan", []float64{none, 50}, nil, 1},
		{"no plan", []float64{none, none}, []int{1}, -1},
		{"nothing", nil, nil, -1},
	} {
		var sure []float64
		for i, v := range c.values {
			sure = append(sure, search.Sure(v, slices.Contains(c.parts, i)))
		}
		if got := search.Simplest(sure); got != c.want {
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

// inParts is a machine of two cores that take first and 9.4 ms for the two units of a network, and
// others that take so long for the first one, all that they can run.
func inParts(first float64, others map[accel.DeviceID]float64) plan.Profile {
	p := plan.Profile{Version: plan.Version, Model: "m@sha256:0123456789abcdef", Machine: "box", Cores: 2, Input: 1000}
	p.Units = []plan.Unit{
		{At: "a", Device: "cpu", Threads: 1, MS: first, Bytes: 1000},
		{Device: "cpu", Threads: 1, MS: 9.4, Bytes: 1000},
	}
	for _, d := range slices.Sorted(maps.Keys(others)) {
		threads := 0
		if d.Kind() == "cpu" {
			threads = 1
		}
		p.Units = append(p.Units,
			plan.Unit{At: "a", Device: d, Threads: threads, MS: others[d], Bytes: 1000},
			plan.Unit{Device: d, Threads: threads, Bytes: 1000, Why: "layer b is not for it"})
	}
	p.Transfers = []plan.Transfer{{From: "cpu", To: "gpu:0", Bytes: 1000, MS: 0.01}, {From: "gpu:0", To: "cpu", Bytes: 1000, MS: 0.01}}
	return p
}

// TestPartsOnCPU: parts on the CPU alone that would be better by 5 % are not taken, no camera is
// promised for them, and they hide no plan that uses another device. Where they are better by
// far they are taken, with room for what they may be slower.
func TestPartsOnCPU(t *testing.T) {
	const ov, gpu = "cpu/openvino", "gpu:0"
	for _, c := range []struct {
		name    string
		first   float64
		others  map[accel.DeviceID]float64
		want    search.Kind
		with    accel.DeviceID // that the plan uses
		cameras string         // of 5 frames/s
		fits    bool
		most    int
	}{
		{"200 whole, 210 in parts", 0.6, map[accel.DeviceID]float64{ov: 0.1}, search.FrameParallel, "cpu", "41x720p@5", false, 40},
		{"200 whole, 212 with a GPU", 0.6, map[accel.DeviceID]float64{gpu: 0.1}, search.Hybrid, gpu, "41x720p@5", true, 42},
		{"190 whole, 210 in parts, 205 with a GPU", 1.1, map[accel.DeviceID]float64{ov: 0.1, gpu: 4.87}, search.Hybrid, gpu, "41x720p@5", true, 41},
		{"161 whole, 210 in parts", 3, map[accel.DeviceID]float64{ov: 0.1}, search.Hybrid, ov, "37x720p@5", true, 37},
		{"161 whole, 210 in parts, of which 189 count", 3, map[accel.DeviceID]float64{ov: 0.1}, search.Hybrid, ov, "38x720p@5", false, 37},
	} {
		p := inParts(c.first, c.others)
		cameras, err := search.ParseCameras(c.cameras)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range []search.Goal{{MaxSegments: 2}, {MaxSegments: 2, Objective: search.Cameras, Cameras: cameras}} {
			got, err := search.Choose(p, nil, g)
			if err != nil {
				t.Fatal(err)
			}
			uses := slices.ContainsFunc(got.Chosen.Plan.Segments, func(s plan.Segment) bool {
				return slices.ContainsFunc(s.Devices, func(d plan.Placement) bool { return d.ID == c.with })
			})
			if got.Chosen.Kind != c.want || !uses {
				t.Errorf("%s: %+v is chosen, want %s with %s", c.name, got.Chosen.Plan.Segments, c.want, c.with)
			}
			for _, k := range got.Candidates { // 210 frames/s that were not enough
				if search.CutOnCPU(k.Plan) && k.FPS > got.Chosen.FPS && !strings.Contains(k.Rejected, "of parts on the CPU alone nine tenths count") {
					t.Errorf("%s: %s", c.name, k.Rejected)
				}
			}
			if f := got.Cameras; f != nil && (f.Fits != c.fits || f.Most != c.most) {
				t.Errorf("%s: %s: %+v, want %v, at most %d", c.name, c.cameras, *f, c.fits, c.most)
			}
		}
	}
}

// TestFloorOfPartsOnCPU: parts on the CPU alone reach a floor of the rate with nine tenths of what they promise.
func TestFloorOfPartsOnCPU(t *testing.T) {
	p := inParts(3, map[accel.DeviceID]float64{"cpu/openvino": 0.1}) // 161 whole, 210 in parts, of which 189 count
	p.Watts = []plan.Watts{{Device: "cpu", Busy: 20, Idle: 5}, {Device: "cpu/openvino", Busy: 20, Idle: 5}}
	for _, c := range []struct {
		goal search.Goal
		want int // segments of the plan; 0: none reaches it
	}{
		{search.Goal{MinFPS: 160}, 2},
		{search.Goal{MinFPS: 188}, 2},
		{search.Goal{MinFPS: 195}, 0},
		{search.Goal{Objective: search.Energy, MinFPS: 188}, 2},
		{search.Goal{Objective: search.Energy, MinFPS: 195}, 0},
		{search.Goal{Objective: search.Latency, Budget: 60, MinFPS: 188}, 2},
		{search.Goal{Objective: search.Latency, Budget: 60, MinFPS: 195}, 0},
	} {
		c.goal.MaxSegments = 2
		got, err := search.Choose(p, nil, c.goal)
		if n := len(got.Chosen.Plan.Segments); n != c.want || errors.Is(err, search.ErrNoPlan) != (c.want == 0) {
			t.Errorf("%s of at least %v frames/s: %d segments, %v; want %d", c.goal.Objective, c.goal.MinFPS, n, err, c.want)
		}
	}
}
