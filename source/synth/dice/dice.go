// Package dice is the randomness of synthetic scenes: a seeded generator whose
// sequence is part of what `scene:` URLs promise, so nothing here may change
// the numbers that a seed gives.
package dice

import (
	"math"
	"math/rand/v2"
)

// Dice is one seeded sequence. It is not safe for concurrent use.
type Dice struct{ pcg *rand.PCG }

// New starts the sequence of a seed and a stream; sequences of the same seed
// with other streams are independent of each other.
func New(seed, stream uint64) *Dice {
	return &Dice{pcg: rand.NewPCG(seed, stream^0x9e3779b97f4a7c15)}
}

// Uint64 returns 64 random bits.
func (d *Dice) Uint64() uint64 { return d.pcg.Uint64() }

// Float returns a number in [0, 1).
func (d *Dice) Float() float64 { return float64(d.pcg.Uint64()>>11) / (1 << 53) }

// Range returns a number in [lo, hi).
func (d *Dice) Range(lo, hi float64) float64 { return lo + float64((hi-lo)*d.Float()) }

// Int returns a number in [0, n). n must be positive.
func (d *Dice) Int(n int) int { return int(float64(n) * d.Float()) }

// Chance is true with probability p.
func (d *Dice) Chance(p float64) bool { return d.Float() < p }

// Norm returns a normally distributed number with mean 0 and deviation 1, by
// the Box-Muller transform.
func (d *Dice) Norm() float64 {
	u := 1 - d.Float() // (0, 1]: its logarithm is finite
	return float64(math.Sqrt(-2*math.Log(u)) * math.Cos(2*math.Pi*d.Float()))
}

// Pick returns one of the weights' indices, with probability in proportion to
// its weight. At least one weight must be positive.
func (d *Dice) Pick(weights ...float64) int {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	x := sum * d.Float()
	for i, w := range weights {
		if x < w {
			return i
		}
		x -= w
	}
	return len(weights) - 1
}

// Of returns one of the values, each as likely as the others.
func Of[T any](d *Dice, values ...T) T { return values[d.Int(len(values))] }
