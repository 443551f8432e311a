package profile

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"braid/accel/plan"
)

// leastFaster is how much faster than one stream several must be for it to matter which parts of the network
// gain by them.
const leastFaster = 1.05

// asFull is what of the most frames a number of streams makes that fills the device as well: the more there are, the
// less are the parts of the network bound by theirs.
const asFull = 0.95

// highest is the best of rates.
func highest(rates []sample) (best float64) {
	for _, r := range rates {
		rate, _ := r.median()
		best = max(best, rate)
	}
	return best
}

// fullest is the largest of the numbers of streams that fill a device, the most last; 0 where none makes clearly more
// frames than one.
func fullest(rates []sample) int {
	best := highest(rates)
	if one, _ := rates[0].median(); best < leastFaster*one {
		return 0
	}
	for i := len(rates) - 1; ; i-- {
		if rate, _ := rates[i].median(); rate >= asFull*best {
			return i
		}
	}
}

// split is what a border tells of a full device, by round, as parts of what the whole asks for.
type split struct {
	at    int    // the unit behind it
	first sample // what the part in front of it asks for
	cut   sample // what both parts ask for more than the whole, at work beside each other
	away  sample // what each asks for more by itself
}

// full measures both parts at each border as the whole is measured with all of its streams, a run of which takes so
// long: with as many, each with its next run always enqueued. Kernels that fill a device gain nothing by others beside
// them; small ones do. It measures at fewer borders where there is no time for all, and none where the device has no
// room for the streams.
func (m *measurement) full(ctx context.Context, r *rig, parts []part, whole []stream, run, budget time.Duration) (list []split, err error) {
	window := max(m.options.Window/4, 3*run)
	parts = evenly(parts, int(budget/(4*leastRounds*window)))
	for _, p := range parts {
		s, err := m.splitAt(ctx, r, p, whole, window, budget/time.Duration(len(parts)))
		if errors.Is(err, errRoom) {
			m.options.Log.Warn("not measured what parts of the network ask of the full device: it has no room for so many streams of them", "device", r.series.Device, "streams", len(whole), "error", err)
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		part, _ := s.first.median()
		cut, _ := s.cut.median()
		away, _ := s.away.median()
		m.options.Log.Debug("parts of a full device", "device", r.series.Device, "units", p.at, "part", part, "cut", cut, "away", away, "rounds", len(s.first))
		list = append(list, s)
	}
	return list, nil
}

// evenly are at most n of parts, far from each other.
func evenly(parts []part, n int) (some []part) {
	if n >= len(parts) {
		return parts
	}
	for i := range n {
		some = append(some, parts[(2*i+1)*len(parts)/(2*n)])
	}
	return some
}

// errRoom is wrapped where a device has no room for more streams.
var errRoom = errors.New("no room")

// splitAt measures so at one border, whose streams are gone behind it: the whole, each part, and both parts at once
// with as many streams together.
func (m *measurement) splitAt(ctx context.Context, r *rig, p part, whole []stream, window, budget time.Duration) (s split, err error) {
	x := &rig{backend: r.backend, network: r.network, units: r.units, series: r.series}
	defer x.closeInto(&err)
	parts, err := x.setsOf([]built{p.first, p.second}, len(whole))
	if err != nil {
		return s, err
	}
	n := m.streamsOfFirst(r.series, p.at, len(whole))
	alone, beside, err := m.inTurn(ctx, whole, parts, []int{n, len(whole) - n}, window, budget)
	s.at = p.at
	for i := range beside[1] {
		s.add(1000/alone[0][i], 1000/alone[1][i], 1000/alone[2][i], beside[0][i], beside[1][i])
	}
	return s, err
}

// setsOf makes n streams of each of what is built. The error wraps errRoom.
func (r *rig) setsOf(list []built, n int) (sets [][]stream, err error) {
	for _, b := range list {
		streams, err := r.streamsOf(b, make([]keeper, n)...)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errRoom, err)
		}
		sets = append(sets, streams)
	}
	return sets, nil
}

// inTurn measures in turn how many frames a second the whole makes, and each of parts, with all of their streams, and
// how many each part makes beside the others, of which each has so many of its streams then.
func (m *measurement) inTurn(ctx context.Context, whole []stream, parts [][]stream, streams []int, window, budget time.Duration) (alone, beside []sample, err error) {
	sets := slices.Concat([][]stream{whole}, parts)
	alone, beside = make([]sample, len(sets)), make([]sample, len(parts))
	var mixed []stream
	for i, p := range parts {
		mixed = append(mixed, p[:streams[i]]...)
	}
	sets = append(sets, mixed)
	err = rounds(ctx, budget, leastRounds, len(sets), func(i int) error {
		means, err := race(ctx, sets[i], window)
		if err != nil {
			return err
		}
		if i < len(alone) {
			alone[i] = append(alone[i], rate(means))
			return nil
		}
		for k, n := range streams {
			beside[k], means = append(beside[k], rate(means[:n])), means[n:]
		}
		return nil
	}, func(i int) bool {
		if i < len(alone) {
			return alone[i].stable(m.options.Interval)
		}
		return all(len(beside), func(k int) bool { return beside[k].stable(m.options.Interval) })
	})
	return alone, beside, err
}

