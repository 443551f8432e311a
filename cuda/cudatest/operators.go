package cudatest

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// operator computes one kind of node, with at least so many inputs.
type operator struct {
	inputs int
	run    func(attributes, []value) (value, error)
}

var operators = map[string]operator{
	"Add":       {2, binary2(func(a, b float32) float32 { return a + b })},
	"Mul":       {2, binary2(func(a, b float32) float32 { return a * b })},
	"Relu":      {1, unary(func(_ attributes, x float32) float32 { return max(0, x) })},
	"Identity":  {1, unary(func(_ attributes, x float32) float32 { return x })},
	"Sigmoid":   {1, unary(func(_ attributes, x float32) float32 { return float32(1 / (1 + math.Exp(-float64(x)))) })},
	"LeakyRelu": {1, unary(leaky)},
	"Concat":    {1, concat},
	"Conv":      {2, conv},
	"MaxPool":   {1, maxPool},
	"Reshape":   {2, reshape},
	"Resize":    {2, resize},
	"Slice":     {4, slice},
	"Transpose": {1, transpose},

	"QuantizeLinear":   {2, quantize},
	"DequantizeLinear": {2, dequantize},
}

func leaky(a attributes, x float32) float32 {
	if x < 0 {
		return x * a.float("alpha", 0.01)
	}
	return x
}

// unary makes an operator of what happens to each element.
func unary(f func(attributes, float32) float32) func(attributes, []value) (value, error) {
	return func(a attributes, in []value) (value, error) {
		out := newValue(in[0].shape...)
		for i, x := range in[0].v {
			out.v[i] = f(a, x)
		}
		return out, nil
	}
}

// binary2 makes an operator of what happens to each pair, spread as NumPy does.
func binary2(f func(a, b float32) float32) func(attributes, []value) (value, error) {
	return func(_ attributes, in []value) (value, error) {
		shape, err := spread(in[0].shape, in[1].shape)
		if err != nil {
			return value{}, err
		}
		out := newValue(shape...)
		at := make([]int, len(shape))
		for i := range out.v {
			out.v[i] = f(in[0].at(at), in[1].at(at))
			next(at, shape)
		}
		return out, nil
	}
}

// spread is the shape that two shapes are spread to.
func spread(a, b []int) ([]int, error) {
	out := make([]int, max(len(a), len(b)))
	for i := range out {
		x, y := 1, 1
		if k := len(a) - len(out) + i; k >= 0 {
			x = a[k]
		}
		if k := len(b) - len(out) + i; k >= 0 {
			y = b[k]
		}
		if x != y && x != 1 && y != 1 {
			return nil, fmt.Errorf("shapes %v and %v do not go together", a, b)
		}
		out[i] = max(x, y)
	}
	return out, nil
}

// at is the element at a place in a shape that v is spread to.
func (v value) at(place []int) float32 {
	i := 0
	for k, d := range v.shape {
		p := place[len(place)-len(v.shape)+k]
		if d == 1 {
			p = 0
		}
		i = i*d + p
	}
	return v.v[i]
}

// next moves a place on, in row-major order.
func next(place, shape []int) {
	for k := len(place) - 1; k >= 0; k-- {
		if place[k]++; place[k] < shape[k] {
			return
		}
		place[k] = 0
	}
}

func concat(a attributes, in []value) (value, error) {
	shape := slices.Clone(in[0].shape)
	axis := a.int("axis", 1)
	if axis < 0 {
		axis += len(shape)
	}
	if axis < 0 || axis >= len(shape) {
		return value{}, fmt.Errorf("axis %d of shape %v", axis, shape)
	}
	shape[axis] = 0
	for _, v := range in {
		if len(v.shape) != len(shape) {
			return value{}, fmt.Errorf("shapes %v and %v do not go together", in[0].shape, v.shape)
		}
		shape[axis] += v.shape[axis]
	}
	out := value{shape: shape}
	for outer := range elems(shape[:axis]) {
		for _, v := range in {
			run := elems(v.shape[axis:])
			out.v = append(out.v, v.v[outer*run:(outer+1)*run]...)
		}
	}
	return out, nil
}

func reshape(_ attributes, in []value) (value, error) {
	shape := make([]int, len(in[1].v))
	open := -1
	for i, f := range in[1].v {
		shape[i] = int(f)
		switch {
		case shape[i] == 0 && i < len(in[0].shape):
			shape[i] = in[0].shape[i]
		case shape[i] == -1:
			open, shape[i] = i, 1
		}
	}
	if n := elems(shape); open >= 0 && n > 0 {
		shape[open] = len(in[0].v) / n
	}
	if elems(shape) != len(in[0].v) {
		return value{}, fmt.Errorf("%v has other elements than %v", in[0].shape, shape)
	}
	return value{shape: shape, v: in[0].v}, nil
}

func transpose(a attributes, in []value) (value, error) {
	rank := len(in[0].shape)
	perm := a.ints("perm")
	for i := rank - 1; len(perm) < rank && a.find("perm") == nil; i-- {
		perm = append(perm, i)
	}
	if len(perm) != rank {
		return value{}, errors.New("perm has another rank")
	}
	shape := make([]int, rank)
	for i, p := range perm {
		shape[i] = in[0].shape[p]
	}
	out := newValue(shape...)
	at, from := make([]int, rank), make([]int, rank)
	for i := range out.v {
		for k, p := range perm {
			from[p] = at[k]
		}
		out.v[i] = in[0].at(from)
		next(at, shape)
	}
	return out, nil
}
