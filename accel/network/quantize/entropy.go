package quantize

import "math"

// coarse is how many bins of a Histogram the entropy looks at as one: finer ones
// count the chance in where single values fell.
const coarse = 4

// Entropy is the range whose rounding loses the least information: of all ranges
// it takes the one where the distribution of the magnitudes, with what lies beyond
// in its last bin, is closest to itself after rounding, by Kullback and Leibler's
// divergence (S. Migacz, 8-bit inference with TensorRT, GTC 2017). levels is how
// many values are told apart on one side of 0.
func (h *Histogram) Entropy(levels int) Range {
	p := h.magnitudes()
	best, at := math.Inf(1), len(p)
	const stride = 4 // of bins: two thousandths of what the histogram reaches
	for end := levels; end <= len(p); end += stride {
		if d := divergence(p, end, levels); d < best {
			best, at = d, end
		}
	}
	limit := float32(float64(at*coarse) / half * h.reach)
	return Range{max(h.low, -limit), min(h.top, limit)}
}

// magnitudes are the counts by distance from 0, up to the last that is there. The
// first counts as the second: what a Relu has made 0 stays 0 in any range, and would
// outweigh all else.
func (h *Histogram) magnitudes() []float64 {
	p := make([]float64, half/coarse)
	last := 0
	for i := range half {
		p[i/coarse] += float64(h.bins[half+i] + h.bins[half-1-i])
		if p[i/coarse] > 0 {
			last = i / coarse
		}
	}
	p[0] = p[1]
	return p[:last+1]
}

// divergence is that between the first end bins, those behind them added to the
// last, and the same without the others and rounded to levels.
func divergence(p []float64, end, levels int) float64 {
	beyond := 0.0
	for _, v := range p[end:] {
		beyond += v
	}
	total, kept := beyond, 0.0
	for _, v := range p[:end] {
		total, kept = total+v, kept+v
	}
	if total == 0 || kept == 0 {
		return math.Inf(1)
	}
	sum := 0.0
	for l := range levels {
		from, to := l*end/levels, (l+1)*end/levels
		mean := meanOfFilled(p[from:to])
		for i := from; i < to; i++ {
			v := p[i]
			if i == end-1 {
				v += beyond
			}
			if v == 0 {
				continue
			}
			q := mean / kept
			if p[i] == 0 {
				q = 1e-9 // it is there only by what lies beyond
			}
			sum += v / total * math.Log(v/total/q)
		}
	}
	return sum
}

// meanOfFilled is the mean of the counts that are not 0: an empty bin stays empty.
func meanOfFilled(p []float64) float64 {
	sum, n := 0.0, 0
	for _, v := range p {
		if v > 0 {
			sum, n = sum+v, n+1
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}
