package search_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"braid/accel/plan"
	"braid/accel/plan/search"
)

// parsed reads a profile, or stops the test.
func parsed(t testing.TB, text string) plan.Profile {
	t.Helper()
	p, err := plan.ParseProfile([]byte(text), "profile.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// stage is one unit of work on each device that a case names.
type stage map[string]float64

// staged is a profile of stages on devices without CPU work, cut at c0, c1 …
func staged(t testing.TB, devices []string, streams string, stages ...stage) plan.Profile {
	var b strings.Builder
	b.WriteString("version: 1\ncores: 8\ncpu_ms: {decode: 0, prep: 0, detect: 0}\nunits:\n")
	for _, d := range devices {
		for i, s := range stages {
			at := ""
			if i < len(stages)-1 {
				at = fmt.Sprintf("at: c%d, ", i)
			}
			fmt.Fprintf(&b, "  - {%sdevice: %q, ms: %v}\n", at, d, s[d])
		}
	}
	b.WriteString(streams)
	return parsed(t, b.String())
}

// TestTableOfJEDI holds the model against the discrete-event simulation of JEDI's
// protocol in jedi.md section 8 (D: DLA, first in, first out; G: GPU). Its B counts slots
// of each edge; where a frame is on one edge at a time, as here, they are frames in
// flight. Its polling cases (1.35 ms stages) are not here: braid does not poll.
func TestTableOfJEDI(t *testing.T) {
	const pair = "segments:\n  - {until: c0, devices: [DEVICES]}\n  - {devices: [{id: 'gpu:0', streams: STREAMS}]}\n"
	plain := staged(t, []string{"dla:0", "dla:1", "gpu:0"}, "", stage{"dla:0": 7.5, "dla:1": 7.5}, stage{"gpu:0": 7.5})
	double := staged(t, []string{"dla:0", "dla:1", "gpu:0"}, "", stage{"dla:0": 15, "dla:1": 15}, stage{"gpu:0": 7.5})
	contexts := staged(t, []string{"dla:0", "dla:1", "gpu:0"}, // a context uses 0.6 of the GPU: 12.5 ms alone
		"streams: [{device: 'gpu:0', n: 1, rate: 80}, {device: 'gpu:0', n: 2, rate: 133.33}]\n",
		stage{"dla:0": 15, "dla:1": 15}, stage{"gpu:0": 12.5})
	whole := staged(t, []string{"gpu:0"}, // 16 ms, of which 0.66 of the GPU
		"streams: [{device: 'gpu:0', n: 1, rate: 62.5}, {device: 'gpu:0', n: 2, rate: 94.7}]\n", stage{"gpu:0": 16})
	three := staged(t, []string{"dla:0", "dla:1", "gpu:0"}, "",
		stage{"dla:0": 5, "dla:1": 5}, stage{"dla:0": 10, "dla:1": 10}, stage{"gpu:0": 1})
	for _, c := range []struct {
		name     string
		profile  plan.Profile
		segments string
		devices  string
		streams  int
		want     []float64 // by frames in flight, from 1 on
	}{
		{"D 7.5 + G 7.5", plain, pair, "dla:0", 1, []float64{66, 132, 133}},
		{"D2 15 + G 7.5, one core", double, pair, "dla:0", 1, []float64{44, 67, 67}},
		{"D2 15 + G 7.5", double, pair, "dla:0, dla:1", 1, []float64{44, 88, 132, 133}},
		{"G of two contexts, S=1", contexts, pair, "dla:0, dla:1", 1, []float64{0, 0, 79, 79}},
		{"G of two contexts, S=2", contexts, pair, "dla:0, dla:1", 2, []float64{0, 0, 0, 133}},
		{"G 16, S=1", whole, "segments: [{devices: ['gpu:0']}]\n", "", 1, []float64{62, 62}},
		{"G 16, S=2", whole, "segments: [{devices: [{id: 'gpu:0', streams: 2}]}]\n", "", 1, []float64{62, 95}},
		{"G 16, S=4", whole, "segments: [{devices: [{id: 'gpu:0', streams: 4}]}]\n", "", 1, []float64{62, 95, 95, 95}},
		{"two DLA stages 5 + 10", three, "segments: [{until: c0, devices: ['dla:0']}, {until: c1, devices: ['dla:1']}, {devices: ['gpu:0']}]\n", "", 1, []float64{0, 100, 100}},
		{"one duplicated 15", three, "segments: [{until: c1, devices: ['dla:0', 'dla:1']}, {devices: ['gpu:0']}]\n", "", 1, []float64{0, 0, 134}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i, want := range c.want {
				if want == 0 {
					continue
				}
				segments := strings.NewReplacer("DEVICES", quoted(c.devices), "STREAMS", fmt.Sprint(c.streams)).Replace(c.segments)
				pl, err := plan.Parse([]byte(fmt.Sprintf("version: 1\n%sin_flight: %d\n", segments, i+1)), "plan.yaml")
				if err != nil {
					t.Fatal(err)
				}
				got, err := search.Predict(c.profile, pl)
				if err != nil {
					t.Fatal(err)
				}
				if math.Abs(got.FPS-want) > 0.015*want {
					t.Errorf("in_flight %d: %.1f frames/s, want %v", i+1, got.FPS, want)
				}
			}
		})
	}
}

func quoted(devices string) string {
	return "'" + strings.ReplaceAll(devices, ", ", "', '") + "'"
}

// TestSlowReplicaHoldsBackTheFastOne: a CPU of 40 ms beside a GPU of 12,000 frames a
// second. Order is restored with bindings, and with 20 of them the GPU is held back to
// 20/40 ms.
func TestSlowReplicaHoldsBackTheFastOne(t *testing.T) {
	p := parsed(t, `version: 1
cores: 16
cpu_ms: {decode: 0, prep: 0.1, detect: 0.02}
units: [{device: cpu, threads: 1, ms: 40}, {device: "gpu:0", ms: 0.25}]
streams: [{device: "gpu:0", n: 1, rate: 4000}, {device: "gpu:0", n: 8, rate: 12000}]
`)
	mixed, err := plan.Parse([]byte("version: 1\nprep: {workers: 8}\nsegments: [{devices: [{id: 'gpu:0', streams: 8}, {id: cpu, threads: 1}]}]\nin_flight: 20\n"), "p")
	if err != nil {
		t.Fatal(err)
	}
	got, err := search.Predict(p, mixed)
	if err != nil {
		t.Fatal(err)
	}
	if got.FPS < 450 || got.FPS > 500 || got.Bottleneck != "in_flight" {
		t.Errorf("%.0f frames/s by %s, want 20/40 ms by in_flight", got.FPS, got.Bottleneck)
	}
	c, err := search.Choose(p, nil, search.Goal{})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Chosen.Plan.Segments[0].Devices) != 1 || c.Chosen.FPS < 11700 {
		t.Errorf("chose %+v with %.0f frames/s, want the GPU alone", c.Chosen.Plan.Segments, c.Chosen.FPS)
	}
}

