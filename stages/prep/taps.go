package prep

import "math"

// Weights are fixed point with bits fractional bits, as OpenCV's are.
const (
	bits = 11
	one  = 1 << bits
)

// tap says how one output pixel mixes two neighbours of a source row: the one
// at offset at, and the one step further, which weighs right/2048.
type tap struct{ at, right uint32 }

// taps are the taps of a row or column. The neighbour is step offsets away; it
// is 0 where the source has only one sample.
type taps struct {
	at   []tap
	step uint32
}

// newTaps maps dst pixels to src ones with half-pixel centres, clamped at the
// edges: cv2.resize with INTER_LINEAR.
func newTaps(dst, src int) taps {
	t := taps{at: make([]tap, dst)}
	scale := float64(src) / float64(dst)
	for i := range t.at {
		pos := min(max((float64(i)+0.5)*scale-0.5, 0), float64(src-1))
		left := math.Floor(pos)
		t.at[i] = tap{uint32(left), uint32(math.Round((pos - left) * one))}
	}
	t.clamp(src)
	return t
}

// clamp keeps at+step inside n samples.
func (t *taps) clamp(n int) {
	if n == 1 {
		return
	}
	t.step = 1
	for i, p := range t.at {
		if p.at == uint32(n-1) {
			t.at[i] = tap{p.at - 1, one}
		}
	}
}

// halved are the taps of the half-size chroma of n luma samples. A chroma
// sample counts for both luma samples that it covers, as in cv2.cvtColor and
// FFmpeg's plain conversion, so neighbours often share one.
func (t taps) halved(n int) taps {
	c := taps{at: make([]tap, len(t.at))}
	for i, p := range t.at {
		c.at[i] = tap{at: p.at / 2}
		if (p.at+t.step)/2 != p.at/2 {
			c.at[i].right = p.right
		}
	}
	c.clamp((n + 1) / 2)
	return c
}

// spread turns offsets in samples into offsets in bytes.
func (t *taps) spread(bytes uint32) {
	t.step *= bytes
	for i := range t.at {
		t.at[i].at *= bytes
	}
}
