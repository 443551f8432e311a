package plan_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"braid/accel/plan"
)

const measured = `version: 1
cores: 4
cpu_ms: {decode: 2, prep: 1, detect: 0.5, publish: 0.5}
units:
  - {at: a, device: cpu, threads: 1, ms: 8, cut_ms: 1}
  - {device: cpu, threads: 1, ms: 2}
  - {at: a, device: cpu, threads: 2, ms: 3, cut_ms: 1}
  - {device: cpu, threads: 2, ms: 1.5}
  - {at: a, device: cpu, ms: 2.5}
  - {device: cpu, ms: 0.2}
  - {at: a, device: cpu/openvino, threads: 2, ms: 1}
  - {device: cpu/openvino, threads: 2, ms: 1}
  - {at: a, device: "gpu:0", ms: 1, cut_ms: 1}
  - {device: "gpu:0", ms: 1}
`

// TestThreadsOfOneUnit is worked out by hand: two threads do a unit in half of one thread's
// time at best, all four cores in a quarter.
func TestThreadsOfOneUnit(t *testing.T) {
	p, err := plan.ParseProfile([]byte(measured), "profile.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{8, 2, 4, 1.5, 2.5, 0.5, 1, 1, 1, 1} {
		if got := p.AtWork().Units[i].MS; got != want {
			t.Errorf("unit %d takes %v ms, want %v", i, got, want)
		}
	}
	if p.Units[2].MS != 3 {
		t.Error("the profile itself was changed")
	}
}

// TestBeside scales what the CPU does, and only where decoding was measured.
func TestBeside(t *testing.T) {
	p, err := plan.ParseProfile([]byte(measured+"streams: [{device: cpu, threads: 1, n: 1, rate: 100}, {device: 'gpu:0', n: 2, rate: 900}]\n"), "profile.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p.CPU.Beside = 1.5
	got := p.AtWork()
	if got.CPU != (plan.CPUTimes{Decode: 3, Prep: 1.5, Detect: 0.75, Publish: 0.75}) {
		t.Errorf("around the network %+v", got.CPU)
	}
	if u := got.Units[0]; u.MS != 12 || u.CutMS != 1.5 {
		t.Errorf("a unit of the CPU %+v", u)
	}
	if u := got.Units[8]; u.MS != 1 || u.CutMS != 1 {
		t.Errorf("a unit of the GPU %+v", u)
	}
	if got.Streams[0].Rate != 100/1.5 || got.Streams[1].Rate != 900 {
		t.Errorf("streams %+v", got.Streams)
	}
	p.Beside = []plan.Beside{{Device: "cpu/openvino", Times: 2}}
	if got := p.AtWork(); got.Units[0].MS != 12 || got.Units[6].MS != 2 || got.Beside != nil {
		t.Errorf("a runtime with a factor of its own: %+v", got.Units)
	}
	p.Beside = nil
	p.CPU.Beside = 0.5
	if got := p.AtWork(); got.Units[0].MS != 4 || got.CPU.Prep != 0.5 || got.Streams[0].Rate != 200 {
		t.Errorf("a machine that was slower while it was measured: %+v", got)
	}
	p.CPU.Decode = 0
	if got := p.AtWork(); got.Units[0].MS != 8 || got.CPU.Prep != 1 {
		t.Errorf("frames in memory: %+v", got.CPU)
	}
}

// TestAtWorkTwice: what was taken in is not taken in again, and threads make no time shorter.
func TestAtWorkTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Float64Range(0.01, 50)
		p := plan.Profile{Cores: rapid.IntRange(1, 8).Draw(t, "cores"), CPU: plan.CPUTimes{Decode: rapid.Float64Range(0, 5).Draw(t, "decode"), Beside: rapid.Float64Range(0, 2).Draw(t, "beside")}}
		for _, threads := range []int{1, 2, 0} {
			for _, at := range []string{"a", ""} {
				p.Units = append(p.Units, plan.Unit{At: at, Device: "cpu", Threads: threads, MS: ms.Draw(t, "ms")})
			}
		}
		for n := range rapid.IntRange(0, 4).Draw(t, "measured") {
			p.Streams = append(p.Streams, plan.Streams{Device: "cpu", Threads: 1, N: n + 1, Rate: ms.Draw(t, "rate")})
		}
		once := p.AtWork()
		twice := once.AtWork()
		for i := range p.Units {
			factor := p.CPU.Beside
			if factor == 0 || p.CPU.Decode == 0 {
				factor = 1
			}
			if once.Units[i].MS < factor*p.Units[i].MS*(1-1e-9) {
				t.Fatalf("unit %d takes %v ms, %v times as long at work, and then %v", i, p.Units[i].MS, factor, once.Units[i].MS)
			}
			if math.Abs(twice.Units[i].MS-once.Units[i].MS) > 1e-9*once.Units[i].MS {
				t.Fatalf("unit %d takes %v ms and, asked again, %v", i, once.Units[i].MS, twice.Units[i].MS)
			}
		}
	})
}
