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

// How long and how often a plan runs to see what its steps cost beside one another.
const (
	besideTime   = time.Second
	besideRounds = 5
)

// beside fills in how many times as long the steps of a frame take on the CPU with a plan
// at work as they took alone: caches, memory and the kernel are shared. A stream for each core
// runs from the recording to NATS, on each runtime of the CPU in turn. Of the one that is
// fastest it is the predicted rate over the measured one; below 1 where the machine was slower
// while the steps were measured. The others have a factor of their own, so that what decides
// between them was measured side by side, and not a minute apart. Nothing is filled in where
// the cores do not bound the rate, as beside a GPU's profile.
func (s *subject) beside(ctx context.Context, p *plan.Profile, o ProfileOptions) error {
	if s.card == nil || p.CPU.Decode == 0 {
		return nil
	}
	var rows []*benchRow
	var says []float64
	for _, d := range wholeRuntimes(*p) {
		pl := streamEach(s.ref, d, p.Cores)
		is, err := search.Predict(*p, pl)
		if err != nil || is.Bottleneck != "cores" {
			return nil //nolint:nilerr // a profile without the CPU has nothing to correct
		}
		rows, says = append(rows, newBenchRow(string(d), pl)), append(says, is.FPS)
	}
	if len(rows) == 0 {
		return nil
	}
	does, err := s.besideRates(ctx, rows, o, 1+int(math.Ceil(slices.Max(says)*p.CPU.Decode/1000)))
	if err != nil {
		return fmt.Errorf("measuring what all steps cost beside one another: %w", err)
	}
	if does == nil {
		return nil
	}
	correct(p, rows, says, does)
	for i, r := range rows {
		s.env.Log.Info("all steps at once", "device", r.Name, "frames_per_second", fmt.Sprintf("%.1f", does[i]), "times_as_long_as_alone", fmt.Sprintf("%.2f", says[i]/does[i]))
	}
	return nil
}

// correct takes into the profile that plans of a stream for each core, which the cores bound, make
// so many frames a second and not those that it says. The fastest gives the factor of all
// steps; of another runtime what is left is its network's.
func correct(p *plan.Profile, rows []*benchRow, says, does []float64) {
	first := slices.Index(does, slices.Max(does))
	p.CPU.Beside = says[first] / does[first]
	around := p.CPU.All()
	for i, r := range rows {
		if i == first {
			continue
		}
		cores := 1000 * float64(p.Cores) // ms of them a second
		alone := cores/says[i] - around
		times := (cores/does[i] - p.CPU.Beside*around) / alone
		p.Beside = append(p.Beside, plan.Beside{Device: r.plan.Segments[0].Devices[0].ID, Times: times})
	}
}

// wholeRuntimes are those of the CPU that run the whole network with one thread.
func wholeRuntimes(p plan.Profile) (list []accel.DeviceID) {
	order, units := p.BySeries()
	for _, s := range order {
		refused := func(u plan.Unit) bool { return u.Why != "" }
		if s.Device.Kind() == "cpu" && s.Threads == 1 && s.Precision == plan.FP32 && !slices.ContainsFunc(units[s], refused) {
			list = append(list, s.Device)
		}
	}
	return list
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

// besideRates are the rates of plans that so many cameras feed with the recording.
func (s *subject) besideRates(ctx context.Context, rows []*benchRow, o ProfileOptions, cameras int) (_ []float64, err error) {
	with := BenchOptions{Choice: o.Choice, Inputs: []string{o.Input}, Copies: cameras, Duration: besideTime, Rounds: besideRounds}
	_, along, err := benchCourse(ctx, s.env, s.runtime, with)
	if err != nil {
		return nil, err
	}
	defer closeInto(&err, along.Close)
	b := &benchRounds{
		env: s.env, rows: rows, o: with, gauges: newGauges(s.runtime), check: newScalingCheck().check,
		stand: newBenchStand(along, besideTime/4),
	}
	defer closeInto(&err, b.stand.closeAll)
	defer closeInto(&err, b.gauges.Close)
	if _, err := b.run(ctx); err != nil {
		return nil, err
	}
	samples := make([][]float64, len(rows))
	for i, r := range rows {
		for _, sample := range r.Samples {
			samples[i] = append(samples[i], sample.FPS)
		}
	}
	return ratesOf(samples), nil
}

// ratesOf are the rates of rows that ran in turn, round by round. Between rows the median of the
// rounds' ratios decides, since a machine may be faster for some rounds; the level is the median
// of all samples, each over its row's ratio, since that is what a plan will meet. nil where a round
// saw no frame at all, of a network that takes longer than the round.
func ratesOf(samples [][]float64) []float64 {
	rates := make([]float64, len(samples))
	var level []float64
	for i, row := range samples {
		if slices.Min(row) <= 0 {
			return nil
		}
		ratios := make([]float64, len(row))
		for k := range row {
			ratios[k] = row[k] / samples[0][k]
		}
		rates[i] = bench.Median(ratios)
		for _, rate := range row {
			level = append(level, rate/rates[i])
		}
	}
	typical := bench.Median(level)
	for i := range rates {
		rates[i] *= typical
	}
	return rates
}
