package bench

import (
	"math"
	"slices"
)

// confidence is that of every interval here.
const confidence = 0.95

// enough is the least number of values whose extremes hold the median with
// 95 %: 1 - 2/2^6 = 0.969.
const enough = 6

// Median of values, 0 of none. Of an even number it is the mean of the middle two.
func Median(values []float64) float64 {
	n := len(values)
	if n == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(values))
	return (s[(n-1)/2] + s[n/2]) / 2
}

// Interval holds the median of what the values are drawn from. It supposes
// nothing of their distribution but that they are independent: it reaches from
// the k-th smallest to the k-th largest, and misses where fewer than k of n
// values lie on one side of the median, whose number is binomial with 1/2. k is
// the largest that gives 95 % (David and Nagaraja, Order Statistics, 3rd edition,
// section 7.1). Of fewer than six values it is their range, and coverage, the
// probability that it holds the median, is less: 1 - 2/2^n.
func Interval(values []float64) (lo, hi, coverage float64) {
	n := len(values)
	if n == 0 {
		return 0, 0, 0
	}
	s := slices.Sorted(slices.Values(values))
	k, coverage := 1, 1-2*math.Exp2(-float64(n))
	chance := math.Exp2(-float64(n)) // of exactly k-1 values below the median
	below := chance                  // of at most k-1
	for k < n/2 {
		chance *= float64(n-k+1) / float64(k)
		below += chance
		if 1-2*below < confidence {
			break
		}
		k, coverage = k+1, 1-2*below
	}
	return s[k-1], s[n-k], max(coverage, 0)
}

// rates gives the median of a row's rates and its interval. Fewer than six rounds
// give none of 95 %; then the windows that each round was counted in do. They are
// closer to each other than rounds are, so that such an interval is the narrower.
func rates(samples []Sample) (fps, lo, hi, coverage float64) {
	var rounds, windows []float64
	for _, s := range samples {
		rounds = append(rounds, s.FPS)
		windows = append(windows, s.Windows...)
	}
	fps = Median(rounds)
	if len(rounds) >= enough {
		lo, hi, coverage = Interval(rounds)
	} else {
		lo, hi, coverage = Interval(windows)
	}
	return fps, min(lo, fps), max(hi, fps), coverage
}
