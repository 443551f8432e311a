package search_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"braid/accel"
	"braid/accel/plan"
	"braid/accel/plan/search"
)

const board = `version: 1
model: net@sha256:0123456789abcdef
cores: 8
cpu_ms: {decode: 2, prep: 1, detect: 0.5, width: 1920, height: 1080}
units:
  - {at: a, device: "gpu:0", precision: fp16, ms: 4, cut_ms: 0.1}
  - {at: b, device: "gpu:0", precision: fp16, ms: 4, cut_ms: 0.1}
  - {device: "gpu:0", precision: fp16, ms: 4}
  - {at: a, device: "dla:0", precision: fp16, ms: 8, cut_ms: 0.1}
  - {at: b, device: "dla:0", precision: fp16, ms: 8, cut_ms: 0.1}
  - {device: "dla:0", precision: fp16, ms: 0, why: "layer yolo_30 (Mul): a plugin"}
streams: [{device: "gpu:0", precision: fp16, n: 1, rate: 83.3}, {device: "gpu:0", precision: fp16, n: 4, rate: 100}]
corun: [{a: "gpu:0", b: "dla:0", slowdown_a: 1.05, slowdown_b: 1.05}]
watts: [{device: cpu, busy: 10, idle: 2}, {device: "gpu:0", busy: 30, idle: 5}, {device: "dla:0", busy: 5, idle: 1}]
`

