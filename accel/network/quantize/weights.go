package quantize

import (
	"encoding/binary"
	"math"

	"braid/accel"
)

// channels are a layer's weights with a step for each channel of output.
type channels struct {
	steps   []float32
	numbers []int8
}

// maxBias bounds a bias in int32: half of what there is, so that sums fit too.
const maxBias = 1 << 30

// quantize rounds weights to numbers from -limit to limit. Where the bias is kept as
// int32 in units of input*step, a step is at least so large that it fits.
func (p *parts) quantize(bits int, input float32, intBias bool) channels {
	limit := float64(int(1) << (bits - 1))
	if bits == 8 {
		limit = 127
	}
	count, each := int(p.weight.Dims[p.axis]), p.each()
	of := func(i int) int { return i / each % count }
	largest := make([]float64, count)
	for i, v := range p.values {
		largest[of(i)] = max(largest[of(i)], math.Abs(float64(v)))
	}
	c := channels{make([]float32, count), make([]int8, len(p.values))}
	for k, v := range largest {
		width := v / limit
		if intBias && p.bias != nil {
			width = max(width, math.Abs(float64(p.bias[k]))/maxBias/float64(input))
		}
		c.steps[k] = step(width)
	}
	for i, v := range p.values {
		n := math.RoundToEven(float64(v / c.steps[of(i)]))
		c.numbers[i] = int8(min(limit, max(-limit, n)))
	}
	return c
}

// each is how many neighbours in memory share a channel of output.
func (p *parts) each() int {
	return int(accel.TensorDesc{Shape: p.weight.Dims[p.axis+1:]}.Elems())
}

// bytes are the numbers as a tensor's.
func (c channels) bytes() []byte {
	raw := make([]byte, len(c.numbers))
	for i, n := range c.numbers {
		raw[i] = byte(n)
	}
	return raw
}

// biasBytes are a bias as int32 in units of input*step, and these units.
func (c channels) biasBytes(bias []float32, input float32) (raw []byte, steps []float32) {
	for k, b := range bias {
		s := input * c.steps[k]
		steps = append(steps, s)
		raw = binary.LittleEndian.AppendUint32(raw, uint32(int32(math.RoundToEven(float64(b)/float64(s)))))
	}
	return raw, steps
}
