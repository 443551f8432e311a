// Package histogram counts durations in fixed buckets: how long frames took, and
// how long workers waited for them. Its buckets have the same bounds everywhere
// and for ever, so that counts of different places and times can be added and
// subtracted. It knows no stage and no unit but time.
package histogram

import (
	"iter"
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// Each octave of nanoseconds has perOctave buckets of equal width, as in
// HdrHistogram (Tene): a bucket is at most a sixteenth of its lower bound wide, so
// its middle is right to within 1/32. Below perOctave ns each has its own.
const (
	subBits   = 4
	perOctave = 1 << subBits
	topBits   = 40 // what is 2^40 ns, 18 minutes, or more is in the last bucket
	buckets   = (topBits - subBits + 1) * perOctave
)

// Histogram counts durations. Add and Read may be called from several goroutines
// at once; neither locks. The zero value is empty and ready.
type Histogram struct {
	sum    atomic.Int64 // nanoseconds
	counts [buckets]atomic.Uint64
}

// Add counts d; a negative one counts as 0. It allocates nothing.
func (h *Histogram) Add(d time.Duration) {
	d = max(d, 0)
	h.counts[bucketOf(d)].Add(1)
	h.sum.Add(int64(d))
}

// Read takes down what was counted so far. An Add at the same time may be in the
// counts and not yet in the sum.
func (h *Histogram) Read() *Counts {
	c := &Counts{Sum: time.Duration(h.sum.Load())}
	for i := range h.counts {
		n := h.counts[i].Load()
		c.counts[i] = n
		c.N += n
	}
	return c
}

// Quantile is Counts.Quantile of now.
func (h *Histogram) Quantile(q float64) time.Duration { return h.Read().Quantile(q) }

// Counts is what a Histogram held at one time.
type Counts struct {
	N      uint64        // durations
	Sum    time.Duration // of all
	counts [buckets]uint64
}

// Quantile is the middle of the bucket that holds the q-th part, 0 <= q <= 1, right
// to within 1/32; 0 where nothing was counted.
func (c *Counts) Quantile(q float64) time.Duration {
	if c.N == 0 {
		return 0
	}
	rank := max(uint64(math.Ceil(q*float64(c.N))), 1)
	seen := uint64(0)
	for i, n := range c.counts {
		if seen += n; seen >= rank {
			low, width := bounds(i)
			return low + width/2
		}
	}
	return 0 // not reached: the counts add up to N
}

// Since is what was counted after the same Histogram held before; nil is the
// empty one.
func (c *Counts) Since(before *Counts) *Counts {
	if before == nil {
		return c
	}
	d := &Counts{N: c.N - before.N, Sum: c.Sum - before.Sum}
	for i := range c.counts {
		d.counts[i] = c.counts[i] - before.counts[i]
	}
	return d
}

// Bucket is the count of durations from Low up to Low+Width.
type Bucket struct {
	Low, Width time.Duration
	N          uint64
}

// All are the buckets that are not empty, from the least on.
func (c *Counts) All() iter.Seq[Bucket] {
	return func(yield func(Bucket) bool) {
		for i, n := range c.counts {
			if n == 0 {
				continue
			}
			low, width := bounds(i)
			if !yield(Bucket{low, width, n}) {
				return
			}
		}
	}
}

// bucketOf is the bucket that holds d >= 0.
func bucketOf(d time.Duration) int {
	shift := max(bits.Len64(uint64(d))-subBits-1, 0)
	return min(shift*perOctave+int(d>>shift), buckets-1)
}

// bounds are the least duration of a bucket and how many nanoseconds it holds.
func bounds(bucket int) (low, width time.Duration) {
	shift := max(bucket/perOctave-1, 0)
	return time.Duration(bucket-shift*perOctave) << shift, 1 << shift
}
