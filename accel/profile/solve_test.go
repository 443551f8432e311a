package profile

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestSolveFindsWhatItWasMadeOf solves exact times of spans of drawn units and
// cuts: of all spans, and of what each method measures.
func TestSolveFindsWhatItWasMadeOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "units")
		unit := rapid.SliceOfN(rapid.Float64Range(0.1, 20), n, n).Draw(t, "ms")
		cut := rapid.SliceOfN(rapid.Float64Range(0, 1), n-1, n-1).Draw(t, "cut")
		takes := func(s span) equation {
			q := equation{span: s, sigma: 1e-4}
			for i, c := range q.row(n) {
				if i < n {
					q.ms += c * unit[i]
				} else {
					q.ms += c * cut[i-n]
				}
			}
			return q
		}
		var all []equation
		for first := range n {
			for end := first + 1; end <= n; end++ {
				all = append(all, takes(span{first, end}))
			}
		}
		guess := make([]float64, n)
		for i := range guess {
			guess[i] = rapid.Float64Range(0.1, 20).Draw(t, "guess")
		}
		got := solve(n, all, expected{unit: guess, cut: 0.5})
		for i := range n {
			if math.Abs(got.ms[i]-unit[i]) > 0.01 || got.ci[i] > 0.1 {
				t.Fatalf("unit %d takes %v ± %v, want %v", i, got.ms[i], got.ci[i], unit[i])
			}
		}
		for i, c := range cut {
			if math.Abs(got.cut[i]-c) > 0.02 {
				t.Fatalf("cut %d costs %v, want %v", i, got.cut[i], c)
			}
		}
	})
}

// TestSolveNeverGoesBelowZero, not for contradictory times either, and keeps to
// the sum that it is sure of.
func TestSolveNeverGoesBelowZero(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 10).Draw(t, "units")
		equations := []equation{{span: span{0, n}, ms: 10, sigma: 0.001}}
		for b := 1; b < n; b++ {
			equations = append(equations, equation{span: span{0, b}, ms: rapid.Float64Range(0, 15).Draw(t, "prefix"), sigma: 1})
		}
		guess := make([]float64, n)
		for i := range guess {
			guess[i] = 10 / float64(n)
		}
		got := solve(n, equations, expected{unit: guess})
		sum := 0.0
		for i, v := range got.ms {
			sum += v
			if v < 0 || got.ci[i] < 0 || math.IsNaN(v+got.ci[i]) {
				t.Fatalf("unit %d takes %v ± %v", i, v, got.ci[i])
			}
		}
		for i, c := range got.cut {
			if c < 0 {
				t.Fatalf("cut %d costs %v", i, c)
			}
		}
		if math.Abs(sum-10) > 0.01 {
			t.Fatalf("all take %v, want 10", sum)
		}
	})
}

// TestSolveDividesByGuess what units took together.
func TestSolveDividesByGuess(t *testing.T) {
	got := solve(3, []equation{{span: span{0, 2}, ms: 9, sigma: 1e-3}, {span: span{0, 3}, ms: 12, sigma: 1e-3}}, expected{unit: []float64{2, 4, 6}})
	for i, want := range []float64{3, 6, 3} {
		if math.Abs(got.ms[i]-want) > 0.01 {
			t.Errorf("unit %d takes %v, want %v", i, got.ms[i], want)
		}
	}
	if got.ci[2] > 0.1 || got.ci[0] < 1 {
		t.Errorf("intervals %v: the last unit is measured, the first two are guessed apart", got.ci)
	}
}
