//go:build cgo && linux

package app

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"braid/accel"
	"braid/accel/plan"
	"braid/accel/plan/search"
	"braid/accel/profile"
)

// TestPartsOfPlans measures, on the stand-in, the parts of the plans that are expected to make most, each plan once, and
// chooses again by what they take.
func TestPartsOfPlans(t *testing.T) {
	s, log := loud(t)
	made := chosenFrom(t, s, cutApart())
	again, err := s.refined(t.Context(), made, nil, partsBriefly())
	if err != nil {
		t.Fatal(err)
	}
	layouts := partsMeasured(log.String())
	if n := len(layouts); n == 0 || n > refinedPlans || n != len(slices.Compact(slices.Sorted(slices.Values(layouts)))) || !strings.Contains(layouts[0], "gpu:") {
		t.Errorf("parts of %q were measured; said: %s", layouts, log.String())
	}
	if slices.Equal(again.profile.Units, made.profile.Units) {
		t.Errorf("what was measured is what was made up: %+v", again.profile.Units)
	}
	gpu := plan.Series{Device: "gpu:0", Precision: plan.FP16}
	if was, is := totals(made.profile)[gpu], totals(again.profile)[gpu]; math.Abs(is/was-1) > 0.01 {
		t.Errorf("the network takes %v ms, took %v", is, was)
	}
}

// TestProfileHasPartsOfPlans, where they can be measured.
func TestProfileHasPartsOfPlans(t *testing.T) {
	s, log := loud(t)
	p, err := s.refinedProfile(t.Context(), cutApart(), partsBriefly())
	if err != nil || len(partsMeasured(log.String())) == 0 || slices.Equal(p.Units, cutApart().Units) {
		t.Errorf("%+v: %v; said: %s", p.Units, err, log.String())
	}
	log.Reset()
	none := cutApart()
	none.Units = none.Units[:3]
	none.Units[1].Why = "not for a GPU"
	if p, err = s.refinedProfile(t.Context(), none, partsBriefly()); err != nil || !slices.Equal(p.Units, none.Units) || !strings.Contains(log.String(), "no parts of a plan are measured") {
		t.Errorf("of a network that nothing runs: %+v: %v; said: %s", p.Units, err, log.String())
	}
}

// partsBriefly is a measurement of parts for half a second.
func partsBriefly() profile.Options {
	o := briefly(plan.FP16)
	o.Budget = 2 * refinedShare * time.Second / 4
	return o
}

// loud is standIn, and what it says.
func loud(t *testing.T) (*subject, *strings.Builder) {
	t.Helper()
	s, _ := standIn(t)
	var log strings.Builder
	s.env.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return s, &log
}