func TestChoosesThePipelineAndSaysWhy(t *testing.T) {
	c, err := search.Choose(parsed(t, board), nil, search.Goal{Model: "net@sha256:0123456789abcdef"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Chosen.Kind != search.Pipeline || c.Chosen.FPS < 110 {
		t.Errorf("chose %s with %.1f frames/s", c.Chosen.Kind, c.Chosen.FPS)
	}
	for i, want := range []string{
		"one-device: gpu:0 is the bottleneck at 83.3 frames/s; 29.6 % slower than pipeline",
		"frame-parallel: gpu:0 is the bottleneck at 100.0 frames/s; 15.4 % slower than pipeline",
		"",
		"hybrid: dla:0 is the bottleneck at 118.3 frames/s; no better than pipeline, which is simpler",
	} {
		if got := c.Candidates[i].Rejected; got != want {
			t.Errorf("%s: %q, want %q", c.Candidates[i].Kind, got, want)
		}
	}
	if len(c.Unavailable) != 1 || c.Unavailable[0].Device != "dla:0" || !strings.Contains(c.Unavailable[0].Why, "yolo_30") {
		t.Errorf("unavailable %+v, want dla:0 with its layer", c.Unavailable)
	}
	if !c.Exact || c.Gap < 0 || c.Gap > 0.0205 {
		t.Errorf("exact %v, gap %v", c.Exact, c.Gap)
	}
}

// TestPicksFramesWhereThePipelineLoses: cuts of a small network cost more than the DLA
// gains.
func TestPicksFramesWhereThePipelineLoses(t *testing.T) {
	text := strings.NewReplacer("cut_ms: 0.1", "cut_ms: 5").Replace(board)
	c, err := search.Choose(parsed(t, text), nil, search.Goal{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Chosen.Kind != search.FrameParallel {
		t.Errorf("chose %s: %+v", c.Chosen.Kind, c.Chosen.Plan.Segments)
	}
	if got := c.Candidates[3].Rejected; !strings.Contains(got, "slower than frame-parallel") {
		t.Errorf("hybrid: %q", got)
	}
}

func TestLatency(t *testing.T) {
	p := parsed(t, board)
	least, err := search.Choose(p, nil, search.Goal{Objective: search.Latency})
	if err != nil {
		t.Fatal(err)
	}
	if l := least.Chosen.LatencyMS; l < 13.49 || l > 13.51 { // 12 on the GPU, prep, detect
		t.Errorf("least latency %v ms of %s", l, least.Chosen.Kind)
	}
	within, err := search.Choose(p, nil, search.Goal{Objective: search.Latency, Budget: 40})
	if err != nil {
		t.Fatal(err)
	}
	if l := within.Chosen.LatencyMS; l > 40.001 || within.Chosen.FPS <= least.Chosen.FPS {
		t.Errorf("%v frames/s in %v ms", within.Chosen.FPS, l)
	}
	_, err = search.Choose(p, nil, search.Goal{Objective: search.Latency, Budget: 5})
	if !errors.Is(err, search.ErrNoPlan) || !strings.Contains(err.Error(), "budget 5 ms") {
		t.Errorf("budget of 5 ms: %v", err)
	}
}

func TestEnergy(t *testing.T) {
	p := parsed(t, board)
	c, err := search.Choose(p, nil, search.Goal{Objective: search.Energy})
	if err != nil {
		t.Fatal(err)
	}
	fast, err := search.Choose(p, nil, search.Goal{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Chosen.Joules > fast.Chosen.Joules*1.02 || c.Chosen.Joules <= 0 {
		t.Errorf("%v J a frame, and the fastest plan takes %v", c.Chosen.Joules, fast.Chosen.Joules)
	}
	p.Watts = p.Watts[:2]
	if _, err = search.Choose(p, nil, search.Goal{Objective: search.Energy}); !errors.Is(err, search.ErrGoal) || !strings.Contains(err.Error(), "watts of dla:0") {
		t.Errorf("without the DLA's watts: %v", err)
	}
}

func TestCameras(t *testing.T) {
	p := parsed(t, board)
	for _, c := range []struct {
		cameras string
		budget  float64
		fits    bool
		most    int
		devices int
		limit   string
	}{
		{"2x1080p@15", 200, true, 7, 1, "gpu:0"},
		{"6x1080p@15", 200, true, 7, 1, "gpu:0"},
		{"7x1080p@15", 200, true, 7, 2, "gpu:0"},
		{"16x1080p@15", 200, false, 7, 2, "gpu:0"},
		{"7x1080p@15", 60, false, 5, 1, "budget"},
		{"2x2160p@15", 200, true, 7, 1, "gpu:0"},
	} {
		cameras, err := search.ParseCameras(c.cameras)
		if err != nil {
			t.Fatal(err)
		}
		got, err := search.Choose(p, nil, search.Goal{Objective: search.Cameras, Cameras: cameras, Budget: c.budget})
		if err != nil {
			t.Fatal(err)
		}
		devices := map[accel.DeviceID]bool{}
		for _, s := range got.Chosen.Plan.Segments {
			for _, d := range s.Devices {
				devices[d.ID] = true
			}
		}
		f := got.Cameras
		if f.Fits != c.fits || got.Chosen.Enough != c.fits || f.Most != c.most || len(devices) != c.devices || f.Bottleneck != c.limit {
			t.Errorf("%s in %v ms: %+v on %d devices (%s), want fits %v, most %d, %d devices, limit %s",
				c.cameras, c.budget, *f, len(devices), got.Chosen.Kind, c.fits, c.most, c.devices, c.limit)
		}
		if f.Fits && got.Chosen.FPS < f.Demand {
			t.Errorf("%s: fits, with %v frames/s of %v", c.cameras, got.Chosen.FPS, f.Demand)
		}
	}
}

func TestRefuses(t *testing.T) {
	p := parsed(t, board)
	cameras, _ := search.ParseCameras("1x720p@1")
	for _, c := range []struct {
		name    string
		goal    search.Goal
		devices []accel.Device
		is      error
		want    string
	}{
		{"objective", search.Goal{Objective: "speed"}, nil, search.ErrGoal, "objective: "},
		{"budget", search.Goal{Budget: -1}, nil, search.ErrGoal, "budget: -1 ms"},
		{"no cameras", search.Goal{Objective: search.Cameras}, nil, search.ErrGoal, "needs cameras"},
		{"cameras for nothing", search.Goal{Cameras: cameras}, nil, search.ErrGoal, "not for fps"},
		{"two rates", search.Goal{Objective: search.Cameras, Cameras: cameras, MinFPS: 3}, nil, search.ErrGoal, "the cameras say the rate"},
		{"too fast", search.Goal{MinFPS: 1e6}, nil, search.ErrNoPlan, "min_fps 1e+06"},
		{"model", search.Goal{Model: "net@sha256:ffffffffffffffff"}, nil, search.ErrProfile, "measured of net@sha256:0123456789abcdef"},
		{"cut", search.Goal{Cuts: []string{"z"}}, nil, search.ErrCut, `"z": the profile has a, b`},
		{"device", search.Goal{}, listed("gpu:7"), search.ErrNoDevice, "the profile has gpu:0, dla:0, the machine gpu:7"},
		{"only a DLA", search.Goal{}, listed("dla:0"), search.ErrNoPlan, "layer yolo_30 (Mul): a plugin"},
		{"precision", search.Goal{Precisions: []plan.Precision{plan.INT8}}, nil, search.ErrNoPlan, "precisions [int8]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := search.Choose(p, c.devices, c.goal)
			if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want %v with %q", err, c.is, c.want)
			}
		})
	}
}

// TestGivesTheGap: a search that is cut short says what it may have missed.
func TestGivesTheGap(t *testing.T) {
	p := large(15)
	full, err := search.Choose(p, nil, search.Goal{})
	if err != nil {
		t.Fatal(err)
	}
	short, err := search.Choose(p, nil, search.Goal{Steps: 2000})
	if err != nil {
		t.Fatal(err)
	}
	if !full.Exact || short.Exact {
		t.Errorf("exact: %v in full, %v cut short", full.Exact, short.Exact)
	}
	if short.BoundFPS < full.BoundFPS*(1-1e-9) || short.Gap <= full.Gap {
		t.Errorf("cut short %v frames/s, bound %v; in full %v, bound %v", short.Chosen.FPS, short.BoundFPS, full.Chosen.FPS, full.BoundFPS)
	}
}

// large is a machine of four devices and a network of n units.
func large(n int) plan.Profile {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	p := plan.Profile{Version: 1, Cores: 8, CPU: plan.CPUTimes{Decode: 2, Prep: 1, Detect: 0.5}}
	for _, d := range []struct {
		id      accel.DeviceID
		threads int
		factor  float64
	}{{"gpu:0", 0, 1}, {"dla:0", 0, 2}, {"dla:1", 0, 2}, {"cpu", 1, 20}} {
		own := rand.New(rand.NewPCG(uint64(d.id[0]), uint64(n)))
		for i := range n {
			u := plan.Unit{
				Device: d.id, Threads: d.threads, Precision: plan.FP16, CutMS: 0.05, Bytes: int64(1000 * (i % 7)),
				MS: 20 / float64(n) * d.factor * (0.2 + 1.6*own.Float64()),
			}
			if i < n-1 {
				u.At = fmt.Sprintf("c%d", i)
			}
			p.Units = append(p.Units, u)
		}
	}
	p.Transfers = []plan.Transfer{{From: "cpu", To: "gpu:0", Bytes: 1000, MS: 0.05 + 0.05*r.Float64()}, {From: "gpu:0", To: "cpu", Bytes: 1000, MS: 0.1}}
	for s, rate := range map[int]float64{1: 100, 2: 140, 4: 170, 8: 180} {
		p.Streams = append(p.Streams, plan.Streams{Device: "gpu:0", Precision: plan.FP16, N: s, Rate: rate})
	}
	for _, dla := range []accel.DeviceID{"dla:0", "dla:1"} {
		p.Corun = append(p.Corun, plan.Corun{A: "gpu:0", B: dla, SlowdownA: 1.1, SlowdownB: 1.15})
	}
	return p
}

// BenchmarkChoose is four devices, up to four segments.
func BenchmarkChoose(b *testing.B) {
	for _, n := range []int{20, 50, 100, 150} {
		p := large(n)
		b.Run(fmt.Sprintf("units=%d", n), func(b *testing.B) {
			for b.Loop() {
				c, err := search.Choose(p, nil, search.Goal{})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(100*c.Gap, "%gap")
				if c.Exact {
					b.ReportMetric(1, "exact")
				}
			}
		})
	}
}
