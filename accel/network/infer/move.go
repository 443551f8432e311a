package infer

import (
	"fmt"
	"slices"
)

// reshape gives the elements another shape: 0 takes a dimension over, one -1 is
// what is left.
func reshape(c *call) ([]Value, error) {
	x, to := c.arg(0), c.arg(1)
	out := Value{Type: x.Type, Ints: x.Ints, Floats: x.Floats}
	if to.Ints == nil {
		if len(to.Shape) == 1 && to.Shape[0] >= 0 && to.Shape[0] <= MaxContents {
			out.Shape = unknown(int(to.Shape[0]))
		}
		return one(out)
	}
	var err error
	out.Shape, err = reshaped(x.Shape, to.Ints, c.int("allowzero", 0) != 0)
	return one(out, err)
}

func reshaped(from, to []int64, zeros bool) ([]int64, error) {
	out, left := slices.Clone(to), -1
	for i, d := range to {
		switch {
		case d < -1 || d == -1 && left >= 0:
			return nil, fmt.Errorf("the new shape %v", to)
		case d == -1:
			left = i
		case d == 0 && !zeros:
			out[i] = -1
			if from != nil && i >= len(from) {
				return nil, fmt.Errorf("the new shape %v takes over dimension %d of %v", to, i, from)
			}
			if from != nil {
				out[i] = from[i]
			}
		}
	}
	have, err := count(from)
	if err != nil || have < 0 {
		return out, err
	}
	if left < 0 {
		if n, err := count(out); err != nil || n >= 0 && n != have {
			return nil, fmt.Errorf("%d elements of shape %v do not fill the shape %v", have, from, to)
		}
		return out, nil
	}
	out[left] = 1
	rest, err := count(out)
	if err != nil {
		return nil, err
	}
	switch {
	case rest > 0 && have%rest == 0:
		out[left] = have / rest
	case rest == 0 && have == 0:
		out[left] = 0
	default:
		return nil, fmt.Errorf("%d elements of shape %v do not fill the shape %v", have, from, to)
	}
	return out, nil
}

// flatten makes two dimensions, of those before the axis and of the others.
func flatten(c *call) ([]Value, error) {
	x := c.arg(0)
	if x.Shape == nil {
		return one(Value{Type: x.Type, Shape: unknown(2)})
	}
	a, rank := c.int("axis", 1), int64(len(x.Shape))
	if a < -rank || a > rank {
		return nil, fmt.Errorf("axis %d of a tensor of %d dimensions", a, rank)
	}
	if a < 0 {
		a += rank
	}
	before, err := count(x.Shape[:a:a])
	if err != nil {
		return nil, err
	}
	after, err := count(x.Shape[a:])
	return one(Value{Type: x.Type, Shape: []int64{before, after}, Ints: x.Ints, Floats: x.Floats}, err)
}

// squeeze takes dimensions of 1 away: the axes, or all there are.
func squeeze(c *call) ([]Value, error) {
	x := c.arg(0)
	out := Value{Type: x.Type, Ints: x.Ints, Floats: x.Floats}
	list, ok := c.list("axes", 13, 1)
	if !ok || x.Shape == nil || list == nil && slices.Contains(x.Shape, -1) {
		return one(out)
	}
	away, err := axes(list, len(x.Shape))
	if err != nil {
		return nil, err
	}
	out.Shape = []int64{}
	for i, d := range x.Shape {
		switch {
		case list == nil && d == 1:
		case list != nil && slices.Contains(away, i):
			if _, ok := same(d, 1); !ok {
				return nil, fmt.Errorf("axis %d of the shape %v cannot go", i, x.Shape)
			}
		default:
			out.Shape = append(out.Shape, d)
		}
	}
	return one(out)
}

// unsqueeze puts dimensions of 1 in; the axes are those of the result.
func unsqueeze(c *call) ([]Value, error) {
	x := c.arg(0)
	out := Value{Type: x.Type, Ints: x.Ints, Floats: x.Floats}
	list, ok := c.list("axes", 13, 1)
	if !ok || x.Shape == nil {
		return one(out)
	}
	rank := len(x.Shape) + len(list)
	in, err := axes(list, rank)
	if err != nil {
		return nil, err
	}
	rest := x.Shape
	out.Shape = make([]int64, rank)
	for i := range out.Shape {
		if slices.Contains(in, i) {
			out.Shape[i] = 1
			continue
		}
		out.Shape[i], rest = rest[0], rest[1:]
	}
	return one(out)
}

func transpose(c *call) ([]Value, error) {
	x := c.arg(0)
	out := Value{Type: x.Type}
	if x.Shape == nil {
		return one(out)
	}
	perm := c.ints("perm")
	if perm == nil {
		out.Shape = slices.Clone(x.Shape)
		slices.Reverse(out.Shape)
		return one(out)
	}
	order, err := axes(perm, len(x.Shape))
	if err != nil || len(order) != len(x.Shape) {
		return nil, fmt.Errorf("perm %v of the shape %v", perm, x.Shape)
	}
	out.Shape = make([]int64, len(order))
	for i, a := range order {
		out.Shape[i] = x.Shape[a]
	}
	return one(out)
}

// expand broadcasts its input to a shape, which itself may broadcast.
func expand(c *call) ([]Value, error) {
	x, to := c.arg(0), c.arg(1)
	out := Value{Type: x.Type}
	if to.Ints == nil || x.Shape == nil {
		return one(out)
	}
	var err error
	if out.Shape, err = broadcast(x.Shape, to.Ints); err != nil {
		return nil, err
	}
	if small(out.Shape) {
		out.Ints, out.Floats = spreadInts(x, out.Shape), spreadFloats(x, out.Shape)
	}
	return one(out)
}

func tile(c *call) ([]Value, error) {
	x, n := c.arg(0), c.arg(1)
	if x.Shape == nil || n.Ints == nil {
		return one(Value{Type: x.Type})
	}
	if len(n.Ints) != len(x.Shape) {
		return nil, fmt.Errorf("repeats %v for the shape %v", n.Ints, x.Shape)
	}
	shape := make([]int64, len(x.Shape))
	for i, d := range x.Shape {
		if n.Ints[i] < 0 || n.Ints[i] > maxWindow {
			return nil, fmt.Errorf("repeats %v", n.Ints)
		}
		shape[i] = -1
		if d >= 0 {
			shape[i] = d * n.Ints[i]
		}
	}
	return one(Value{Type: x.Type, Shape: shape})
}
