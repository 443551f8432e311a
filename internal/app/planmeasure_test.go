package app

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"braid/accel"
	"braid/accel/plan"
	"braid/accel/plan/search"
)

// errBare is of a candidate without a profile to simulate it on.
var errBare = errors.New("no times")

// TestFinalists: the fastest, the chosen one, which may be slower and simpler, and those on one device.
func TestFinalists(t *testing.T) {
	two := plan.Plan{Segments: make([]plan.Segment, 2)}
	one := plan.Plan{Segments: []plan.Segment{{Devices: make([]plan.Placement, 1)}}}
	all := []search.Candidate{
		{Kind: search.OneDevice, Plan: one, FPS: 50, Rejected: "slow"},
		{Kind: search.FrameParallel, Rejected: "no plan of this kind runs"},
		{Kind: search.Pipeline, Plan: two, FPS: 100},
		{Kind: search.Hybrid, Plan: two, FPS: 101, Rejected: "only 1 % better"},
	}
	for n, want := range map[int][]search.Kind{
		1: {search.Hybrid, search.Pipeline, search.OneDevice},
		4: {search.Hybrid, search.Pipeline, search.OneDevice},
	} {
		var got []search.Kind
		for _, i := range (&chosen{Choice: search.Choice{Candidates: all}, unsimulated: errBare}).finalists(n) {
			got = append(got, all[i].Kind)
		}
		if !slices.Equal(got, want) {
			t.Errorf("--measure %d runs %v, want %v", n, got, want)
		}
	}
}

// TestKeep: of what ran, the simplest within 2 % of the best is kept, and none that is slower than the best on
// one device; the reasons against the others are what was measured.
func TestKeep(t *testing.T) {
	on := func(segments ...[]accel.DeviceID) (p plan.Plan) {
		for _, ids := range segments {
			var s plan.Segment
			for _, id := range ids {
				s.Devices = append(s.Devices, plan.Placement{ID: id})
			}
			p.Segments = append(p.Segments, s)
		}
		return p
	}
	one := []accel.DeviceID{"gpu:0"}
	both := []accel.DeviceID{"gpu:0", "gpu:1"}
	for _, c := range []struct {
		name  string
		rates map[search.Kind]float64
		want  search.Kind
		why   map[search.Kind]string
	}{
		{
			"a tie of noise is the simpler one's",
			map[search.Kind]float64{search.OneDevice: 3207, search.FrameParallel: 7127, search.Pipeline: 4394, search.Hybrid: 7132},
			search.FrameParallel,
			map[search.Kind]string{
				search.Hybrid:    "hybrid: measured 7132.0 frames/s, 0.07 % better than frame-parallel, which is simpler",
				search.Pipeline:  "pipeline: measured 4394.0 frames/s, 38.3 % slower than frame-parallel",
				search.OneDevice: "one-device: measured 3207.0 frames/s, 55 % slower than frame-parallel",
			},
		},
		{
			"better by more than that",
			map[search.Kind]float64{search.OneDevice: 1302, search.FrameParallel: 2433, search.Hybrid: 2963},
			search.Hybrid,
			map[search.Kind]string{search.FrameParallel: "frame-parallel: measured 2433.0 frames/s, 17.9 % slower than hybrid", search.Pipeline: "as predicted"},
		},
		{
			"one stream, as fast within 2 %, is slower than several on the same device",
			map[search.Kind]float64{search.OneDevice: 99, search.FrameParallel: 100, search.Hybrid: 90},
			search.FrameParallel,
			map[search.Kind]string{search.OneDevice: "one-device: measured 99.0 frames/s, 1 % slower than frame-parallel"},
		},
		{"nothing ran", nil, search.Hybrid, nil},
	} {
		made := &chosen{Choice: search.Choice{Candidates: []search.Candidate{
			{Kind: search.OneDevice, Plan: on(one), Rejected: "as predicted"},
			{Kind: search.FrameParallel, Plan: on(one), Rejected: "as predicted"},
			{Kind: search.Pipeline, Plan: on(one, one), Rejected: "as predicted"},
			{Kind: search.Hybrid, Plan: on(both, one)},
		}}}
		made.Chosen = made.Candidates[3]
		var rates []float64
		for _, k := range made.Candidates {
			fps, ran := c.rates[k.Kind]
			if !ran {
				fps = -1
			}
			rates = append(rates, fps)
		}
		made.keep(rates)
		if made.Chosen.Kind != c.want || made.Chosen.Rejected != "" {
			t.Errorf("%s: kept %s (%q), want %s", c.name, made.Chosen.Kind, made.Chosen.Rejected, c.want)
		}
		for _, k := range made.Candidates {
			if why, is := c.why[k.Kind]; is && k.Rejected != why {
				t.Errorf("%s: %q, want %q", c.name, k.Rejected, why)
			}
		}
	}
}

