package sim

import (
	"math"
	"testing"

	"braid/accel/plan"
	"braid/accel/plan/search"
	"braid/accel/sim/des"
)

// threaded is 10 ms on streams of the CPU, with the work around it, as the bounds predict it
// and as it is simulated.
func threaded(t *testing.T, cores, threads, streams, cameras int, around plan.CPUTimes) (bound search.Prediction, simulated float64) {
	t.Helper()
	p := plan.Profile{Version: 1, Cores: cores, CPU: around, Units: []plan.Unit{{Device: "cpu", Threads: threads, MS: 10}}}
	pl := place(12, []plan.Placement{{ID: "cpu", Threads: threads, Streams: streams}})
	pl.Prep.Workers, pl.Detect.Workers = cores, cores
	bound, err := search.Predict(p, pl)
	if err != nil {
		t.Fatal(err)
	}
	s, err := timesOf(t, p, pl).System(des.Source{Cameras: cameras, Queue: 2})
	if err != nil {
		t.Fatal(err)
	}
	r, err := des.Run(s, des.Options{Warmup: 100, Frames: 2000})
	if err != nil {
		t.Fatal(err)
	}
	return bound, r.FPS
}

// TestThreadsOfOneStream: beside decoding, one stream of several threads is simulated as fast as
// the planner's bound of threads says, to 1 %. As many cameras are decoded at once as the stream
// leaves cores, and one more, which is what the bound supposes.
func TestThreadsOfOneStream(t *testing.T) {
	const threads, device = "threads of cpu", "cpu"
	for _, c := range []struct {
		cores, threads int
		decode         []float64 // ms
		by             []string
	}{
		{2, 2, []float64{1, 2, 4, 8, 16, 30}, []string{threads, threads, threads, threads, threads, threads}},
		{4, 4, []float64{1, 2, 4, 8, 16, 30}, []string{threads, threads, threads, threads, threads, threads}},
		{4, 3, []float64{1, 4, 8, 12, 16, 30}, []string{device, device, device, threads, threads, threads}},
		{4, 2, []float64{1, 4, 8, 16, 24, 30}, []string{device, device, device, device, threads, threads}},
	} {
		for i, ms := range c.decode {
			bound, fps := threaded(t, c.cores, c.threads, 1, 1+c.cores-c.threads, plan.CPUTimes{Decode: ms, Prep: 0.05, Detect: 0.05})
			if bound.Bottleneck != c.by[i] {
				t.Errorf("%d threads on %d cores, decoding %g ms: %s is the bottleneck, want %s", c.threads, c.cores, ms, bound.Bottleneck, c.by[i])
			}
			if far := fps/bound.FPS - 1; math.Abs(far) > 0.01 {
				t.Errorf("%d threads on %d cores, decoding %g ms: %.2f frames/s simulated, %.2f by %s", c.threads, c.cores, ms, fps, bound.FPS, bound.Bottleneck)
			}
		}
	}
}

// TestThreadsBesideWorkThatOverlaps: prep, detect and publish are at work while frames are decoded, so that
// the stream waits for several of them at once: the bound is then lower than the simulated rate,
// and that lower than the bound of the cores. By how much is written down here.
func TestThreadsBesideWorkThatOverlaps(t *testing.T) {
	for _, c := range []struct {
		around plan.CPUTimes
		above  float64
	}{
		{plan.CPUTimes{Decode: 0.5, Prep: 0.2, Detect: 0.1}, 0.02},
		{plan.CPUTimes{Decode: 2, Prep: 0.5, Detect: 0.3, Publish: 0.1}, 0.04},
		{plan.CPUTimes{Decode: 4, Prep: 1, Detect: 0.5, Publish: 0.2}, 0.07},
		{plan.CPUTimes{Decode: 4, Prep: 4, Detect: 1, Publish: 1}, 0.25},
	} {
		bound, fps := threaded(t, 2, 2, 1, 1, c.around)
		above, cores := fps/bound.FPS-1, 2000/(20+c.around.All())
		if math.Abs(above-c.above) > 0.005 || fps > cores*1.001 {
			t.Errorf("beside %+v: %.2f frames/s simulated, %.1f %% above the bound, want %.0f %%; the cores allow %.2f", c.around, fps, 100*above, 100*c.above, cores)
		}
	}
}

// TestTwoStreamsLoseNothing: the cores for which one stream's threads wait are the other's.
func TestTwoStreamsLoseNothing(t *testing.T) {
	bound, fps := threaded(t, 2, 1, 2, 1, plan.CPUTimes{Decode: 2, Prep: 0.5, Detect: 0.5})
	if want := 2000 / 13.0; bound.Bottleneck != "cores" || math.Abs(bound.FPS-want) > 0.01 || math.Abs(fps/want-1) > 0.01 {
		t.Errorf("%.2f frames/s simulated, %.2f by %s, want %.2f by the cores", fps, bound.FPS, bound.Bottleneck, want)
	}
}