// chosenFrom is what is chosen by a profile of a subject.
func chosenFrom(t *testing.T, s *subject, p plan.Profile) *chosen {
	t.Helper()
	made, err := choose(choiceSource{profile: p, origin: "profile"}, search.Goal{Model: s.ref}, s.network)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// partsMeasured are the layouts whose parts a log says were measured.
func partsMeasured(log string) (layouts []string) {
	for line := range strings.Lines(log) {
		if _, layout, ok := strings.Cut(line, `msg="measured the parts of a plan" layout=`); ok {
			layouts = append(layouts, layout)
		}
	}
	return layouts
}

// cutApart is a profile of two GPUs that are better together.
func cutApart() plan.Profile {
	p := plan.Profile{Version: 1, Model: "chain", Cores: 4}
	for _, d := range []accel.DeviceID{"gpu:0", "gpu:1"} {
		for i, at := range []string{"conv_2", "conv_4", ""} {
			p.Units = append(p.Units, plan.Unit{At: at, Device: d, Precision: plan.FP16, MS: float64(1 + i)})
		}
	}
	return p
}

// TestPartsThatFail: a profile that took minutes is not lost where parts of a plan cannot be measured, and who gives up waiting
// does not wait.
func TestPartsThatFail(t *testing.T) {
	s, log := loud(t)
	made := chosenFrom(t, s, cutApart())
	s.runtime = noKnife{s.runtime}
	again, err := s.refined(t.Context(), made, nil, partsBriefly())
	if err != nil || again != made {
		t.Errorf("%+v: %v", again, err)
	}
	if !strings.Contains(log.String(), "level=WARN") || !strings.Contains(log.String(), "no such knife") {
		t.Errorf("said: %s", log.String())
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errDrained)
	if again, err := s.refined(ctx, made, nil, partsBriefly()); again != made || !errors.Is(err, errDrained) {
		t.Errorf("%v, %v", again, err)
	}
	if p, err := s.refinedProfile(ctx, cutApart(), partsBriefly()); len(p.Units) != len(cutApart().Units) || !errors.Is(err, errDrained) {
		t.Errorf("%+v, %v", p, err)
	}
}

// noKnife builds nothing.
type noKnife struct{ accel.Backend }

func (noKnife) Build(context.Context, *accel.Segment, accel.DeviceID, accel.BuildOptions) ([]byte, error) {
	return nil, errors.New("no such knife")
}

var errDrained = errors.New("drained")

// TestToRefine: the chosen plan is, or where it has no cuts the best of the others near it; none twice, none without cuts, none of devices that
// nobody can measure, none in another's stead that has the same parts in another precision.
func TestToRefine(t *testing.T) {
	candidate := func(fps float64, until string, devices ...accel.DeviceID) (k search.Candidate) {
		k.FPS, k.Plan.Precision = fps, plan.FP16
		for i, d := range devices {
			k.Plan.Segments = append(k.Plan.Segments, plan.Segment{Devices: []plan.Placement{{ID: d}}})
			if i == 0 && len(devices) > 1 {
				k.Plan.Segments[0].Until = until
			}
		}
		return k
	}
	whole, cheap, best := candidate(110, "", "gpu:0"), candidate(100, "conv_2", "gpu:0", "gpu:1"), candidate(105, "conv_4", "gpu:0", "gpu:1")
	second := candidate(104.6, "conv_2", "gpu:0", "gpu:1")
	int8 := cheap
	int8.Plan.Precision = plan.INT8
	p := cutApart()
	p.Simulated = []plan.SimDevice{{ID: "gpu:9"}}
	for name, c := range map[string]struct {
		chosen search.Candidate
		others []search.Candidate
		done   []plan.Plan
		goal   search.Objective
		want   float64 // its rate; 0: none
	}{
		"the chosen one":            {cheap, []search.Candidate{whole, best, cheap}, nil, search.FPS, 100},
		"only the chosen one":       {cheap, []search.Candidate{whole, cheap, best}, []plan.Plan{cheap.Plan}, search.FPS, 0},
		"another precision":         {cheap, []search.Candidate{cheap}, []plan.Plan{int8.Plan}, search.FPS, 100},
		"chosen without cuts":       {whole, []search.Candidate{whole, cheap, best}, nil, "", 105},
		"none twice":                {whole, []search.Candidate{whole, second, best}, []plan.Plan{best.Plan}, search.FPS, 104.6},
		"far from the chosen one":   {whole, []search.Candidate{whole, candidate(104, "conv_2", "gpu:0", "gpu:1")}, nil, search.FPS, 0},
		"near enough":               {whole, []search.Candidate{whole, best}, nil, search.FPS, 105},
		"a kind without a plan":     {whole, []search.Candidate{whole, {}}, nil, search.FPS, 0},
		"CPUs and declared ones":    {whole, []search.Candidate{candidate(120, "conv_2", "cpu", "gpu:9")}, nil, search.FPS, 0},
		"one of them is a real one": {whole, []search.Candidate{candidate(120, "conv_2", "cpu", "gpu:1")}, nil, search.FPS, 0},
		"that is chosen":            {candidate(120, "conv_2", "cpu", "gpu:1"), []search.Candidate{whole}, nil, search.FPS, 120},
		"cameras that fit":          {whole, []search.Candidate{whole, best}, nil, search.Cameras, 0},
		"cameras that need cuts":    {cheap, []search.Candidate{whole, cheap, best}, nil, search.Cameras, 100},
	} {
		made := &chosen{Choice: search.Choice{Chosen: c.chosen, Candidates: c.others}, goal: search.Goal{Objective: c.goal}, profile: p}
		if got, ok := made.toRefine(c.done); ok != (c.want > 0) || got.FPS != c.want {
			t.Errorf("%s: %+v %t, want one of %v frames/s", name, got.Plan, ok, c.want)
		}
	}
}

// TestNothingToRefine: on CPUs and of simulated devices.
func TestNothingToRefine(t *testing.T) {
	far := cutApart()
	far.Simulated = []plan.SimDevice{{ID: "gpu:0"}, {ID: "gpu:1"}}
	cpu := cutApart()
	for i := range cpu.Units {
		cpu.Units[i].Device, cpu.Units[i].Threads, cpu.Units[i].Precision = "cpu", 1+i/3, ""
	}
	for name, c := range map[string]struct {
		profile plan.Profile
		want    bool
	}{"two GPUs": {cutApart(), true}, "simulated": {far, false}, "CPU": {cpu, false}} {
		if refines(c.profile) != c.want {
			t.Errorf("%s: want %t", name, c.want)
		}
	}
}
