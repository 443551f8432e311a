package app

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"braid/accel"
	"braid/accel/plan"
	"braid/accel/plan/search"
	"braid/accel/sim"
	"braid/accel/sim/des"
)

// twoGPUs is a random network on a GPU and a slower one, which is often a queue and often cannot run its end.
func twoGPUs(r *rand.Rand) plan.Profile {
	p := plan.Profile{Version: 1, Cores: 8, Input: 1 << 20, CPU: plan.CPUTimes{Prep: 0.1, Detect: 0.1}}
	n, slower := 3+r.IntN(5), 1+6*r.Float64()
	refuses := r.IntN(2) == 0
	whole := 0.0
	for _, d := range []accel.DeviceID{"gpu:0", "gpu:1"} {
		for i := range n {
			u := plan.Unit{Device: d, Precision: plan.FP16, MS: 0.05 + r.Float64(), Bytes: int64(1+r.IntN(4)) << 20, CutMS: 0.05 * r.Float64()}
			switch {
			case i < n-1:
				u.At = string(rune('a' + i))
			default:
				u.CutMS = 0
			}
			if d == "gpu:0" {
				whole += u.MS
			} else {
				u.MS *= slower
				if refuses && i == n-1 {
					u.MS, u.Why = 0, "no"
				}
			}
			p.Units = append(p.Units, u)
		}
	}
	for i, times := range []float64{1, 1.2, 1.5} {
		p.Streams = append(p.Streams, plan.Streams{Device: "gpu:0", N: 1 << i, Precision: plan.FP16, Rate: times * 1000 / whole})
	}
	if r.IntN(3) > 0 {
		p.FIFO = []accel.DeviceID{"gpu:1"}
	}
	memories := []accel.DeviceID{"cpu", "gpu:0", "gpu:1"}
	for _, from := range memories {
		for _, to := range memories {
			if from != to {
				p.Transfers = append(p.Transfers, plan.Transfer{From: from, To: to, Bytes: 1 << 20, MS: 0.02 + 0.1*r.Float64()})
			}
		}
	}
	return p
}

// refined is what the planner takes from a profile, held against the simulator.
func refined(t *testing.T, p plan.Profile) *chosen {
	t.Helper()
	return refinedFor(t, p, nil, search.Goal{})
}

// refinedFor is that for a goal, on listed devices.
func refinedFor(t *testing.T, p plan.Profile, devices []accel.Device, goal search.Goal) *chosen {
	t.Helper()
	c, err := search.Choose(p, devices, goal)
	if err != nil {
		t.Fatal(err)
	}
	made := &chosen{Choice: c, goal: goal, profile: p, origin: "test"}
	if err := made.refine(); err != nil {
		t.Fatal(err)
	}
	return made
}

// TestRefineTakesTheBestRunner: of each kind, and of all, the simplest runner near the best by the simulator
// is taken. It is not always the best by the bounds.
func TestRefineTakesTheBestRunner(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	other := 0
	for range 8 {
		p := twoGPUs(r)
		c, err := search.Choose(p, nil, search.Goal{})
		if err != nil {
			t.Fatal(err)
		}
		bounds := map[search.Kind]string{}
		for _, k := range c.Candidates {
			if len(k.Plan.Segments) > 0 {
				bounds[k.Kind] = layoutOf(k.Plan)
			}
		}
		made := &chosen{Choice: c, profile: p, origin: "test"}
		if err := made.refine(); err != nil {
			t.Fatal(err)
		}
		near := func(k search.Candidate, of []search.Candidate) bool {
			for _, runner := range of {
				if k.FPS < runner.FPS*(1-search.Tolerance)-1e-9 {
					return false
				}
			}
			return true
		}
		if !near(made.Chosen, made.Runners) {
			t.Errorf("%s with %.1f frames/s is far from the best runner", made.Chosen.Kind, made.Chosen.FPS)
		}
		if math.Abs(made.Gap-(made.BoundFPS-made.Chosen.FPS)/made.Chosen.FPS) > 1e-9 || made.Gap < -1e-9 {
			t.Errorf("gap %v between %v and %v", made.Gap, made.BoundFPS, made.Chosen.FPS)
		}
		for _, k := range made.Candidates {
			own := slices.DeleteFunc(slices.Clone(made.Runners), func(runner search.Candidate) bool { return runner.Kind != k.Kind })
			if len(own) > 0 && !near(k, own) {
				t.Errorf("%s with %.1f frames/s is far from the best of its kind", k.Kind, k.FPS)
			}
			if len(own) > 0 && layoutOf(k.Plan) != bounds[k.Kind] {
				other++
			}
		}
	}
	if other == 0 {
		t.Error("the simulator never changed which plan stands for a kind: nothing was tested")
	}
}

