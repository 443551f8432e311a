package histogram

import (
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var durations = rapid.Int64Range(0, int64(15*time.Minute))

// The buckets are side by side, without a gap, and each holds what lies within its
// bounds.
func TestBuckets(t *testing.T) {
	end := time.Duration(0)
	for i := range buckets {
		low, width := bounds(i)
		if low != end || bucketOf(low) != i || bucketOf(low+width-1) != i {
			t.Fatalf("bucket %d is %d to %d behind %d; its ends are in %d and %d",
				i, low, low+width, end, bucketOf(low), bucketOf(low+width-1))
		}
		if low >= perOctave && width*perOctave > low {
			t.Errorf("bucket %d at %d is %d wide", i, low, width)
		}
		end = low + width
	}
	if end != 1<<topBits || bucketOf(math.MaxInt64) != buckets-1 {
		t.Errorf("the last bucket ends at %d", end)
	}
}

// A quantile is what sorting gives, to within a bucket.
func TestQuantileEqualsSorting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h Histogram
		values := rapid.SliceOfN(durations, 1, 80).Draw(t, "ns")
		sum := time.Duration(0)
		for _, v := range values {
			h.Add(time.Duration(v))
			sum += time.Duration(v)
		}
		slices.Sort(values)
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		rank := max(int(math.Ceil(q*float64(len(values)))), 1)
		want, got := float64(values[rank-1]), float64(h.Quantile(q))
		if math.Abs(got-want) > want/32 {
			t.Fatalf("quantile %g is %g, want %g", q, got, want)
		}
		if c := h.Read(); c.N != uint64(len(values)) || c.Sum != sum {
			t.Fatalf("%d values, sum %v; want %d, %v", c.N, c.Sum, len(values), sum)
		}
	})
}

func TestSinceIsWhatWasAddedAfter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all, late Histogram
		for _, v := range rapid.SliceOf(durations).Draw(t, "early") {
			all.Add(time.Duration(v))
		}
		before := all.Read()
		for _, v := range rapid.SliceOf(durations).Draw(t, "late") {
			all.Add(time.Duration(v))
			late.Add(time.Duration(v))
		}
		if got, want := all.Read().Since(before), late.Read(); *got != *want {
			t.Fatalf("%d values, sum %v; want %d, %v", got.N, got.Sum, want.N, want.Sum)
		}
		if got, want := all.Read().Since(nil), all.Read(); *got != *want {
			t.Fatal("since nothing is not all")
		}
	})
}

func TestExtremes(t *testing.T) {
	var h Histogram
	if h.Quantile(0.5) != 0 {
		t.Error("a quantile of nothing is not 0")
	}
	h.Add(-time.Second)
	h.Add(math.MaxInt64)
	c := h.Read()
	if c.N != 2 || c.Sum != math.MaxInt64 || c.Quantile(0) != 0 || c.Quantile(1) < 15*time.Minute {
		t.Errorf("%d values, sum %v, from %v to %v", c.N, c.Sum, c.Quantile(0), c.Quantile(1))
	}
	if n := testing.AllocsPerRun(100, func() { h.Add(time.Millisecond) }); n > 0 {
		t.Errorf("Add allocates %v times", n)
	}
}

func TestConcurrentAdds(t *testing.T) {
	const goroutines, each = 4, 1000
	var h Histogram
	var group sync.WaitGroup
	for g := range goroutines {
		group.Go(func() {
			for i := range each {
				h.Add(time.Duration(g*each + i))
				_ = h.Quantile(0.5)
			}
		})
	}
	group.Wait()
	const n = goroutines * each
	if c := h.Read(); c.N != n || c.Sum != n*(n-1)/2 {
		t.Errorf("%d values, sum %d", c.N, c.Sum)
	}
}

func BenchmarkAdd(b *testing.B) {
	var h Histogram
	for i := range b.N {
		h.Add(time.Duration(i))
	}
}
