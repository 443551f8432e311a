package profile

import (
	"context"
	"time"

	"braid/accel/plan"
)

// leastFaster is how much faster than one stream several must be for it to matter which parts of the network
// gain by them.
const leastFaster = 1.05

// asFull is what of the most frames a number of streams makes that fills the device as well: the more there are, the
// less are the parts of the network bound by theirs.
const asFull = 0.95

// fullest is the largest of the numbers of streams that fill a device, the most last; 0 where none makes clearly more
// frames than one.
func fullest(rates []sample) int {
	best := 0.0
	for _, r := range rates {
		rate, _ := r.median()
		best = max(best, rate)
	}
	if one, _ := rates[0].median(); best < leastFaster*one {
		return 0
	}
	for i := len(rates) - 1; ; i-- {
		if rate, _ := rates[i].median(); rate >= asFull*best {
			return i
		}
	}
}

// split is what a border tells of a full device.
type split struct {
	at    int    // the unit behind it
	first sample // by round: what the part in front of it asks for, of the whole
}

// full measures both parts at each border as the whole is measured with all of its streams: with as many, each
// with its next run always enqueued. Kernels that fill a device gain nothing by others beside them; small ones do.
// By what both take longer together than the whole, cut and all, neither asks for more than the other.
func (m *measurement) full(ctx context.Context, parts []part, whole []stream, window time.Duration, budget time.Duration) ([]split, error) {
	sets := [][]stream{whole}
	for _, p := range parts {
		sets = append(sets, p.first, p.second)
	}
	rates, err := m.ratesOf(ctx, sets, window, leastRounds, budget)
	if err != nil {
		return nil, err
	}
	var list []split
	for i, p := range parts {
		s := split{at: p.at}
		for round, rate := range rates[0] {
			all, first, second := 1000/rate, 1000/rates[1+2*i][round], 1000/rates[2+2*i][round]
			s.first = append(s.first, (all+first-second)/2/all)
		}
		list = append(list, s)
	}
	return list, nil
}

// fill says of a device's units what each asks of the full device, of which the whole network, a frame with n
// streams, takes ms: each part between borders what was measured of it, its units as much of that as of their time
// alone. A border whose parts gain alike, but for what varies, says nothing.
func fill(units []*plan.Unit, splits []split, n int, ms float64) {
	if len(splits) == 0 {
		return
	}
	alone := together(units, span{0, len(units)})
	share := func(b int) float64 { return together(units, span{0, b}) / alone }
	first, begin, sum := 0, 0.0, 0.0
	add := func(end int, part float64) {
		took := together(units, span{first, end})
		asked := min(max((part-begin)*ms, took/float64(n)), took)
		for _, u := range units[first:end] {
			if took > 0 {
				u.FullMS = u.MS * asked / took
			}
		}
		first, begin, sum = end, part, sum+asked
	}
	for _, s := range splits {
		part, half := s.first.median()
		if even := share(s.at); part-half <= even && even <= part+half {
			part = even
		}
		add(s.at, max(begin, min(part, 1)))
	}
	add(len(units), 1)
	for _, u := range units {
		u.FullMS = min(u.MS, u.FullMS*ms/sum) // what was above or below what can be
	}
}