// TestExpectedRate is the bounds' or, where that is less, the simulator's.
func TestExpectedRate(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 9))
	lowered := 0
	for range 6 {
		p := twoGPUs(r)
		c, err := search.Choose(p, nil, search.Goal{})
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range c.Runners {
			got, err := expectedRate(p, k.Plan)
			if err != nil {
				t.Fatal(err)
			}
			bound, err := search.Predict(p, k.Plan)
			if err != nil {
				t.Fatal(err)
			}
			system, err := systemOf(p, k.Plan)
			if err != nil {
				t.Fatal(err)
			}
			sim, err := des.Run(system, simOptions(k.Plan.InFlight))
			if err != nil {
				t.Fatal(err)
			}
			want := bound.FPS
			if sim.FPS < simEnough*want {
				want = sim.FPS
				lowered++
			}
			if math.Abs(got-want) > 1e-9*want {
				t.Errorf("%s: %.1f frames/s, bounds %.1f, simulator %.1f", layoutOf(k.Plan), got, bound.FPS, sim.FPS)
			}
		}
	}
	if lowered == 0 {
		t.Error("the simulator never said less: nothing was tested")
	}
	p := twoGPUs(r)
	serial := plan.Default()
	serial.Serial, serial.Segments, serial.Precision, serial.InFlight = true, []plan.Segment{{Devices: []plan.Placement{{ID: "gpu:0"}}}}, plan.FP16, 1
	bound, err := search.Predict(p, serial)
	if got, err2 := expectedRate(p, serial); err != nil || err2 != nil || got != bound.FPS {
		t.Errorf("serial: %v, %v; want %v, %v", got, err2, bound.FPS, err)
	}
	serial.Segments[0].Devices[0].ID = "gpu:7"
	if _, err := expectedRate(p, serial); !errors.Is(err, search.ErrNoDevice) {
		t.Errorf("a device that is not in the profile: %v", err)
	}
	p.Transfers = nil
	if _, err := expectedRate(p, plan.Plan{Version: 1, Precision: plan.FP16, InFlight: 3, Prep: plan.Default().Prep, Detect: plan.Default().Detect, Segments: []plan.Segment{{Devices: []plan.Placement{{ID: "gpu:0"}}, Streams: 1}}}); err != nil {
		t.Errorf("without transfers the bounds stand: %v", err)
	}
}

// TestFramesInFlightForTimesThatVary: a plan has as many frames in flight as its rate needs where times on
// devices vary, which is more than constant times need where a slow replica keeps those behind it from being emitted.
func TestFramesInFlightForTimesThatVary(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	more := 0
	for range 6 {
		p := twoGPUs(r)
		made := refined(t, p)
		rate := func(k search.Candidate, inFlight int, x sim.Extras) float64 {
			k.Plan.InFlight = inFlight
			times, err := sim.NewTimes(p, k.Plan, x)
			if err != nil {
				t.Fatal(err)
			}
			system, err := times.System(des.Source{Cameras: 1, Queue: 2})
			if err != nil {
				t.Fatal(err)
			}
			o := simOptions(inFlight)
			o.Seed = 99
			got, err := des.Run(system, o)
			if err != nil {
				t.Fatal(err)
			}
			return got.FPS
		}
		for _, k := range made.Runners {
			n, planned := k.Plan.InFlight, k.Plan.UsualInFlight()
			many := max(n, min(4*n, simMost*planned)) // more than that no plan gets
			if is, most := rate(k, n, sim.Extras{Devices: simVaries}), min(k.FPS, rate(k, many, sim.Extras{Devices: simVaries})); is < 0.97*most {
				t.Errorf("%s: %.1f frames/s with %d in flight, %.1f with %d", layoutOf(k.Plan), is, n, most, many)
			}
			if n > planned && rate(k, max(planned, n-planned/2), sim.Extras{}) >= 0.999*k.FPS {
				more++
			}
		}
	}
	if more == 0 {
		t.Error("no plan has more frames than constant times need: nothing was tested")
	}
}

// TestSpareDevicesCostNothing: a plan whose slow devices are spare, or take one frame at a time, is as fast as it is
// where all take frames alike, with as many frames in flight.
func TestSpareDevicesCostNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	better := 0
	for range 6 {
		p := twoGPUs(r)
		for _, k := range refined(t, p).Runners {
			two := k.Plan.Alike()
			if two.ID() == k.Plan.ID() {
				continue
			}
			is, err := expectedRate(p, k.Plan)
			if err != nil {
				t.Fatal(err)
			}
			was, err := expectedRate(p, two)
			if err != nil {
				t.Fatal(err)
			}
			if is < 0.99*was {
				t.Errorf("%s: %.1f frames/s, %.1f where all devices take frames alike", layoutOf(k.Plan), is, was)
			}
			if is > 1.05*was {
				better++
			}
		}
	}
	if better == 0 {
		t.Error("no plan is faster for it: nothing was tested")
	}
}