// TestKeepForCameras: of what carries the cameras, as said and as measured, the cheapest is kept; where nothing that ran
// makes as many frames the fastest, and the cameras do not fit.
func TestKeepForCameras(t *testing.T) {
	on := func(ids ...accel.DeviceID) (p plan.Plan) {
		for _, id := range ids {
			p.Segments = append(p.Segments, plan.Segment{Devices: []plan.Placement{{ID: id}}})
		}
		return p
	}
	for _, c := range []struct {
		name  string
		rates []float64 // one-device, frame-parallel, pipeline, hybrid; the second is chosen, of the first it was said that it is not enough
		want  search.Kind
		fit   search.Fit
		why   map[search.Kind]string
	}{
		{
			"the cheapest, though others are faster",
			[]float64{60, 110, 150, 160},
			search.FrameParallel,
			search.Fit{Fits: true, Most: 5, Bottleneck: "gpu:0"},
			map[search.Kind]string{
				search.OneDevice: "one-device: measured 60.0 frames/s, and the cameras send 100.0",
				search.Pipeline:  "pipeline: measured 150.0 frames/s, enough for the cameras, as is frame-parallel, which is cheaper",
				search.Hybrid:    "hybrid: measured 160.0 frames/s, enough for the cameras, as is frame-parallel, which is cheaper",
			},
		},
		{
			"the chosen one is slower than said",
			[]float64{60, 90, 150, 160},
			search.Pipeline,
			search.Fit{Fits: true, Most: 5, Bottleneck: "gpu:0"},
			map[search.Kind]string{search.FrameParallel: "frame-parallel: measured 90.0 frames/s, and the cameras send 100.0"},
		},
		{
			"said not to be enough",
			[]float64{120, 110, -1, -1},
			search.FrameParallel,
			search.Fit{Fits: true, Most: 5, Bottleneck: "gpu:0"},
			map[search.Kind]string{search.OneDevice: "one-device: measured 120.0 frames/s, but does not carry all cameras as planned", search.Hybrid: "as predicted"},
		},
		{
			"nothing is enough",
			[]float64{60, 90, 70, 80},
			search.FrameParallel,
			search.Fit{Most: 3, Bottleneck: "what was measured"},
			map[search.Kind]string{search.Hybrid: "hybrid: measured 80.0 frames/s, 11.1 % slower than frame-parallel"},
		},
		{"nothing ran", []float64{-1, -1, -1, -1}, search.FrameParallel, search.Fit{Fits: true, Most: 5, Bottleneck: "gpu:0"}, nil},
	} {
		made := &chosen{Choice: search.Choice{
			Candidates: []search.Candidate{
				{Kind: search.OneDevice, Plan: on("gpu:0"), Rejected: "as predicted"},
				{Kind: search.FrameParallel, Plan: on("gpu:0"), Enough: true},
				{Kind: search.Pipeline, Plan: on("gpu:0", "gpu:1"), Rejected: "as predicted", Enough: true},
				{Kind: search.Hybrid, Plan: on("gpu:0", "gpu:1", "gpu:0"), Rejected: "as predicted", Enough: true},
			},
			Cameras: &search.Fit{Demand: 100, Cameras: 4, Fits: true, Most: 5, Bottleneck: "gpu:0"},
		}}
		made.goal = search.Goal{Objective: search.Cameras, Cameras: []search.CameraGroup{{N: 2, FPS: 20}, {N: 2, FPS: 30}}}
		made.Chosen = made.Candidates[1]
		made.keep(c.rates)
		c.fit.Demand, c.fit.Cameras = 100, 4
		if made.Chosen.Kind != c.want || made.Chosen.Rejected != "" || *made.Cameras != c.fit {
			t.Errorf("%s: kept %s (%q), %+v, want %s, %+v", c.name, made.Chosen.Kind, made.Chosen.Rejected, *made.Cameras, c.want, c.fit)
		}
		for _, k := range made.Candidates {
			if why, is := c.why[k.Kind]; is && k.Rejected != why {
				t.Errorf("%s: %q, want %q", c.name, k.Rejected, why)
			}
		}
	}
}

