package infer

import (
	"slices"

	"braid/accel"
)

// The rules here are those of operators whose result is as large as the data
// wants it to be.

// nonZero gives the places of what is not zero, one column each.
func nonZero(c *call) ([]Value, error) {
	return one(Value{Type: accel.Int64, Shape: []int64{rankOf(c.arg(0)), -1}, Dynamic: true})
}

// nonMaxSuppression gives batch, class and box of each box that stays.
func nonMaxSuppression(*call) ([]Value, error) {
	return one(Value{Type: accel.Int64, Shape: []int64{-1, 3}, Dynamic: true})
}

// compress keeps the slices of an axis that a condition chooses.
func compress(c *call) ([]Value, error) {
	shape, err := c.chosen(c.arg(0))
	return one(Value{Type: c.arg(0).Type, Shape: shape, Dynamic: true}, err)
}

// unique keeps one of equal slices of an axis, and tells which and how many.
func unique(c *call) ([]Value, error) {
	shape, err := c.chosen(c.arg(0))
	places := Value{Type: accel.Int64, Shape: []int64{-1}, Dynamic: true}
	return []Value{{Type: c.arg(0).Type, Shape: shape, Dynamic: true}, places, places, places}, err
}

// chosen is the shape of x with an unknown part of an axis; without the attribute
// axis x is taken as one row.
func (c *call) chosen(x Value) ([]int64, error) {
	if c.attr("axis") == nil {
		return []int64{-1}, nil
	}
	if x.Shape == nil {
		return nil, nil
	}
	a, err := c.axis(0, len(x.Shape))
	if err != nil {
		return nil, err
	}
	shape := slices.Clone(x.Shape)
	shape[a] = -1
	return shape, nil
}

// rankOf is the number of dimensions, -1 where it is not known.
func rankOf(v Value) int64 {
	if v.Shape == nil {
		return -1
	}
	return int64(len(v.Shape))
}
