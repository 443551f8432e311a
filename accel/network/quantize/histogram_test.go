package quantize_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"braid/accel/network/quantize"
)

// TestPercentileLeavesOutNoMore: whatever comes in whatever portions, a range leaves
// out at most the stated share at each end, keeps within the extremes, and with 100 %
// is them.
func TestPercentileLeavesOutNoMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h quantize.Histogram
		var all []float32
		for range rapid.IntRange(1, 5).Draw(t, "portions") {
			scale := math.Ldexp(1, rapid.IntRange(-30, 30).Draw(t, "scale"))
			rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
			values := make([]float32, rapid.IntRange(0, 300).Draw(t, "values"))
			for i := range values {
				values[i] = float32(rng.NormFloat64() * scale)
			}
			if err := h.Add(values); err != nil {
				t.Fatal(err)
			}
			all = append(all, values...)
		}
		if len(all) == 0 {
			return
		}
		extremes := quantize.Range{Low: slices.Min(all), Top: slices.Max(all)}
		if h.Extremes() != extremes || h.Percentile(100) != extremes {
			t.Fatalf("extremes %v and %v, want %v", h.Extremes(), h.Percentile(100), extremes)
		}
		percent := rapid.Float64Range(51, 100).Draw(t, "percent")
		r := h.Percentile(percent)
		below, above := 0, 0
		for _, v := range all {
			if v < r.Low {
				below++
			}
			if v > r.Top {
				above++
			}
		}
		most := int(float64(len(all)) * (100 - percent) / 100)
		if below > most || above > most || r.Low < extremes.Low || r.Top > extremes.Top {
			t.Fatalf("%v of %v leaves out %d and %d of %d, more than %d", r, extremes, below, above, len(all), most)
		}
	})
}

// TestEntropyCutsOutliers: of normal values with one far away the entropy's range keeps
// the bell, and leaves the outlier out; of evenly spread ones it keeps all.
func TestEntropyCutsOutliers(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	var bell, even quantize.Histogram
	values := make([]float32, 200_000)
	for i := range values {
		values[i] = float32(rng.NormFloat64())
	}
	values[0] = 60
	if err := bell.Add(values); err != nil {
		t.Fatal(err)
	}
	if r := bell.Entropy(127); r.Top < 2.5 || r.Top > 12 || r.Low < -12 || r.Low > -2.5 {
		t.Errorf("the range of the bell is %v", r)
	}
	var relu quantize.Histogram
	for i, v := range values[1:] {
		values[i] = max(0, v-1)
	}
	if err := relu.Add(values[:len(values)-1]); err != nil {
		t.Fatal(err)
	}
	if r := relu.Entropy(255); r.Low != 0 || r.Top < 2 {
		t.Errorf("the range of a Relu that lets one of six through is %v", r)
	}
	for i := range values {
		values[i] = rng.Float32()
	}
	if err := even.Add(values); err != nil {
		t.Fatal(err)
	}
	if r := even.Entropy(255); r.Low < 0 || r.Top < 0.95 {
		t.Errorf("the range of evenly spread values is %v", r)
	}
}

func TestHistogramRefuses(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		var h quantize.Histogram
		if err := h.Add([]float32{1, float32(v)}); err == nil {
			t.Errorf("%g was counted", v)
		}
		if h.Extremes() != (quantize.Range{}) {
			t.Errorf("%g left %v", v, h.Extremes())
		}
	}
}

// TestHistogramOfZeros: a tensor may be nothing but zeros, or begin so.
func TestHistogramOfZeros(t *testing.T) {
	var h quantize.Histogram
	if err := h.Add(make([]float32, 10)); err != nil {
		t.Fatal(err)
	}
	if r := h.Percentile(99); r != (quantize.Range{}) {
		t.Errorf("zeros have the range %v", r)
	}
	if r := h.Entropy(127); r != (quantize.Range{}) {
		t.Errorf("zeros have the entropy's range %v", r)
	}
	if err := h.Add([]float32{-2, 3}); err != nil {
		t.Fatal(err)
	}
	if r := h.Extremes(); r != (quantize.Range{Low: -2, Top: 3}) {
		t.Errorf("the extremes are %v", r)
	}
}