// TestMeasuresWhatTheGoalAllows: a plan that is late, or slower than the goal wants, is not run; of cameras that do
// not fit the plan is that carries most. Of rates that were measured those that reach the goal's count.
func TestMeasuresWhatTheGoalAllows(t *testing.T) {
	one := plan.Plan{Segments: []plan.Segment{{Devices: make([]plan.Placement, 1)}}}
	on := []plan.Placement{{ID: "gpu:0"}}
	two := plan.Plan{Segments: []plan.Segment{{Until: "a", Devices: on}, {Devices: on}}}
	all := []search.Candidate{
		{Kind: search.OneDevice, Plan: one, FPS: 99, LatencyMS: 5},
		{Kind: search.FrameParallel, Rejected: "no plan of this kind runs"},
		{Kind: search.Pipeline, Plan: two, FPS: 101, LatencyMS: 15},
		{Kind: search.Hybrid, Plan: two, FPS: 103, LatencyMS: 25},
	}
	cameras := []search.CameraGroup{{N: 60, Width: 1, Height: 1, FPS: 25}}
	for name, c := range map[string]struct {
		goal search.Goal
		want []search.Kind
	}{
		"any":             {search.Goal{}, []search.Kind{search.OneDevice, search.Pipeline, search.Hybrid}},
		"budget":          {search.Goal{Budget: 20}, []search.Kind{search.OneDevice, search.Pipeline}},
		"rate":            {search.Goal{MinFPS: 100}, []search.Kind{search.Pipeline, search.Hybrid}},
		"too many":        {search.Goal{Objective: search.Cameras, Cameras: cameras, Budget: 2}, []search.Kind{search.OneDevice, search.Pipeline, search.Hybrid}},
		"rate and budget": {search.Goal{MinFPS: 100, Budget: 20}, []search.Kind{search.Pipeline}},
	} {
		var got []search.Kind
		made := &chosen{goal: c.goal, unsimulated: errBare}
		for _, k := range all {
			if made.runs(k) {
				got = append(got, k.Kind)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	rates := []float64{99.5, -1, 100.5, 101}
	for least, want := range map[float64]int{0: 0, 100: 2, 100.8: 3, 200: 3} {
		if got := winner(all, rates, least); got != want {
			t.Errorf("at least %g: %d, want %d", least, got, want)
		}
	}
}

// TestWiden: where more are to run than there are kinds, runners of other segments or devices do, the fastest first; any
// of those that ran can be kept.
func TestWiden(t *testing.T) {
	on := func(streams int, ids ...accel.DeviceID) (p plan.Plan) {
		for i, id := range ids {
			s := plan.Segment{Until: string(rune('a' + i)), Streams: 1, Devices: []plan.Placement{{ID: id, Streams: streams}}}
			p.Segments = append(p.Segments, s)
		}
		p.Segments[len(ids)-1].Until = ""
		return p
	}
	runners := []search.Candidate{
		{Kind: search.OneDevice, Plan: on(1, "gpu:0"), FPS: 100},
		{Kind: search.Hybrid, Plan: on(4, "gpu:1", "gpu:0"), FPS: 150},
		{Kind: search.Hybrid, Plan: on(8, "gpu:1", "gpu:0"), FPS: 160},
		{Kind: search.Hybrid, Plan: on(4, "gpu:0", "gpu:1", "gpu:0"), FPS: 170},
		{Kind: search.Hybrid, Plan: on(8, "gpu:1", "gpu:0", "gpu:1", "gpu:0"), FPS: 130},
	}
	for n, want := range map[int][]string{
		2: {"one-device 100", "hybrid 170"},
		3: {"one-device 100", "hybrid 2 160", "hybrid 170"},
		4: {"one-device 100", "hybrid 2 160", "hybrid 170", "hybrid 3 130"},
		9: {"one-device 100", "hybrid 2 160", "hybrid 170", "hybrid 3 130"},
	} {
		made := &chosen{Choice: search.Choice{Candidates: []search.Candidate{runners[0], runners[3]}, Runners: runners}, unsimulated: errBare}
		made.Candidates[0].Rejected = "slower"
		made.Chosen = made.Candidates[1]
		made.widen(n)
		var got []string
		for i, name := range made.names() {
			got = append(got, fmt.Sprint(name, " ", made.Candidates[i].FPS))
		}
		if !slices.Equal(got, want) {
			t.Errorf("--measure %d: %q, want %q", n, got, want)
		}
		made.goal.Objective = search.Cameras
		if made.widen(n + 1); len(made.Candidates) != len(want) {
			t.Errorf("--measure %d for cameras: %d candidates, want %d", n+1, len(made.Candidates), len(want))
		}
		if n < 3 {
			continue
		}
		rates := slices.Repeat([]float64{0}, len(got)) // the last ones come to nothing
		rates[0], rates[1], rates[2] = 99, 200, 150
		made.keep(rates)
		if made.Chosen.FPS != 160 || made.Candidates[1].Rejected != "" {
			t.Errorf("--measure %d keeps %v (%q)", n, made.Chosen.FPS, made.Candidates[1].Rejected)
		}
		if why := "hybrid: measured 150.0 frames/s, 25 % slower than hybrid 2"; made.Candidates[2].Rejected != why {
			t.Errorf("--measure %d: %q, want %q", n, made.Candidates[2].Rejected, why)
		}
	}
}
