package cudatest

import (
	"errors"
	"fmt"
	"math"

	"braid/accel"
)

// quantize is ONNX's QuantizeLinear to int8: halves go to the even number, and what
// is too large to the last one.
func quantize(a attributes, in []value) (value, error) {
	if len(in) < 3 || in[2].kind != accel.Int8 {
		return value{}, errors.New("only int8 with a zero point is computed here")
	}
	out, err := scaled(a, in, func(x, scale, zero float32) float32 {
		q := math.RoundToEven(float64(x/scale)) + float64(zero)
		return float32(math.Max(math.MinInt8, math.Min(math.MaxInt8, q)))
	})
	out.kind = accel.Int8
	return out, err
}

// dequantize is ONNX's DequantizeLinear.
func dequantize(a attributes, in []value) (value, error) {
	return scaled(a, in, func(q, scale, zero float32) float32 { return (q - zero) * scale })
}

// scaled applies f to each element with its scale and zero point: one of all, or one
// of each place along an axis.
func scaled(a attributes, in []value, f func(x, scale, zero float32) float32) (value, error) {
	x, scale := in[0], in[1]
	n := len(scale.v)
	zero := newValue(n)
	if len(in) > 2 {
		zero = in[2]
	}
	inner, err := neighbours(a, x.shape, n)
	if err != nil || len(zero.v) != n {
		return value{}, errors.Join(err, fmt.Errorf("%d scales and %d zero points for %v", n, len(zero.v), x.shape))
	}
	out := newValue(x.shape...)
	for i, v := range x.v {
		k := i / inner % n
		out.v[i] = f(v, scale.v[k], zero.v[k])
	}
	return out, nil
}

// neighbours is how many elements next to each other share one of n scales.
func neighbours(a attributes, shape []int, n int) (int, error) {
	if n == 1 {
		return 1, nil
	}
	axis := a.int("axis", 1)
	if axis < 0 {
		axis += len(shape)
	}
	if axis < 0 || axis >= len(shape) || shape[axis] != n {
		return 0, fmt.Errorf("axis %d of shape %v has not %d places", axis, shape, n)
	}
	return elems(shape[axis+1:]), nil
}