// TestBudgetHoldsAsSimulated: a plan for a budget, of either objective, answers within it as simulated, with the frames
// in flight that it has. One frame more is late, or brings nothing.
func TestBudgetHoldsAsSimulated(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 11))
	limited := 0
	for _, part := range []float64{0.3, 0.6, 1} {
		p := twoGPUs(r)
		free := refined(t, p)
		for _, objective := range []search.Objective{search.FPS, search.Latency} {
			goal := search.Goal{Objective: objective, Budget: part * free.Chosen.LatencyMS}
			c, err := search.Choose(p, nil, goal)
			if errors.Is(err, search.ErrNoPlan) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			made := &chosen{Choice: c, goal: goal, profile: p, origin: "test"}
			err = made.refine()
			if errors.Is(err, search.ErrNoPlan) && ExitCode(err) == 3 && strings.Contains(err.Error(), "more than the budget of") {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			rate := func(n int) float64 {
				pl := made.Chosen.Plan
				pl.InFlight = n
				f, err := expectedRate(p, pl)
				if err != nil {
					t.Fatal(err)
				}
				return f
			}
			n := made.Chosen.Plan.InFlight
			if f := rate(n); latency(n, f) > goal.Budget*1.001 || math.Abs(f-made.Chosen.FPS) > 1e-6*f {
				t.Errorf("%s: %.1f frames/s and %.2f ms, said %.1f, budget %.2f", layoutOf(made.Chosen.Plan), f, latency(n, f), made.Chosen.FPS, goal.Budget)
			}
			if f := rate(n + 1); latency(n+1, f) <= goal.Budget && f > 1.011*made.Chosen.FPS {
				t.Errorf("%s: %.1f frames/s with %d in flight, %.1f with one more", layoutOf(made.Chosen.Plan), made.Chosen.FPS, n, f)
			}
			if made.Chosen.Bottleneck == "budget" {
				limited++
			}
			for _, k := range made.Candidates {
				late := len(k.Plan.Segments) > 0 && k.LatencyMS > goal.Budget*1.001
				if late != strings.Contains(k.Rejected, "more than the budget") {
					t.Errorf("%s takes %.2f ms of %.2f: %q", k.Kind, k.LatencyMS, goal.Budget, k.Rejected)
				}
			}
		}
	}
	if limited == 0 {
		t.Error("no budget was tight: nothing was tested")
	}
}

// TestMinFPSHoldsAsSimulated: a rate that only the bounds reach is none.
func TestMinFPSHoldsAsSimulated(t *testing.T) {
	p := twoGPUs(rand.New(rand.NewPCG(5, 5)))
	free := refined(t, p)
	made := refinedFor(t, p, nil, search.Goal{MinFPS: free.Chosen.FPS * 0.999})
	if made.Chosen.FPS < made.goal.MinFPS*(1-1e-9) {
		t.Errorf("%.1f frames/s of %.1f", made.Chosen.FPS, made.goal.MinFPS)
	}
	made.goal.MinFPS = 10 * free.Chosen.FPS
	if err := made.refine(); !errors.Is(err, search.ErrNoPlan) || ExitCode(err) != 3 || !strings.Contains(err.Error(), "fewer than the") {
		t.Errorf("got %v", err)
	}
}

// TestFramesInFlightFitInMemory: no plan has more frames in flight than its devices have memory for, with a budget
// and without.
func TestFramesInFlightFitInMemory(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	bound := 0
	for range 3 {
		p := twoGPUs(r)
		devices := []accel.Device{{ID: "gpu:0", Memory: 40 << 20}, {ID: "gpu:1", Memory: 40 << 20}, {ID: "cpu"}}
		for _, budget := range []float64{0, 10_000} {
			for _, k := range refinedFor(t, p, devices, search.Goal{Budget: budget}).Runners {
				if k.Plan.InFlight > k.Most {
					t.Errorf("budget %v, %s: %d frames in flight, memory for %d", budget, layoutOf(k.Plan), k.Plan.InFlight, k.Most)
				}
				if k.Plan.InFlight == k.Most {
					bound++
				}
			}
		}
	}
	if bound == 0 {
		t.Error("memory never was short: nothing was tested")
	}
}

// TestSparesNeedFrames: where a profile has not what the simulator needs, no device is spare that would have no frames.
func TestSparesNeedFrames(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for range 6 {
		p := twoGPUs(r)
		p.Transfers = nil
		p.Input = 0
		made := refined(t, p)
		if made.unsimulated == nil {
			t.Fatal("simulated without transfers")
		}
		for _, k := range append(slices.Clone(made.Runners), append(made.Candidates, made.Chosen)...) {
			if len(k.Plan.Segments) > 0 && k.Plan.InFlight < k.Plan.UsualInFlight() && k.Plan.ID() != k.Plan.Alike().ID() {
				t.Errorf("%s: %d frames in flight, %d are needed", layoutOf(k.Plan), k.Plan.InFlight, k.Plan.UsualInFlight())
			}
		}
	}
}
