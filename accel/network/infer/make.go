package infer

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"braid/accel"
)

// constant is a tensor in the file itself.
func constant(c *call) ([]Value, error) {
	for _, a := range c.Attribute {
		switch a.GetName() {
		case "value":
			return one(FromTensor(a.T))
		case "value_int":
			return one(Value{Type: accel.Int64, Shape: []int64{}, Ints: []int64{a.GetI()}})
		case "value_ints":
			return one(Value{Type: accel.Int64, Shape: []int64{int64(len(a.Ints))}, Ints: a.Ints})
		case "value_float":
			return one(Value{Type: accel.Float32, Shape: []int64{}, Floats: []float64{float64(a.GetF())}})
		case "value_floats":
			out := Value{Type: accel.Float32, Shape: []int64{int64(len(a.Floats))}}
			for _, f := range a.Floats {
				out.Floats = append(out.Floats, float64(f))
			}
			return one(out)
		}
	}
	return nil, nil
}

// constantOfShape fills a shape with one value, 0 if there is none.
func constantOfShape(c *call) ([]Value, error) {
	value := Value{Type: accel.Float32, Shape: []int64{1}, Floats: []float64{0}}
	if a := c.attr("value"); a != nil && a.T != nil {
		value = FromTensor(a.T)
	}
	out := Value{Type: value.Type}
	if to := c.arg(0).Ints; to != nil {
		if slices.ContainsFunc(to, func(d int64) bool { return d < 0 }) {
			return nil, fmt.Errorf("the shape %v", to)
		}
		out.Shape = slices.Clone(to)
	}
	if small(out.Shape) {
		value.Shape = []int64{}
		out.Ints, out.Floats = spreadInts(value, out.Shape), spreadFloats(value, out.Shape)
	}
	return one(out)
}

// span is Range: from start to below limit by delta.
func span(c *call) ([]Value, error) {
	out := Value{Type: c.arg(0).Type, Shape: []int64{-1}}
	from, to, by := c.arg(0), c.arg(1), c.arg(2)
	if len(from.Floats) == 1 && len(to.Floats) == 1 && len(by.Floats) == 1 {
		if by.Floats[0] == 0 {
			return nil, errors.New("a delta of 0")
		}
		n := math.Ceil((to.Floats[0] - from.Floats[0]) / by.Floats[0])
		if n > math.MaxInt32 {
			return nil, fmt.Errorf("%g elements", n)
		}
		out.Shape[0] = int64(max(n, 0))
		return one(out)
	}
	if len(from.Ints) != 1 || len(to.Ints) != 1 || len(by.Ints) != 1 {
		return one(out)
	}
	a, b, d := from.Ints[0], to.Ints[0], by.Ints[0]
	if d == 0 || max(a, b) > maxWindow || min(a, b) < -maxWindow || d > maxWindow || d < -maxWindow {
		return nil, fmt.Errorf("from %d to %d by %d", a, b, d)
	}
	n := max(0, int64(math.Ceil(float64(b-a)/float64(d))))
	out.Shape[0] = n
	if n <= MaxContents {
		out.Ints = make([]int64, n)
		for i := range n {
			out.Ints[i] = a + i*d
		}
	}
	return one(out)
}

// random draws a tensor of a shape that the node itself states.
func random(c *call) ([]Value, error) {
	return one(Value{Type: accel.DType(c.int("dtype", int64(accel.Float32))), Shape: slices.Clone(c.ints("shape"))})
}

// shapeOf gives its input's shape, from start to end.
func shapeOf(c *call) ([]Value, error) {
	x := c.arg(0)
	out := Value{Type: accel.Int64, Shape: []int64{-1}, Dynamic: x.Dynamic}
	if x.Shape == nil {
		return one(out)
	}
	rank := int64(len(x.Shape))
	from, to := clamp(c.int("start", 0), rank), clamp(c.int("end", rank), rank)
	part := x.Shape[from:max(from, to)]
	out.Shape[0] = int64(len(part))
	if !slices.Contains(part, -1) {
		out.Ints = slices.Clone(part)
	}
	return one(out)
}

// clamp brings a place that may count from the end into 0 … n.
func clamp(i, n int64) int64 {
	if i < 0 {
		i += n
	}
	return min(max(i, 0), n)
}

func size(c *call) ([]Value, error) {
	out := Value{Type: accel.Int64, Shape: []int64{}}
	n, err := count(c.arg(0).Shape)
	if n >= 0 {
		out.Ints = []int64{n}
	}
	return one(out, err)
}
