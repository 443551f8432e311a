package infer

import (
	"errors"
	"fmt"
	"slices"

	"braid/accel"
)

// matMul multiplies matrices, the last two dimensions, and broadcasts the others;
// a vector counts as a row on the left and a column on the right. The arguments
// are the indices of the two among the inputs.
func matMul(left, right int) rule {
	return func(c *call) ([]Value, error) {
		a, b := c.arg(left).Shape, c.arg(right).Shape
		out := Value{Type: c.arg(0).Type}
		if a == nil || b == nil {
			return one(out)
		}
		if len(a) == 0 || len(b) == 0 {
			return nil, errors.New("a scalar has no rows")
		}
		row, column := len(a) == 1, len(b) == 1
		if row {
			a = []int64{1, a[0]}
		}
		if column {
			b = []int64{b[0], 1}
		}
		n, m := len(a), len(b)
		if _, ok := same(a[n-1], b[m-2]); !ok {
			return nil, fmt.Errorf("matrices of shapes %v and %v", c.arg(left).Shape, c.arg(right).Shape)
		}
		shape, err := broadcast(a[:n-2:n-2], b[:m-2:m-2])
		if err != nil {
			return nil, err
		}
		if !row {
			shape = append(shape, a[n-2])
		}
		if !column {
			shape = append(shape, b[m-1])
		}
		out.Shape = shape
		return one(out)
	}
}

// as gives the first output of a rule another type: a fixed one, or where that
// is 0 that of an input.
func as(r rule, t accel.DType, input int) rule {
	return func(c *call) ([]Value, error) {
		out, err := r(c)
		for i := range out[:min(1, len(out))] {
			out[i].Type = t
			if t == 0 {
				out[i].Type = c.arg(input).Type
			}
		}
		return out, err
	}
}

// gemm multiplies two matrices, each transposed or not.
func gemm(c *call) ([]Value, error) {
	a, b := c.arg(0).Shape, c.arg(1).Shape
	out := Value{Type: c.arg(0).Type}
	if a == nil || b == nil {
		return one(out)
	}
	if len(a) != 2 || len(b) != 2 {
		return nil, fmt.Errorf("shapes %v and %v are no matrices", a, b)
	}
	m, k := a[0], a[1]
	if c.int("transA", 0) != 0 {
		m, k = k, m
	}
	l, n := b[0], b[1]
	if c.int("transB", 0) != 0 {
		l, n = n, l
	}
	if _, ok := same(k, l); !ok {
		return nil, fmt.Errorf("matrices of shapes %v and %v", a, b)
	}
	out.Shape = []int64{m, n}
	return one(out)
}

// reduce folds axes to 1, or away without keepdims. Axes were an attribute before
// opset `since`; none means all.
func reduce(since int64) rule {
	return func(c *call) ([]Value, error) {
		x := c.arg(0)
		out := Value{Type: x.Type}
		list, known := c.list("axes", since, 1)
		keep := c.int("keepdims", 1) != 0
		if len(list) == 0 && known && c.opset >= since && c.int("noop_with_empty_axes", 0) != 0 {
			out.Shape = x.Shape
			return one(out)
		}
		if x.Shape == nil {
			return one(out)
		}
		if !known {
			if keep {
				out.Shape = unknown(len(x.Shape))
			}
			return one(out)
		}
		away, err := axes(list, len(x.Shape))
		if err != nil {
			return nil, err
		}
		out.Shape = []int64{}
		for i, d := range x.Shape {
			switch gone := len(list) == 0 || slices.Contains(away, i); {
			case !gone:
				out.Shape = append(out.Shape, d)
			case keep:
				out.Shape = append(out.Shape, 1)
			}
		}
		return one(out)
	}
}

// argBest is ArgMax and ArgMin.
func argBest(c *call) ([]Value, error) {
	x := c.arg(0)
	out := Value{Type: accel.Int64}
	if x.Shape == nil {
		return one(out)
	}
	a, err := c.axis(0, len(x.Shape))
	if err != nil {
		return nil, err
	}
	if c.int("keepdims", 1) != 0 {
		out.Shape = slices.Clone(x.Shape)
		out.Shape[a] = 1
	} else {
		out.Shape = chain(x.Shape[:a], x.Shape[a+1:])
	}
	return one(out)
}
