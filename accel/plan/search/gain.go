package search

import (
	"slices"

	"braid/accel/plan"
)

// curve is the gain of a series by its streams: points of straight lines.
type curve []point

type point struct {
	n, gain float64
	slower  bool // over 5 % slower than fewer were: worth no try
}

// flat is the gain of a device that more streams make no faster.
var flat = curve{{n: 1, gain: 1}}

// linear is the gain of cores that nothing was measured of.
func linear(n int) curve { return curve{{n: 1, gain: 1}, {n: float64(n), gain: float64(n)}} }

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

// top is the highest gain.
func (c curve) top() float64 { return c[len(c)-1].gain }

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
			c = append(c, point{n: float64(m.N), gain: min(m.Rate/alone, float64(m.N))})
		}
	}
	slices.SortStableFunc(c, func(a, b point) int { return int(a.n - b.n) })
	c = slices.CompactFunc(c, func(a, b point) bool { return a.n == b.n })
	top := 0.0
	for i := range c { // streams that wait do not slow the others down
		c[i].slower = c[i].gain < asFast*top
		top = max(top, c[i].gain)
		c[i].gain = top
	}
	return c
}

// asFast is what of the highest gain of fewer streams more must have to be tried: they are of use where streams copy.
const asFast = 0.95