// TestCopiesAndCuts: what a border costs is in the prediction.
func TestCopiesAndCuts(t *testing.T) {
	p := parsed(t, `version: 1
cores: 2
cpu_ms: {decode: 0, prep: 0, detect: 0}
input_bytes: 1000
units:
  - {at: a, device: cpu, threads: 1, ms: 4, cut_ms: 0.5, bytes: 2000}
  - {device: cpu, threads: 1, ms: 4, bytes: 500}
  - {at: a, device: "gpu:0", ms: 4, cut_ms: 1, bytes: 3000}
  - {device: "gpu:0", ms: 4, bytes: 500}
transfers:
  - {from: cpu, to: "gpu:0", bytes: 1000, ms: 1}
  - {from: "gpu:0", to: cpu, bytes: 1000, ms: 2}
corun: [{a: cpu, b: "gpu:0", slowdown_a: 1.5, slowdown_b: 1.25}]
handover_ms: 0.25
`)
	for _, c := range []struct {
		segments string
		latency  float64 // of one frame alone
	}{
		{"{devices: [{id: cpu, threads: 1}]}", 8 + 0.25},
		{"{devices: ['gpu:0']}", 1 + 8 + 2*0.5 + 0.25},
		{"{until: a, devices: [{id: cpu, threads: 1}]}, {devices: ['gpu:0']}", 1.5*(4+0.25) + 0.25 + 1.25*(4+0.5) + 3*1 + 2*0.5 + 0.25},
		{"{until: a, devices: ['gpu:0']}, {devices: [{id: cpu, threads: 1}]}", 1 + 1.25*(4+0.5) + 2*3 + 0.25 + 1.5*(4+0.25) + 0.25},
	} {
		pl, err := plan.Parse([]byte("version: 1\nsegments: ["+c.segments+"]\nin_flight: 1\n"), "p")
		if err != nil {
			t.Fatal(err)
		}
		got, err := search.Predict(p, pl)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.LatencyMS-c.latency) > 1e-5*c.latency {
			t.Errorf("%s: %v ms, want %v", c.segments, got.LatencyMS, c.latency)
		}
	}
}
