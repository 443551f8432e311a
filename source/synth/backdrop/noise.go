package backdrop

import (
	"math"
	"sync"
)

// hash mixes two cell numbers and a seed to 32 random bits.
func hash(x, y int, seed uint32) uint32 {
	h := uint32(x)*0x8da6b343 ^ uint32(y)*0xd8163841 ^ seed*0xcb1ab31f
	h ^= h >> 15
	h *= 0x2c1b3c6d
	h ^= h >> 12
	h *= 0x297a2d39
	return h ^ h>>15
}

// chance is the hash as a number in [0, 1).
func chance(x, y int, seed uint32) float64 { return float64(hash(x, y, seed)>>8) / (1 << 24) }

// texture is a square of noise that repeats without seams, with smaller copies
// of itself for distant surfaces. Its mean is 0 and its deviation about 1/3.
type texture struct{ levels [][]float32 }

// texels is the side of a texture's first level.
const texels = 512

// at returns the texture at x, y (in units of its side), averaged over about
// foot.
func (t *texture) at(x, y, foot float64) float64 {
	level := int(math.Float32bits(float32(foot*texels)+1e-9)>>23) - 127
	if level >= len(t.levels) {
		return 0
	}
	level = max(level, 0)
	n := texels >> level
	l := t.levels[level]
	x, y = x*float64(n), y*float64(n)
	fx, fy := math.Floor(x), math.Floor(y)
	x, y = x-fx, y-fy
	x0, y0 := int(fx)&(n-1), int(fy)&(n-1)
	x1, y1 := (x0+1)&(n-1), (y0+1)&(n-1)
	a := float64(l[y0*n+x0])*(1-x) + float64(l[y0*n+x1])*x
	b := float64(l[y1*n+x0])*(1-x) + float64(l[y1*n+x1])*x
	return a + (b-a)*y
}

// weave makes a texture of octaves of smooth noise: octave k has 2^k cells
// along a side and the strength weights[k]; bend reshapes their sum.
func weave(seed uint32, weights []float64, bend func(float64) float64) *texture {
	base := make([]float64, texels*texels)
	for k, w := range weights {
		if w == 0 {
			continue
		}
		octave(base, 1<<k, w, seed+uint32(k)*977)
	}
	mean, square := 0.0, 0.0
	for i, v := range base {
		base[i] = bend(v)
		mean += base[i]
		square += base[i] * base[i]
	}
	mean /= texels * texels
	scale := 1 / (3 * math.Sqrt(max(1e-12, square/(texels*texels)-mean*mean)))
	first := make([]float32, texels*texels)
	for i, v := range base {
		first[i] = float32((v - mean) * scale)
	}
	t := &texture{levels: [][]float32{first}}
	for n := texels / 2; n >= 4; n /= 2 {
		up, l := t.levels[len(t.levels)-1], make([]float32, n*n)
		for y := range n {
			for x := range n {
				i := 2*y*2*n + 2*x
				l[y*n+x] = (up[i] + up[i+1] + up[i+2*n] + up[i+2*n+1]) / 4
			}
		}
		t.levels = append(t.levels, l)
	}
	return t
}

// octave adds smooth noise with cells by cells lattice points.
func octave(to []float64, cells int, weight float64, seed uint32) {
	step := float64(cells) / texels
	for y := range texels {
		fy := float64(y) * step
		y0 := int(fy)
		ty := ease(fy - float64(y0))
		y1 := (y0 + 1) % cells
		for x := range texels {
			fx := float64(x) * step
			x0 := int(fx)
			tx := ease(fx - float64(x0))
			x1 := (x0 + 1) % cells
			a := chance(x0, y0, seed)*(1-tx) + chance(x1, y0, seed)*tx
			b := chance(x0, y1, seed)*(1-tx) + chance(x1, y1, seed)*tx
			to[y*texels+x] += weight * (a + (b-a)*ty - 0.5)
		}
	}
}

// ease is a smooth step from 0 to 1 over [0, 1].
func ease(t float64) float64 { return t * t * (3 - 2*t) }

// step is 0 up to lo, 1 from hi on and smooth between.
func step(lo, hi, x float64) float64 { return ease(min(1, max(0, (x-lo)/(hi-lo)))) }

// The textures that all backdrops share: they depend on no seed.
var (
	soft = sync.OnceValue(func() *texture { // clouds, stains, foliage
		return weave(11, []float64{0, 0, 1, 0.6, 0.36, 0.22, 0.13, 0.08, 0.05}, straight)
	})
	grit = sync.OnceValue(func() *texture { // chippings, plaster, dirt
		return weave(23, []float64{0, 0, 0, 0.3, 0.3, 0.4, 0.5, 0.7, 1, 0.9}, straight)
	})
	veins = sync.OnceValue(func() *texture { // cracks: 0 but for thin lines
		return weave(37, []float64{0, 0, 0, 1, 0.5, 0.3, 0.2, 0.1}, func(v float64) float64 {
			return max(0, 1-math.Abs(v)*22)
		})
	})
)

func straight(v float64) float64 { return v }

// cover is the share of an interval of length w about x that lies in [lo, hi].
func cover(x, lo, hi, w float64) float64 {
	return min(1, max(0, (min(hi, x+w/2)-max(lo, x-w/2))/w))
}

// stripes is the share of an interval of length w about x that lies in the
// first duty metres of every period.
func stripes(x, period, duty, w float64) float64 {
	sum := func(x float64) float64 {
		k := math.Floor(x / period)
		return k*duty + min(x-k*period, duty)
	}
	return (sum(x+w/2) - sum(x-w/2)) / w
}
