package profile

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		s            sample
		middle, half float64
	}{
		{sample{3}, 3, 0},
		{sample{1, 4}, 2.5, 1.5},
		{sample{9, 1, 5}, 5, 4},
		{sample{1, 2, 3, 4, 5, 6}, 3.5, 2.5},
		{sample{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 5.5, 4.5},
		{sample{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}, 10.5, 5.5},
	} {
		if middle, half := c.s.median(); middle != c.middle || half != c.half {
			t.Errorf("%v: %v ± %v, want %v ± %v", c.s, middle, half, c.middle, c.half)
		}
	}
	if _, half := (sample{}).median(); !math.IsInf(half, 1) {
		t.Errorf("nothing measured gives ± %v", half)
	}
}

// TestIntervalCovers draws from a lopsided distribution, whose median is ln 2, and
// counts how often the interval's ends enclose it.
func TestIntervalCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{6, 9, 15, 40, 100} {
		const trials = 4000
		covered := 0
		for range trials {
			s := make(sample, n)
			for i := range s {
				s[i] = rng.ExpFloat64()
			}
			low, high := s.interval()
			if low <= math.Ln2 && math.Ln2 <= high {
				covered++
			}
		}
		if share := float64(covered) / trials; share < 0.94 || share > 0.999 {
			t.Errorf("the interval of %d covers the median in %.1f %%", n, 100*share)
		}
	}
}

func TestStable(t *testing.T) {
	flat := sample{10, 10, 10, 10, 10}
	if flat.stable(0.03) {
		t.Error("five repeats are too few")
	}
	if flat = append(flat, 10.1); !flat.stable(0.03) || (sample{8, 9, 10, 11, 12, 13}).stable(0.03) {
		t.Error("six repeats near each other are stable, six apart are not")
	}
}
