package search_test

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"braid/accel/plan"
	"braid/accel/plan/search"
)

// planned reads segments as a plan that neither workers nor frames in flight bound.
func planned(t rapid.TB, segments string) plan.Plan {
	t.Helper()
	pl, err := plan.Parse([]byte("version: 1\nin_flight: 4096\nprep: {workers: 64}\ndetect: {workers: 64}\nsegments: ["+segments+"]\n"), "plan.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return pl
}

// TestThreadsOfOneStream is worked out by hand: 3 ms of a core around a network of 8 ms
// with two threads, 5 with four and 12 with one.
func TestThreadsOfOneStream(t *testing.T) {
	p := parsed(t, `version: 1
cores: 4
cpu_ms: {decode: 1.5, prep: 0.75, detect: 0.5, publish: 0.25}
units:
  - {at: a, device: cpu, threads: 1, ms: 9}
  - {device: cpu, threads: 1, ms: 3}
  - {at: a, device: cpu, threads: 2, ms: 6}
  - {device: cpu, threads: 2, ms: 2}
  - {at: a, device: cpu, threads: 4, ms: 4}
  - {device: cpu, threads: 4, ms: 1}
  - {at: a, device: "gpu:0", ms: 1}
  - {device: "gpu:0", ms: 7}
`)
	for _, c := range []struct {
		name     string
		cores    int
		segments string
		fps      float64
		by       string
	}{
		{"one stream on all cores", 2, "{devices: [{id: cpu, threads: 2}]}", 1000. / (8 + 3), "threads of cpu"},
		{"one stream on four of four", 4, "{devices: [{id: cpu, threads: 4}]}", 1000. / (5 + 3), "threads of cpu"},
		{"one stream, a core left, which has time for the rest", 3, "{devices: [{id: cpu, threads: 2}]}", 1000. / 8, "cpu"},
		{"one stream of one thread", 2, "{devices: [{id: cpu, threads: 1}]}", 1000. / 12, "cpu"},
		{"two streams", 2, "{devices: [{id: cpu, threads: 1, streams: 2}]}", 2000. / (12 + 3), "cores"},
		{"two streams of two threads", 4, "{devices: [{id: cpu, threads: 2, streams: 2}]}", 4000. / (2*8 + 3), "cores"},
		{"a pipeline on the CPU", 2, "{until: a, devices: [{id: cpu, threads: 2}]}, {devices: [{id: cpu, threads: 1}]}", 2000. / (3 + 2*6 + 3), "cores"},
		{"a part of the network", 2, "{until: a, devices: ['gpu:0']}, {devices: [{id: cpu, threads: 2}]}", 1000. / (2 + 3), "threads of cpu"},
		{"a part of the network, a core left, which has no time for the rest", 3, "{until: a, devices: ['gpu:0']}, {devices: [{id: cpu, threads: 2}]}", 2000. / (2 + 3), "threads of cpu"},
		{"a part of the frames", 2, "{devices: ['gpu:0', {id: cpu, threads: 2}]}", 1000. / (4 + 3), "threads of cpu"},
	} {
		p.Cores = c.cores
		got, err := search.Predict(p, planned(t, c.segments))
		if err != nil {
			t.Fatal(err)
		}
		if got.Bottleneck != c.by || math.Abs(got.FPS-c.fps) > 1e-6*c.fps {
			t.Errorf("%s: %.2f frames/s by %s, want %.2f by %s", c.name, got.FPS, got.Bottleneck, c.fps, c.by)
		}
	}
}

// TestThreadsNeverRaiseARate: the rate is the least of the other bounds and of that of threads, which only a
// single stream of several threads has.
func TestThreadsNeverRaiseARate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Float64Range(0.1, 20)
		cores := rapid.IntRange(1, 8).Draw(t, "cores")
		threads := rapid.IntRange(1, cores).Draw(t, "threads")
		streams := rapid.IntRange(1, 3).Draw(t, "streams")
		p := plan.Profile{Version: 1, Cores: cores, CPU: plan.CPUTimes{Decode: ms.Draw(t, "decode"), Prep: 0.1, Detect: 0.1, Publish: ms.Draw(t, "publish")}}
		whole := ms.Draw(t, "ms")
		p.Units = []plan.Unit{{Device: "cpu", Threads: threads, MS: whole}, {Device: "gpu:0", MS: ms.Draw(t, "gpu ms")}}
		at, gain := fmt.Sprintf("{id: cpu, threads: %d, streams: %d}", threads, streams), float64(min(streams, cores/threads))
		together := whole / gain
		if rapid.Bool().Draw(t, "beside a GPU") {
			at += ", 'gpu:0'"
			together = 1 / (gain/whole + 1/p.Units[1].MS)
		}
		got, err := search.Predict(p, planned(t, "{devices: ["+at+"]}"))
		if err != nil {
			t.Fatal(err)
		}
		others := min(1/together, float64(cores)/(p.CPU.All()+gain*float64(threads)*together))
		bound := others
		if streams == 1 && threads > 1 {
			bound = float64(1+cores-threads) / (together + p.CPU.All())
		}
		if want := 1000 * min(others, bound); math.Abs(got.FPS-want) > 1e-6*want || got.FPS > 1000*others*(1+1e-9) {
			t.Errorf("%.3f frames/s by %s, want %.3f; without the threads %.3f", got.FPS, got.Bottleneck, want, 1000*others)
		}
		if (got.Bottleneck == "threads of cpu") != (bound < others) {
			t.Errorf("%s is the bottleneck: threads allow %v, the rest %v", got.Bottleneck, bound, others)
		}
	})
}

