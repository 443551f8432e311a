package app

import (
	"math"
	"sync/atomic"
	"time"
)

// latency is a histogram of durations with buckets that grow by a sixteenth of
// an octave, so that a quantile is right to within 4.5 %. Add may be called from
// several goroutines and allocates nothing.
type latency struct {
	count   atomic.Uint64
	buckets [latencyBuckets]atomic.Uint64
}

const (
	latencyPerOctave = 16
	latencyBuckets   = 40 * latencyPerOctave // 1 ns up to 18 minutes
)

func (l *latency) add(d time.Duration) {
	i := 0
	if d > 1 {
		i = min(int(math.Log2(float64(d))*latencyPerOctave), latencyBuckets-1)
	}
	l.buckets[i].Add(1)
	l.count.Add(1)
}

// quantile is the middle of the bucket that holds the q-th part, 0 <= q <= 1.
func (l *latency) quantile(q float64) time.Duration {
	n := l.count.Load()
	if n == 0 {
		return 0
	}
	rank := uint64(math.Ceil(q * float64(n)))
	seen := uint64(0)
	for i := range l.buckets {
		seen += l.buckets[i].Load()
		if seen >= max(rank, 1) {
			return time.Duration(math.Exp2((float64(i) + 0.5) / latencyPerOctave))
		}
	}
	return 0
}
