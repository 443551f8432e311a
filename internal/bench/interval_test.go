package bench

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The ranks and coverages are those of tables of the binomial distribution with
// 1/2, e.g. Conover, Practical Nonparametric Statistics, table A3.
func TestInterval(t *testing.T) {
	for _, c := range []struct {
		n        int
		lo, hi   float64 // of the values 1 to n
		coverage float64
	}{
		{1, 1, 1, 0},
		{2, 1, 2, 0.5},
		{5, 1, 5, 0.9375},
		{6, 1, 6, 0.96875},
		{8, 1, 8, 0.9921875},
		{9, 2, 8, 0.9609375},
		{10, 2, 9, 0.978515625},
		{15, 4, 12, 0.96484375},
		{20, 6, 15, 0.95861053466796875},
	} {
		values := make([]float64, c.n)
		for i := range values {
			values[i] = float64(c.n - i)
		}
		lo, hi, coverage := Interval(values)
		if lo != c.lo || hi != c.hi || math.Abs(coverage-c.coverage) > 1e-12 {
			t.Errorf("%d values: %g to %g with %g, want %g to %g with %g", c.n, lo, hi, coverage, c.lo, c.hi, c.coverage)
		}
	}
	if lo, hi, coverage := Interval(nil); lo != 0 || hi != 0 || coverage != 0 {
		t.Errorf("nothing: %g to %g with %g", lo, hi, coverage)
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{4, 1}, 2.5}, {[]float64{9, 1, 4}, 4}, {[]float64{1, 100, 2, 3}, 2.5}} {
		if got := Median(c.values); got != c.want {
			t.Errorf("%v: %g, want %g", c.values, got, c.want)
		}
	}
}

// The interval is made of values, holds their median, keeps to what was asked of
// it, and does not care for order or scale.
func TestIntervalProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(0.1, 1e6), 1, 60).Draw(t, "values")
		lo, hi, coverage := Interval(values)
		if m := Median(values); lo > m || hi < m {
			t.Fatalf("%g to %g is beside the median %g", lo, hi, m)
		}
		if !slices.Contains(values, lo) || !slices.Contains(values, hi) {
			t.Fatalf("%g or %g is no value", lo, hi)
		}
		if len(values) >= enough && coverage < confidence {
			t.Fatalf("coverage %g of %d values", coverage, len(values))
		}
		twice := make([]float64, len(values))
		for i, v := range values {
			twice[len(values)-1-i] = 2 * v
		}
		if lo2, hi2, _ := Interval(twice); lo2 != 2*lo || hi2 != 2*hi {
			t.Fatalf("twice the values: %g to %g, want %g to %g", lo2, hi2, 2*lo, 2*hi)
		}
	})
}

// The interval must hold the true median as often as it says: of uniform values
// between 0 and 1, one half. The seed is fixed, and 0.02 is four standard errors.
func TestIntervalCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const tries = 2000
	for n := enough; n <= 30; n++ {
		held, said := 0, 0.0
		values := make([]float64, n)
		for range tries {
			for i := range values {
				values[i] = rng.Float64()
			}
			lo, hi, coverage := Interval(values)
			said = coverage
			if lo <= 0.5 && hi >= 0.5 {
				held++
			}
		}
		if got := float64(held) / tries; math.Abs(got-said) > 0.02 {
			t.Errorf("of %d values it holds the median in %.3f of the tries, and says %.3f", n, got, said)
		}
	}
}
