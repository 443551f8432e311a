package infer

import (
	"fmt"
	"slices"

	"braid/accel"
)

// slice takes every step-th element of some dimensions. Places beyond the ends
// mean the ends.
func slice(c *call) ([]Value, error) {
	x := c.arg(0)
	out := Value{Type: x.Type}
	if x.Shape == nil {
		return one(out)
	}
	starts, ok1 := c.list("starts", 10, 1)
	ends, ok2 := c.list("ends", 10, 2)
	list, ok3 := c.list("axes", 10, 3)
	steps, ok4 := c.list("steps", 10, 4)
	if !ok3 || list == nil && (!ok1 || !ok2) {
		out.Shape = unknown(len(x.Shape))
		return one(out)
	}
	if list == nil {
		for i := range starts {
			list = append(list, int64(i))
		}
	}
	at, err := axes(list, len(x.Shape))
	if err != nil {
		return nil, err
	}
	out.Shape = slices.Clone(x.Shape)
	if !ok1 || !ok2 || !ok4 {
		for _, a := range at {
			out.Shape[a] = -1
		}
		return one(out)
	}
	if steps == nil {
		steps = fill(len(at), 1)
	}
	if len(starts) != len(at) || len(ends) != len(at) || len(steps) != len(at) {
		return nil, fmt.Errorf("starts %v, ends %v, axes %v, steps %v are not equally many", starts, ends, list, steps)
	}
	for i, a := range at {
		if steps[i] == 0 {
			return nil, fmt.Errorf("steps %v", steps)
		}
		if x.Shape[a] < 0 {
			continue
		}
		from, n := stride(x.Shape[a], starts[i], ends[i], steps[i])
		out.Shape[a] = n
		if len(x.Shape) == 1 && x.Known() {
			out.Ints, out.Floats = every(x.Ints, from, n, steps[i]), every(x.Floats, from, n, steps[i])
		}
	}
	return one(out)
}

// stride is where a slice of d elements starts and how many it takes.
func stride(d, start, end, step int64) (from, n int64) {
	place := func(i, low, high int64) int64 {
		if i < 0 {
			i = max(i, -d-1) + d // far below is as good as just below
		}
		return min(max(i, low), high)
	}
	if step > 0 {
		from, to := place(start, 0, d), place(end, 0, d)
		return from, max(0, (to-from+min(step, d+1)-1)/min(step, d+1))
	}
	step = min(-max(step, -d-1), d+1)
	from, to := place(start, 0, d-1), place(end, -1, d-1)
	return from, max(0, (from-to+step-1)/step)
}

func every[T any](v []T, from, n, step int64) []T {
	if v == nil {
		return nil
	}
	out := make([]T, n)
	for i := range out {
		out[i] = v[from+int64(i)*step]
	}
	return out
}

// gather takes whole slices along an axis, by index.
func gather(c *call) ([]Value, error) {
	x, at := c.arg(0), c.arg(1)
	out := Value{Type: x.Type}
	if x.Shape == nil || at.Shape == nil {
		return one(out)
	}
	a, err := c.axis(0, len(x.Shape))
	if err != nil {
		return nil, err
	}
	out.Shape = chain(x.Shape[:a], at.Shape, x.Shape[a+1:])
	if len(x.Shape) != 1 || !x.Known() || at.Ints == nil {
		return one(out)
	}
	for _, i := range at.Ints {
		n := x.Shape[0]
		if i < -n || i >= n {
			return nil, fmt.Errorf("index %d of %d elements", i, n)
		}
		i = (i + n) % n
		if x.Ints != nil {
			out.Ints = append(out.Ints, x.Ints[i])
		} else {
			out.Floats = append(out.Floats, x.Floats[i])
		}
	}
	return one(out)
}

// gatherElements takes one element for each index.
func gatherElements(c *call) ([]Value, error) {
	return one(Value{Type: c.arg(0).Type, Shape: c.arg(1).Shape})
}

// gatherND takes slices by tuples of indices, the last dimension of its second input.
func gatherND(c *call) ([]Value, error) {
	x, at := c.arg(0), c.arg(1)
	out := Value{Type: x.Type}
	if x.Shape == nil || len(at.Shape) == 0 || at.Shape[len(at.Shape)-1] < 0 {
		return one(out)
	}
	outer := len(at.Shape) - 1
	rest := c.int("batch_dims", 0) + at.Shape[outer]
	if rest < 0 || rest > int64(len(x.Shape)) {
		return nil, fmt.Errorf("indices of shape %v into the shape %v", at.Shape, x.Shape)
	}
	out.Shape = chain(at.Shape[:outer], x.Shape[rest:])
	return one(out)
}

// topK gives the k largest or smallest of an axis, and where they were.
func topK(c *call) ([]Value, error) {
	x := c.arg(0)
	k := int64(-1)
	if c.opset < 10 {
		k = c.int("k", -1)
	} else if v := c.arg(1).Ints; len(v) == 1 {
		k = v[0]
	}
	values, places := Value{Type: x.Type}, Value{Type: accel.Int64}
	if x.Shape != nil {
		a, err := c.axis(-1, len(x.Shape))
		if err != nil {
			return nil, err
		}
		if k >= 0 && x.Shape[a] >= 0 && k > x.Shape[a] {
			return nil, fmt.Errorf("the best %d of %d", k, x.Shape[a])
		}
		values.Shape = slices.Clone(x.Shape)
		values.Shape[a] = max(k, -1)
		places.Shape = values.Shape
	}
	return []Value{values, places}, nil
}
