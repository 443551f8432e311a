package search

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"braid/accel"
	"braid/accel/plan"
)

// twoModels are two random networks on the same random devices.
func twoModels(r *rand.Rand) []Weighted {
	var out []Weighted
	devices := [][]accel.DeviceID{{"gpu:0", "cpu"}, {"gpu:0", "dla:0"}, {"gpu:0", "dla:0", "dla:1"}, {"gpu:0", "gpu:1"}}[r.IntN(4)]
	var ways []plan.Transfer
	if devices[1] == "gpu:1" {
		for _, way := range [][2]accel.DeviceID{{"cpu", "gpu:0"}, {"gpu:0", "cpu"}, {"cpu", "gpu:1"}, {"gpu:1", "cpu"}, {"gpu:0", "gpu:1"}, {"gpu:1", "gpu:0"}} {
			ways = append(ways, plan.Transfer{From: way[0], To: way[1], Bytes: 1000, MS: r.Float64()})
		}
	}
	for range 2 {
		p := plan.Profile{Version: 1, Cores: 2, CPU: plan.CPUTimes{Decode: r.Float64(), Prep: r.Float64()}, Input: 1000, Transfers: ways}
		if devices[1] == "gpu:1" {
			p.FIFO = devices[1:]
		}
		n := 1 + r.IntN(3)
		for _, d := range devices {
			full := d == "gpu:0" && r.IntN(2) == 0
			threads := 0
			if d == "cpu" {
				threads = 1 + r.IntN(2)
			}
			for i := range n {
				u := plan.Unit{Device: d, Threads: threads, MS: 0.5 + 5*r.Float64(), CutMS: 0.3 * r.Float64(), Bytes: 1000}
				if i < n-1 {
					u.At = string(rune('a' + i))
				}
				if full {
					u.FullMS, u.FullCutMS, u.FullAwayMS = u.MS*(0.1+2*r.Float64()), 0.3*r.Float64(), 0.2*r.Float64()
				}
				p.Units = append(p.Units, u)
			}
		}
		p.Corun = []plan.Corun{{A: devices[0], B: devices[1], SlowdownA: 1.1, SlowdownB: 1.2}}
		p.Streams = []plan.Streams{{Device: "gpu:0", N: 1, Rate: 100}, {Device: "gpu:0", N: 4, Rate: 100 + 200*r.Float64()}}
		out = append(out, Weighted{p, 0.5 + r.Float64()})
	}
	return out
}

// TestTogetherIsExact counts all pairs without pruning.
func TestTogetherIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 60 {
		models := twoModels(r)
		got, err := Together(models, nil, Goal{})
		if err != nil {
			t.Fatal(err)
		}
		g := Goal{MaxSegments: 2}
		m, err := merge(models, nil, &g)
		if err != nil {
			t.Fatal(err)
		}
		s := &joint{merged: m, g: &g, segments: 2}
		best := 0.0
		for set := uint(1); set < 1<<len(m.devices); set++ {
			sigma := m.slowdowns(m.oneEach(set))
			for _, v := range m.streamVectors(set) {
				for _, a := range s.parts(0, set, v, sigma, m.evenPrices(set)) {
					for _, b := range s.parts(1, set, v, sigma, m.evenPrices(set)) {
						best = max(best, s.settle(append(append(layout{}, a.layout...), b.layout...)).value)
					}
				}
			}
		}
		if !got.Exact || got.FPS > best*(1+1e-9) || got.FPS < best*(1-Tolerance-1e-9) {
			t.Errorf("instance %d: %v, want %v or at most 2 %% less", i, got.FPS, best)
		}
		if got.BoundFPS < best*(1-1e-9) || math.Abs(got.Gap-(got.BoundFPS-got.FPS)/got.FPS) > 1e-9 {
			t.Errorf("instance %d: bound %v, gap %v, best %v", i, got.BoundFPS, got.Gap, best)
		}
		for k, c := range got.Plans {
			if err := c.Plan.Validate(); err != nil || math.Abs(c.FPS-got.FPS*models[k].Weight) > 1e-9*c.FPS {
				t.Errorf("instance %d, model %d: %v frames/s at weight %v of %v: %v", i, k, c.FPS, models[k].Weight, got.FPS, err)
			}
		}
	}
}