// TestPrefersStreamsToThreads: of plans of one kind that are as fast, the one with the fewest
// threads a stream is chosen, though it has more streams; a plan of another kind is not.
func TestPrefersStreamsToThreads(t *testing.T) {
	units := func(one, two float64) string {
		return fmt.Sprintf("units: [{device: cpu, threads: 2, ms: %v}, {device: cpu, threads: 1, ms: %v}]\n", two, one)
	}
	const idle = "version: 1\ncores: 4\ncpu_ms: {decode: 0, prep: 0, detect: 0}\n"
	for _, c := range []struct {
		name             string
		text             string
		streams, threads int
	}{
		{"four of one are as fast as two of two", idle + units(10, 5), 4, 1},
		{"two threads a hair faster than two streams can be, which is noise", idle + units(10, 4.99), 4, 1},
		{"four of one are slower", idle + units(10, 5) + "streams: [{device: cpu, threads: 1, n: 2, rate: 200}, {device: cpu, threads: 1, n: 4, rate: 300}]\n", 2, 2},
		{"four of one are faster", idle + units(9, 5), 4, 1},
		{"two of two on two cores would be faster", "version: 1\ncores: 2\ncpu_ms: {decode: 5, prep: 0, detect: 0}\n" + units(10, 5) + "streams: [{device: cpu, threads: 1, n: 2, rate: 150}]\n", 2, 1},
		{"one stream is another kind", "version: 1\ncores: 2\ncpu_ms: {decode: 0, prep: 0, detect: 0}\n" + units(10, 5), 1, 2},
		{"decoding makes it 10 % slower", "version: 1\ncores: 2\ncpu_ms: {decode: 1, prep: 0, detect: 0}\n" + units(10, 5), 2, 1},
	} {
		got, err := search.Choose(parsed(t, c.text), nil, search.Goal{})
		if err != nil {
			t.Fatal(err)
		}
		d := got.Chosen.Plan.Segments[0].Devices[0]
		if max(1, d.Streams) != c.streams || d.Threads != c.threads {
			t.Errorf("%s: %d streams of %d threads at %.1f frames/s, want %d of %d", c.name, max(1, d.Streams), d.Threads, got.Chosen.FPS, c.streams, c.threads)
		}
	}
}

// TestTwoRuntimesCrowdOneAnother: on two cores a stream of each is no faster than two of
// one, which take 1.25 times as long each, though the profile says that neither slows the
// other down.
func TestTwoRuntimesCrowdOneAnother(t *testing.T) {
	p := parsed(t, `version: 1
cores: 2
cpu_ms: {decode: 0, prep: 0, detect: 0}
units: [{device: cpu, threads: 1, ms: 10}, {device: cpu/openvino, threads: 1, ms: 10}]
streams: [{device: cpu, threads: 1, n: 2, rate: 160}, {device: cpu/openvino, threads: 1, n: 2, rate: 160}]
corun: [{a: cpu, b: cpu/openvino, slowdown_a: 1, slowdown_b: 1}]
`)
	for _, c := range []struct {
		segments string
		fps      float64
	}{
		{"{devices: [{id: cpu, threads: 1, streams: 2}]}", 160},
		{"{devices: [{id: cpu, threads: 1}, {id: cpu/openvino, threads: 1}]}", 160},
		{"{devices: [{id: cpu, threads: 1}]}", 100},
	} {
		got, err := search.Predict(p, planned(t, c.segments))
		if err != nil || math.Abs(got.FPS-c.fps) > 1e-9 {
			t.Errorf("%s: %.3f frames/s, want %v; %v", c.segments, got.FPS, c.fps, err)
		}
	}
	got, err := search.Choose(p, nil, search.Goal{})
	if err != nil {
		t.Fatal(err)
	}
	if d := got.Chosen.Plan.Segments[0].Devices; len(d) != 1 || d[0].Streams != 2 {
		t.Errorf("chosen %+v at %.1f frames/s, want two streams of one runtime", d, got.Chosen.FPS)
	}
}
