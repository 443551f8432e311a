package metrics

import (
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"braid/internal/histogram"
)

// schema is the resolution of native histograms, 8 buckets an octave: each is 9 % wider
// than the one below. histogram's are at most 6 % wide, so that their middles fall into the
// right one or its neighbour.
const schema = 3

// native is a histogram of durations in Prometheus' native form (Rabenstein, "Sparse
// high-resolution histograms for Prometheus", 2021): bucket i holds what is above
// 2^((i-1)/8) and at most 2^(i/8) seconds. Scrapers that read text see its count and sum.
// nil is no histogram.
func native(to chan<- prometheus.Metric, d *prometheus.Desc, c *histogram.Counts, labels ...string) {
	if c == nil {
		return
	}
	zero, buckets := uint64(0), map[int]int64{}
	for b := range c.All() {
		middle := b.Low + b.Width/2
		if middle == 0 {
			zero += b.N
			continue
		}
		buckets[bucketOf(middle)] += int64(b.N)
	}
	m, err := prometheus.NewConstNativeHistogram(d, c.N, c.Sum.Seconds(), buckets, nil, zero, schema, 0, time.Time{}, labels...)
	if err != nil {
		m = prometheus.NewInvalidMetric(d, err)
	}
	to <- m
}

func bucketOf(d time.Duration) int {
	return int(math.Ceil(math.Log2(d.Seconds()) * (1 << schema)))
}