// TestTogetherSharesOutDevices: each model gets the device that is good at it, and
// one device is shared by the weights.
func TestTogetherSharesOutDevices(t *testing.T) {
	whole := func(gpu, dla float64) plan.Profile {
		p := plan.Profile{Version: 1, Cores: 4}
		p.Units = []plan.Unit{{Device: "gpu:0", MS: gpu}}
		if dla > 0 {
			p.Units = append(p.Units, plan.Unit{Device: "dla:0", MS: dla})
		}
		return p
	}
	c, err := Together([]Weighted{{whole(10, 12), 1}, {whole(10, 30), 1}}, nil, Goal{})
	if err != nil {
		t.Fatal(err)
	}
	first, second := c.Plans[0].Plan.Segments[0].Devices[0].ID, c.Plans[1].Plan.Segments[0].Devices[0].ID
	if first != "dla:0" || second != "gpu:0" || math.Abs(c.FPS-1000./12) > 0.01 {
		t.Errorf("%s and %s at %v, want dla:0 and gpu:0 at 83.3", first, second, c.FPS)
	}
	c, err = Together([]Weighted{{whole(10, 0), 1}, {whole(5, 0), 2}}, nil, Goal{})
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(c.FPS-50) > 0.01 || math.Abs(c.Plans[1].FPS-100) > 0.02 {
		t.Errorf("one GPU carries %v and %v, want 50 and 100", c.Plans[0].FPS, c.Plans[1].FPS)
	}
}

// TestTogetherThreadsWait: a model with the only stream on the CPU waits for what is decoded for all models,
// by the weights; with a second stream there, of this model or another, the cores are used.
func TestTogetherThreadsWait(t *testing.T) {
	on := func(ms float64) Weighted {
		p := plan.Profile{Version: 1, Cores: 2, CPU: plan.CPUTimes{Decode: 1}}
		p.Units = []plan.Unit{{Device: "gpu:0", MS: 10}, {Device: "cpu", Threads: 2, MS: ms}}
		return Weighted{p, 1}
	}
	models := []Weighted{on(10), on(8)}
	models[1].Weight = 2
	g := Goal{}
	m, err := merge(models, nil, &g)
	if err != nil {
		t.Fatal(err)
	}
	s := &joint{merged: m, g: &g}
	whole := func(series, streams int) segment {
		return segment{to: 1, replicas: []replica{{series, streams}}, model: series / 2}
	}
	for _, c := range []struct {
		first, second segment
		fps           float64
		by            string
	}{
		{whole(0, 1), whole(3, 1), 1000. / (2*8 + 1 + 2), "threads of cpu"},
		{whole(1, 1), whole(2, 1), 1000. / (2 * 10), "gpu:0"},
		{whole(0, 1), whole(3, 2), 2000. / (2*2*8 + 1 + 2), "cores"},
		{whole(1, 1), whole(3, 1), 2000. / (2*10 + 2*2*8 + 1 + 2), "cores"},
	} {
		got := s.settle(layout{c.first, c.second})
		if math.Abs(got.fps-c.fps) > 1e-6*c.fps || got.bottleneck != c.by {
			t.Errorf("%.3f frames/s by %s, want %.3f by %s", got.fps, got.bottleneck, c.fps, c.by)
		}
	}
}

// TestStreamsThatAreTried: as many as make a device faster and the next number that was measured, not one that was
// clearly slower.
func TestStreamsThatAreTried(t *testing.T) {
	for _, c := range []struct {
		rates []float64 // of 1, 2, 4 and 8 streams
		want  []int
	}{
		{[]float64{100, 150, 180, 200}, []int{1, 2, 4, 8}},
		{[]float64{100, 150, 180, 175}, []int{1, 2, 4, 8}},
		{[]float64{100, 150, 180, 160}, []int{1, 2, 4}},
		{[]float64{100, 150, 148, 149}, []int{1, 2, 4}},
		{[]float64{100, 150, 120, 145}, []int{1, 2}},
		{[]float64{100}, []int{1, 2}},
	} {
		p := plan.Profile{Version: 1, Cores: 4, Units: []plan.Unit{{Device: "gpu:0", Precision: plan.FP16, MS: 10}}}
		for i, r := range c.rates {
			p.Streams = append(p.Streams, plan.Streams{Device: "gpu:0", N: 1 << i, Precision: plan.FP16, Rate: r})
		}
		if got := machineOf(p, nil, &Goal{}).streamOptions(0); !slices.Equal(got, c.want) {
			t.Errorf("%v frames/s: %v, want %v", c.rates, got, c.want)
		}
	}
}
