package profile

import (
	"context"
	"errors"
	"time"

	"braid/accel/plan"
)

// parts measures parts of a stretch, each in its own stream and, where the profile tells of the full device, with as many
// streams as fill it.
func (m *measurement) parts(ctx context.Context, at place, uses []use, budget time.Duration) (t told, err error) {
	units := m.unitsOf(at.series)
	m.units = along(units)
	if !m.inTime(at, "alone", (1+len(uses))*leastRounds, 3*together(units, at.stretch), budget/2) {
		return t, nil
	}
	r := &rig{backend: m.backend, network: m.network, units: m.units, series: at.series}
	defer r.closeInto(&err)
	list := make([]built, 1+len(uses)) // the whole, and its parts
	for i := range list {
		is := at.stretch
		if i > 0 {
			is = uses[i-1].span
		}
		if list[i], err = r.built(ctx, r.ends(is), is); err != nil {
			return t, err
		}
	}
	if t.times, err = m.partsAlone(ctx, r, list, uses, budget/2); err != nil {
		return t, err
	}
	n := filledBy(m.profile, at.series)
	if run := float64(n) * fullOf(units); n == 0 || !m.inTime(at, "on the full device", (2+len(uses))*leastRounds, 2*run, budget/2) {
		return t, nil
	}
	t.full, err = m.partsBeside(ctx, r, list, uses, n, budget/2)
	if errors.Is(err, errRoom) {
		m.options.Log.Warn("not measured what parts of a plan ask of the full device: it has no room for so many streams of them", "device", at.series.Device, "streams", n, "error", err)
		err = nil
	}
	return t, err
}

// along are the units of a series as they were measured.
func along(list []*plan.Unit) (u units) {
	for i, unit := range list {
		u.guess = append(u.guess, unit.MS)
		if i+1 < len(list) {
			u.borders = append(u.borders, Cut{At: unit.At, Bytes: unit.Bytes, Tensors: unit.Tensors})
		}
	}
	return u
}

// inTime is whether there is time for so many windows, of ms at least; it says so where there is not.
func (m *measurement) inTime(at place, what string, windows int, ms float64, budget time.Duration) bool {
	need := time.Duration(windows) * m.windowOf(ms)
	if need > budget {
		m.options.Log.Info("parts of a plan are not measured: that would take too long", "device", at.series.Device, "what", what, "takes", need.Round(time.Millisecond), "of", budget.Round(time.Millisecond))
	}
	return need <= budget
}

// windowOf is how long parts are measured at a time: short, since they are compared, and drift then meets all alike; but ms
// at least.
func (m *measurement) windowOf(ms float64) time.Duration {
	return max(m.options.Window/4, time.Duration(ms*float64(time.Millisecond)))
}

// filledBy is the number of streams that full_ms of a series is of, 0 where it has none.
func filledBy(p plan.Profile, s plan.Series) int {
	if fullOf(unitsOf(p, s)) == 0 || p.IsFIFO(s.Device) {
		return 0
	}
	var counts []int
	var rates []sample
	for _, k := range p.Streams {
		if (plan.Unit{Device: k.Device, Precision: k.Precision}).Series() == s {
			counts, rates = append(counts, k.N), append(rates, sample{k.Rate})
		}
	}
	if len(rates) == 0 {
		return 0
	}
	if i := fullest(rates); i > 0 {
		return counts[i]
	}
	return 0
}

// partsAlone measures the whole and parts in turn, each in a stream that always has the next run enqueued.
func (m *measurement) partsAlone(ctx context.Context, r *rig, list []built, uses []use, budget time.Duration) ([]share, error) {
	var sets [][]stream
	for _, b := range list {
		one, err := r.streamsOf(b, nil)
		if err != nil {
			return nil, err
		}
		sets = append(sets, one)
	}
	rates, err := m.ratesOf(ctx, sets, m.windowOf(0), leastRounds, budget)
	if err != nil {
		return nil, err
	}
	shares := make([]sample, len(uses))
	for i := range uses {
		for round, rate := range rates[0] {
			shares[i] = append(shares[i], rate/rates[1+i][round])
		}
	}
	return m.shares(r, "of its time", uses, shares), nil
}

// partsBeside measures what parts ask of the full device: each with n streams, and all of them beside each other, as in
// their plan. By itself each finds more of its tensors in the cache, or has fewer kernels that go well beside others; what
// all ask for together is what they make at once.
func (m *measurement) partsBeside(ctx context.Context, r *rig, list []built, uses []use, n int, budget time.Duration) ([]share, error) {
	sets, err := r.setsOf(list, n)
	if err != nil {
		return nil, err
	}
	units := m.unitsOf(r.series)
	alone, beside, err := m.inTurn(ctx, sets[0], sets[1:], shared(units, uses, n), m.windowOf(2*float64(n)*fullOf(units)), budget)
	if err != nil {
		return nil, err
	}
	shares := make([]sample, len(uses))
	for round := range beside[len(uses)-1] {
		asked := 0.0 // of the device, if each asked for as much as by itself
		for i := range uses {
			asked += beside[i][round] / alone[1+i][round]
		}
		for i := range uses {
			shares[i] = append(shares[i], alone[0][round]/alone[1+i][round]/asked)
		}
	}
	return m.shares(r, "of the full device", uses, shares), nil
}

// shared divides n streams between parts by their time alone, one at least for each: more than n where there are more
// parts.
func shared(units []*plan.Unit, parts []use, n int) []int {
	all := 0.0
	for _, p := range parts {
		all += together(units, p.span)
	}
	wants, streams := make([]float64, len(parts)), make([]int, len(parts))
	for i, p := range parts {
		wants[i], streams[i] = together(units, p.span)/max(all, 1e-9)*float64(n), 1
	}
	for left := n - len(parts); left > 0; left-- {
		neediest := 0
		for i := range parts {
			if wants[i]-float64(streams[i]) > wants[neediest]-float64(streams[neediest]) {
				neediest = i
			}
		}
		streams[neediest]++
	}
	return streams
}

// leastSigma is how exact a measured part is at best, as a part of it.
const leastSigma = 2e-3

// shares are samples of what parts take.
func (m *measurement) shares(r *rig, what string, uses []use, samples []sample) (list []share) {
	for i, s := range samples {
		of, half := s.median()
		m.options.Log.Debug("a part of a plan", "device", r.series.Device, "from", uses[i].first, "to", uses[i].end, what, of, "half", half, "rounds", len(s))
		list = append(list, share{uses[i], of, max(half/z95, leastSigma*of)})
	}
	return list
}
