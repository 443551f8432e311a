package darknet

import (
	"bytes"
	"math"
	"math/rand/v2"
)

// randomWeights draws weights that keep every tensor's values near 1.
type randomWeights struct {
	seed  uint64
	next  int
	each  []spread   // of each convolution
	tuned [][]Affine // of each convolution, nil for most
}

// RandomWeights are drawn from a seed, the same ones on every machine, so that
// every tensor stays finite in FP16. heads, if it is not nil, has for each head
// the change of each channel of the convolution before it, as Standardise gives
// it for a network of the same seed and without heads.
func (n *Network) RandomWeights(seed uint64, heads [][]Affine) Weights {
	r := &randomWeights{seed: seed, each: n.spreads()}
	r.tuned = make([][]Affine, len(r.each))
	for i, c := range n.headConvolutions() {
		if heads != nil && c >= 0 {
			r.tuned[c] = heads[i]
		}
	}
	return r
}

// headConvolutions counts out which convolution is the one before each head, -1
// where another layer is.
func (n *Network) headConvolutions() []int {
	var heads []int
	number := map[int]int{-1: -1} // of layers that are convolutions
	for i, l := range n.layers {
		switch l.op.(type) {
		case *convolution:
			number[i] = len(number) - 1
		case output:
			c, ok := number[l.from[0]]
			if !ok {
				c = -1
			}
			heads = append(heads, c)
		}
	}
	return heads
}

func (r *randomWeights) convolution(c *convolution) (bias, weights []byte, err error) {
	s, tuned := r.each[r.next], r.tuned[r.next]
	rng := rand.NewPCG(r.seed, uint64(r.next))
	r.next++
	fan := c.fan()
	bias, weights = make([]byte, 4*c.filters), make([]byte, 4*c.filters*fan)
	// A uniform number from -1 to 1 has the variance 1/3.
	scale := math.Sqrt(3/(float64(fan)*s.input)) / (1 << 31)
	for i := range c.filters * fan {
		set(weights, i, float32(float64(int32(rng.Uint64()>>32))*scale))
	}
	if s.plain {
		center(weights, c.size*c.size)
	}
	if tuned != nil {
		change(bias, weights, fan, tuned)
	}
	return bias, weights, nil
}

// change makes the changes of a convolution's channels in its weights.
func change(bias, weights []byte, fan int, changes []Affine) {
	drawn := bytes.Clone(weights)
	for f, a := range changes {
		for i := range fan {
			w := float64(at(drawn, f*fan+i))
			for k, m := range a.Mix {
				w += float64(m * float64(at(drawn, k*fan+i)))
			}
			set(weights, f*fan+i, float32(a.Scale*w))
		}
		set(bias, f, float32(a.Shift))
	}
}

func (*randomWeights) end() error { return nil }

// center takes the mean of each kernel from its weights.
func center(weights []byte, kernel int) {
	for k := 0; k < len(weights)/4; k += kernel {
		var sum float64
		for i := range kernel {
			sum += float64(at(weights, k+i))
		}
		for i := range kernel {
			set(weights, k+i, float32(float64(at(weights, k+i))-sum/float64(kernel)))
		}
	}
}
