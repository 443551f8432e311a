package search

import (
	"slices"

	"braid/accel/plan"
)

// curve is the gain of a series by its streams: points of straight lines.
type curve []point

type point struct{ n, gain float64 }

// flat is the gain of a device that more streams make no faster.
var flat = curve{{1, 1}}

// linear is the gain of cores that nothing was measured of.
func linear(n int) curve { return curve{{1, 1}, {float64(n), float64(n)}} }

// at is the gain at n streams.
func (c curve) at(n int) float64 {
	x := float64(n)
	last := c[len(c)-1]
	if x >= last.n {
		return last.gain
	}
	for i := len(c) - 1; ; i-- {
		if a := c[i]; a.n <= x {
			b := c[i+1]
			return a.gain + (b.gain-a.gain)*(x-a.n)/(b.n-a.n)
		}
	}
}

// curveOf makes the gain of measured rates. alone is the rate of one stream where
// that was not measured.
func curveOf(measured []plan.Streams, alone float64) curve {
	c := slices.Clone(flat)
	for _, m := range measured {
		if m.N == 1 && m.Rate > 0 {
			alone = m.Rate
		}
	}
	for _, m := range measured {
		if m.N > 1 && m.Rate > 0 && alone > 0 {
			c = append(c, point{float64(m.N), min(m.Rate/alone, float64(m.N))})
		}
	}
	slices.SortStableFunc(c, func(a, b point) int { return int(a.n - b.n) })
	c = slices.CompactFunc(c, func(a, b point) bool { return a.n == b.n })
	return c.grown()
}

// asFast is what of the highest gain more streams must have reached to count: as many are of use where streams copy.
const asFast = 0.95

// grown is a measured curve that never falls, since streams that wait do not slow the others down, up to the last
// number of streams that was not clearly slower than fewer.
func (c curve) grown() curve {
	last, top := 0, 0.0
	for i := range c {
		if c[i].gain >= asFast*top {
			last = i
		}
		top = max(top, c[i].gain)
		c[i].gain = top
	}
	return c[:last+1]
}
