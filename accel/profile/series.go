package profile

import (
	"context"
	"fmt"
	"slices"
	"time"

	"braid/accel"
	"braid/accel/plan"
)

// work is what is measured of one series.
type work struct {
	*rig
	options  Options
	budget   time.Duration // for measuring
	prefixes int           // most cuts of a stretch that is measured by differences
}

// measured is what came out of it.
type measured struct {
	units   []plan.Unit
	longest span // the longest stretch that the device runs
}

// run measures every unit that the device can run.
func (w work) run(ctx context.Context) (_ measured, err error) {
	defer w.closeInto(&err)
	refused, err := w.refusals(ctx)
	if err != nil {
		return measured{}, err
	}
	m := measured{units: w.blank(refused)}
	parts := stretches(len(refused), func(i int) bool { return refused[i] == nil })
	for _, s := range parts {
		if s.end-s.first > m.longest.end-m.longest.first {
			m.longest = s
		}
		part := w
		part.prefixes = mostPrefixes / len(parts)
		part.budget = w.budget / time.Duration(len(parts))
		if err := part.stretch(ctx, s, m.units); err != nil {
			return measured{}, err
		}
		if err := w.close(); err != nil { // the next stretch needs the memory
			return measured{}, err
		}
	}
	return m, nil
}

// blank are the units without times.
func (w work) blank(refused []error) []plan.Unit {
	list := make([]plan.Unit, w.units.n())
	for i := range list {
		list[i] = plan.Unit{Device: w.series.Device, Threads: w.series.Threads, Precision: written(w.series.Precision)}
		list[i].Bytes, list[i].Tensors = w.network.Output, several(w.network.Outputs)
		if i < len(w.units.borders) {
			b := w.units.borders[i]
			list[i].At, list[i].Bytes, list[i].Tensors = b.At, crossing(w.series, b.Bytes), several(b.Tensors)
		}
		if refused[i] != nil {
			list[i].Why = refused[i].Error()
		}
	}
	return list
}

// several is a number of tensors as profiles have it: none where it is one.
func several(tensors int) int {
	if tensors <= 1 {
		return 0
	}
	return tensors
}

// crossing is what of float32 tensors crosses between devices of the series' kind:
// half of the bytes where both compute in less, and all in the host's memory, where
// tensors stay as the network has them.
func crossing(s plan.Series, bytes int64) int64 {
	if s.Precision == plan.FP32 || s.Device.Memory() == "cpu" {
		return bytes
	}
	return bytes / 2
}

// written is a precision as the file has it: nothing for the default.
func written(p plan.Precision) plan.Precision {
	if p == plan.FP32 {
		return ""
	}
	return p
}

// stretches are the longest spans of n units that a device runs.
func stretches(n int, runs func(unit int) bool) (list []span) {
	for i := range n {
		switch {
		case !runs(i):
		case i > 0 && runs(i-1):
			list[len(list)-1].end = i + 1
		default:
			list = append(list, span{i, i + 1})
		}
	}
	return list
}

// stretch measures the units of s in the way that the device allows.
func (w work) stretch(ctx context.Context, s span, into []plan.Unit) error {
	whole, err := w.span(ctx, s)
	if err != nil {
		return err
	}
	method := w.byBlocks
	if w.series.Device.Kind() == "dla" { // whose segment is one layer
		method = w.byPrefixes
	} else if _, ok := whole.call.(accel.LayerTimer); ok {
		method = w.byLayers
	}
	equations, cut, err := method(ctx, whole)
	if err != nil {
		return fmt.Errorf("measuring units on %s: %w", w.series.Device, err)
	}
	total, _ := whole.times.median()
	w.warn(whole)
	// By itself: a cut at an end of the stretch is in every run that has the unit there, and counts as the unit's.
	sol := solve(s.end-s.first, within(s, equations), w.expect(s, total, cut))
	for i, u := range into[s.first:s.end] {
		u.MS, u.CI = sol.ms[i], sol.ci[i]
		if i < len(sol.cut) {
			u.CutMS = sol.cut[i]
		}
		into[s.first+i] = u
	}
	return nil
}

// within are equations of spans of a stretch by the units of that alone.
func within(s span, all []equation) []equation {
	out := slices.Clone(all)
	for i := range out {
		out[i].span = span{out[i].first - s.first, out[i].end - s.first}
	}
	return out
}

// expect divides the total time of s by the guessed costs.
func (w work) expect(s span, total, cut float64) expected {
	e := expected{unit: make([]float64, s.end-s.first), cut: cut}
	guess := 0.0
	for _, g := range w.units.guess[s.first:s.end] {
		guess += g
	}
	for i, g := range w.units.guess[s.first:s.end] {
		if guess > 0 {
			e.unit[i] = total * g / guess
		}
	}
	return e
}

// warn says so where the machine was too busy for a narrow interval.
func (w work) warn(p *probe) {
	if ms, half := p.times.median(); !p.times.stable(w.options.Interval) {
		w.options.Log.Warn("times vary: other work on the machine, or a clock that changes", "device", w.series.Device, "threads", w.series.Threads, "ms", ms, "ci_ms", half, "repeats", len(p.times))
	}
}

// timed makes equations of settled probes.
func timed(probes []*probe) (list []equation) {
	for _, p := range probes {
		ms, half := p.times.median()
		list = append(list, equation{span: p.span, ms: ms, sigma: max(half/z95, 1e-3*ms)})
	}
	return list
}
