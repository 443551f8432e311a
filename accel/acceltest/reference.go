package acceltest

import (
	"math"
	"slices"
)

// array is a float32 tensor of the layout 1 x channels x height x width.
type array struct {
	c, h, w int
	v       []float32
}

func newArray(c, h, w int) array { return array{c, h, w, make([]float32, c*h*w)} }

// at is an element, fill outside of the picture.
func (a array) at(c, y, x int, fill float32) float32 {
	if y < 0 || x < 0 || y >= a.h || x >= a.w {
		return fill
	}
	return a.v[(c*a.h+y)*a.w+x]
}

// each makes an array of a shape from its elements.
func each(c, h, w int, f func(c, y, x int) float32) array {
	out := newArray(c, h, w)
	for i := range out.v {
		out.v[i] = f(i/(h*w), i/w%h, i%w)
	}
	return out
}

// conv is ONNX's Conv: kernel k x k, stride 1, zeros around that keep the size.
// weights are out x in x k x k. The sum is exact in float64 for small numbers.
func conv(a array, weights, bias []float32, k int) array {
	return each(len(bias), a.h, a.w, func(o, y, x int) float32 {
		sum := float64(bias[o])
		for i := range a.c * k * k {
			c, dy, dx := i/(k*k), i/k%k, i%k
			sum += float64(weights[o*a.c*k*k+i]) * float64(a.at(c, y+dy-k/2, x+dx-k/2, 0))
		}
		return float32(sum)
	})
}

// relu is ONNX's Relu.
func relu(a array) array {
	return each(a.c, a.h, a.w, func(c, y, x int) float32 { return max(0, a.at(c, y, x, 0)) })
}

// add is ONNX's Add of equal shapes.
func add(a, b array) array {
	return each(a.c, a.h, a.w, func(c, y, x int) float32 { return a.at(c, y, x, 0) + b.at(c, y, x, 0) })
}

// concat is ONNX's Concat along the channels.
func concat(a, b array) array {
	return array{a.c + b.c, a.h, a.w, slices.Concat(a.v, b.v)}
}

// maxPool is ONNX's MaxPool: kernel 2 x 2, stride 2, no padding.
func maxPool(a array) array {
	return each(a.c, a.h/2, a.w/2, func(c, y, x int) float32 {
		m := float32(math.Inf(-1))
		for i := range 4 {
			m = max(m, a.at(c, 2*y+i/2, 2*x+i%2, m))
		}
		return m
	})
}

// difference is the largest |got-want|, as a fraction of the largest |want|.
func difference(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	var worst, scale float64
	for i, w := range want {
		d := math.Abs(float64(got[i]) - float64(w))
		if math.IsNaN(d) {
			return math.Inf(1)
		}
		worst, scale = max(worst, d), max(scale, math.Abs(float64(w)))
	}
	if worst == 0 {
		return 0
	}
	return worst / scale
}
