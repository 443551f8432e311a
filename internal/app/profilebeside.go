package app

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"braid/accel"
	"braid/accel/plan"
	"braid/accel/plan/search"
	"braid/internal/bench"
)

// How long and how often a plan runs to see what its steps cost beside one another: the
// best of the samples counts, since other work on the machine only takes away.
const (
	besideTime   = time.Second
	besideRounds = 3
)

// beside is how many times as long the steps of a frame take on the CPU with a plan at
// work as they took alone: caches, memory and the kernel are shared. It is the
// predicted rate of a stream for each core, from the recording to NATS, over what that
// plan makes; below 1 where the machine was slower while the steps were measured. 0 where
// the cores do not bound it, as beside a GPU's profile.
func (s *subject) beside(ctx context.Context, p plan.Profile, o ProfileOptions) (_ float64, err error) {
	device, ok := fastestAlone(p)
	if !ok || s.card == nil || p.CPU.Decode == 0 {
		return 0, nil
	}
	pl := streamEach(s.ref, device, p.Cores)
	is, err := search.Predict(p, pl)
	if err != nil || is.Bottleneck != "cores" {
		return 0, nil //nolint:nilerr // a profile without the CPU has nothing to correct
	}
	fps, err := s.besideRate(ctx, pl, o, 1+int(math.Ceil(is.FPS*p.CPU.Decode/1000)))
	if err != nil {
		return 0, fmt.Errorf("measuring what all steps cost beside one another: %w", err)
	}
	factor := is.FPS / fps
	s.env.Log.Info("all steps at once", "plan", pl.ID(), "frames_per_second", fmt.Sprintf("%.1f", fps), "times_as_long_as_alone", fmt.Sprintf("%.2f", factor))
	return factor, nil
}

// fastestAlone is the runtime of the CPU that takes least for a frame with one thread.
func fastestAlone(p plan.Profile) (best accel.DeviceID, ok bool) {
	least := math.Inf(1)
	for s, ms := range totals(p) {
		if s.Device.Kind() == "cpu" && s.Threads == 1 && s.Precision == plan.FP32 && ms > 0 && ms < least {
			best, least, ok = s.Device, ms, true
		}
	}
	return best, ok
}

// mostStreams are those that a plan may have on a device.
const mostStreams = 64

// streamEach is the plan of one stream for each core, which nothing but these bounds
// where they are no more than a plan can use.
func streamEach(model string, d accel.DeviceID, cores int) plan.Plan {
	p := plan.Auto(model, min(cores, mostStreams))
	p.Segments[0].Devices[0].ID = d
	p.Prep.Workers, p.Detect.Workers = min(cores, mostStreams), min(cores, mostStreams)
	p.InFlight = p.UsualInFlight()
	return p
}

// besideRate is the best rate of a plan that so many cameras feed with the recording.
func (s *subject) besideRate(ctx context.Context, pl plan.Plan, o ProfileOptions, cameras int) (_ float64, err error) {
	with := BenchOptions{Choice: o.Choice, Inputs: []string{o.Input}, Copies: cameras, Duration: besideTime, Rounds: besideRounds}
	_, along, err := benchCourse(ctx, s.env, s.runtime, with)
	if err != nil {
		return 0, err
	}
	defer closeInto(&err, along.Close)
	b := &benchRounds{
		env: s.env, rows: []*benchRow{newBenchRow("beside", pl)}, o: with, gauges: newGauges(s.runtime), check: newScalingCheck().check,
		stand: newBenchStand(along, besideTime/4),
	}
	defer closeInto(&err, b.stand.closeAll)
	defer closeInto(&err, b.gauges.Close)
	if _, err := b.run(ctx); err != nil {
		return 0, err
	}
	samples := b.measured()[0].Samples
	return slices.MaxFunc(samples, func(a, b bench.Sample) int { return int(math.Copysign(1, a.FPS-b.FPS)) }).FPS, nil
}
