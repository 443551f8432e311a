package profile

import (
	"math"
	"slices"
)

// sample is repeated measurements of one thing.
type sample []float64

// leastRepeats is from when on the least and the greatest of a sample enclose the
// median with 95 %: 1 - 2/2^6 = 0.97.
const leastRepeats = 6

// z95 is the 97.5 % point of the normal distribution.
const z95 = 1.96

// median is the middle, and half of the width of interval.
func (s sample) median() (middle, half float64) {
	n := len(s)
	if n == 0 {
		return 0, math.Inf(1)
	}
	sorted := slices.Sorted(slices.Values(s))
	low, high := s.interval()
	return (sorted[(n-1)/2] + sorted[n/2]) / 2, (high - low) / 2
}

// interval encloses the median with 95 %, without regard to the distribution: from
// one order statistic to another, of ranks (n ∓ 1.96 √n)/2, the normal
// approximation of the binomial ones (Conover, Practical Nonparametric Statistics,
// section 3.2). Below leastRepeats it is from the least to the greatest, which is
// less than 95 %.
func (s sample) interval() (low, high float64) {
	n := len(s)
	sorted := slices.Sorted(slices.Values(s))
	i := max(int(math.Floor((float64(n)-z95*math.Sqrt(float64(n)))/2))-1, 0)
	return sorted[i], sorted[n-1-i]
}

// stable says whether the interval is within a share of the median.
func (s sample) stable(share float64) bool {
	middle, half := s.median()
	return len(s) >= leastRepeats && half <= share*middle
}