// streamsOfFirst is how many of n streams, of two at least, the part in front of a border has for its part of the
// whole's time.
func (m *measurement) streamsOfFirst(s plan.Series, border, n int) int {
	units := m.unitsOf(s)
	part := together(units, span{0, border}) / max(together(units, span{0, len(units)}), 1e-9)
	return min(max(int(math.Round(part*float64(n))), 1), n-1)
}

// add takes a round into account: a frame of the whole and of each part takes the device so many ms, and both at once
// make so many first and second parts a second. What both take longer than the whole is the cut's: a part alone
// keeps fewer kernels of a kind that go well beside each other, and finds less of its tensors in the cache.
func (s *split) add(all, first, second, firsts, seconds float64) {
	part := (all + first - second) / 2 / all
	s.first = append(s.first, part)
	s.away = append(s.away, (first+second-all)/2/all)
	part = min(max(part, 0), 1)
	// Each part has half of the cut: 1000 ms = firsts * (all*part + cut/2) + seconds * (all*(1-part) + cut/2).
	s.cut = append(s.cut, 2*(1000/all-firsts*part-seconds*(1-part))/(firsts+seconds))
}

// fill says of a device's units what each asks of the full device, of which the whole network, a frame with n
// streams, takes ms: each part between borders what was measured of it, its units as much of that as of their time
// alone. A border whose parts gain alike, but for what varies, says nothing of them.
func fill(units []*plan.Unit, splits []split, n int, ms float64) {
	alone := together(units, span{0, len(units)})
	if len(splits) == 0 || alone <= 0 {
		return
	}
	first, begin := 0, 0.0
	add := func(end int, part float64) {
		took := together(units, span{first, end})
		asked := min(max((part-begin)*ms, took/float64(n)), took)
		for _, u := range units[first:end] {
			if took > 0 {
				u.FullMS = min(u.MS, u.MS*asked/took) // rounded it could be more
			}
		}
		first, begin = end, part
	}
	for _, s := range splits {
		part, half := s.first.median()
		if even := together(units, span{0, s.at}) / alone; part-half <= even && even <= part+half {
			continue
		}
		add(s.at, max(begin, min(part, 1)))
	}
	add(len(units), 1)
	addUp(units, n, ms)
	fillCuts(units, splits, ms)
}

// fillCuts says what cuts cost on the full device: those that were measured their own where it differs from the mean,
// the others the mean. No side asks for less because the other is elsewhere: that would be noise.
func fillCuts(units []*plan.Unit, splits []split, ms float64) {
	var at []int
	var cut, away []sample
	for _, s := range splits {
		at, cut, away = append(at, s.at), append(cut, s.cut), append(away, s.away)
	}
	both, alone := everywhere(len(units), at, cut), everywhere(len(units), at, away)
	for b := 1; b < len(units); b++ {
		units[b-1].FullCutMS = max(0, both[b]) * ms
		units[b-1].FullAwayMS = max(units[b-1].FullCutMS/2, alone[b]*ms)
	}
}

// everywhere gives each border between n units what was measured at some, see apart, and else their mean.
func everywhere(n int, at []int, measured []sample) []float64 {
	own, mean := apart(at, measured)
	all := make([]float64, n)
	for b := range all {
		all[b] = mean
		if ms, ok := own[b]; ok {
			all[b] = ms
		}
	}
	return all
}

// fullOf is what units ask of the full device together, ms.
func fullOf(units []*plan.Unit) (ms float64) {
	for _, u := range units {
		ms += u.FullMS
	}
	return ms
}

// bound keeps what units ask of the full device within what they can, and ms together; see addUp.
func bound(units []*plan.Unit, n int, ms float64) {
	for _, u := range units {
		u.FullMS = min(max(u.FullMS, u.MS/float64(n)), u.MS)
	}
	addUp(units, n, ms)
}

// addUp scales what units ask of the full device until it is ms together, none more than the unit takes alone
// and none less than one of n streams does.
func addUp(units []*plan.Unit, n int, ms float64) {
	for range units { // in each round one more unit at least is at its bound, or all add up
		sum, free := fullOf(units), 0.0
		up := sum < ms
		can := func(u *plan.Unit) bool { return up && u.FullMS < u.MS || !up && u.FullMS > u.MS/float64(n) }
		for _, u := range units {
			if can(u) {
				free += u.FullMS
			}
		}
		if free == 0 {
			return
		}
		by := 1 + (ms-sum)/free
		for _, u := range units {
			if can(u) {
				u.FullMS = min(max(u.FullMS*by, u.MS/float64(n)), u.MS)
			}
		}
	}
}
