package quantize

import (
	"errors"
	"math"
)

// half is how many bins of a Histogram lie on each side of 0.
const half = 8192

// errNotFinite is why a calibration ends.
var errNotFinite = errors.New("infinite, or not a number")

// Histogram counts values in bins of equal width from -reach to reach, in bounded
// memory whatever comes: where a value lies beyond, reach is doubled and bins are
// merged by twos, which is exact, since 0 is a border of bins. The zero value is
// ready.
type Histogram struct {
	bins     [2 * half]int64
	reach    float64 // a power of two; 0: nothing counted but zeros
	n        int64
	low, top float32 // the least and the greatest value
}

// Add counts values. One that is not finite is an error, and nothing is counted.
func (h *Histogram) Add(values []float32) error {
	low, top := h.low, h.top
	if h.n == 0 && len(values) > 0 {
		low, top = values[0], values[0]
	}
	for _, v := range values {
		if v-v != 0 {
			return errNotFinite
		}
		low, top = min(low, v), max(top, v)
	}
	h.low, h.top = low, top
	h.stretch(float64(max(-low, top)))
	h.n += int64(len(values))
	if h.reach == 0 {
		h.bins[half] += int64(len(values))
		return nil
	}
	scale := half / h.reach
	for _, v := range values {
		h.bins[min(half+int(math.Floor(float64(v)*scale)), 2*half-1)]++
	}
	return nil
}

// stretch sees to it that a magnitude lies within reach.
func (h *Histogram) stretch(to float64) {
	if to <= h.reach {
		return
	}
	_, exponent := math.Frexp(to)
	if h.reach == 0 {
		h.reach = math.Ldexp(1, exponent)
		return
	}
	for ; h.reach < to; h.reach *= 2 {
		var merged [2 * half]int64
		for i, n := range h.bins {
			merged[(i+half)/2] += n
		}
		h.bins = merged
	}
}

// edge is where bin i begins.
func (h *Histogram) edge(i int) float64 { return float64(i-half) / half * h.reach }

// Range is the values that int8 is to tell apart.
type Range struct{ Low, Top float32 }

// Extremes are the least and the greatest value.
func (h *Histogram) Extremes() Range { return Range{h.low, h.top} }

// Percentile leaves out, at each end, so many of 100 values at most.
func (h *Histogram) Percentile(percent float64) Range {
	spare := int64(float64(h.n) * (100 - percent) / 100)
	r := h.Extremes()
	for i, cut := 0, int64(0); i < len(h.bins); i++ {
		if cut += h.bins[i]; cut > spare {
			r.Low = max(r.Low, float32(h.edge(i)))
			break
		}
	}
	for i, cut := len(h.bins)-1, int64(0); i >= 0; i-- {
		if cut += h.bins[i]; cut > spare {
			r.Top = min(r.Top, float32(h.edge(i+1)))
			break
		}
	}
	return r
}
