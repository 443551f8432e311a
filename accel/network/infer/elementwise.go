package infer

import (
	"math"
	"slices"

	"braid/accel"
)

// like is the rule of operators whose first output has the type and shape of
// their first input.
func like(c *call) ([]Value, error) { return one(Value{Type: c.arg(0).Type, Shape: c.arg(0).Shape}) }

// pass is the rule of operators that hand their input through.
func pass(c *call) ([]Value, error) { return one(c.arg(0)) }

// typed is like, with the output's type fixed.
func typed(t accel.DType) rule {
	return func(c *call) ([]Value, error) { return one(Value{Type: t, Shape: c.arg(0).Shape}) }
}

// dropout hands its input through; the mask has been of bools since opset 10.
func dropout(c *call) ([]Value, error) {
	mask := Value{Type: accel.Bool, Shape: c.arg(0).Shape}
	if c.opset < 10 {
		mask.Type = c.arg(0).Type
	}
	return []Value{c.arg(0), mask}, nil
}

// unary is like, with contents: f computes one element of real numbers. Whole
// numbers pass through it where that is exact.
func unary(f func(float64) float64) rule {
	return func(c *call) ([]Value, error) {
		x := c.arg(0)
		out := Value{Type: x.Type, Shape: x.Shape}
		for _, v := range x.Floats {
			out.Floats = append(out.Floats, round(f(v), x.Type))
		}
		for _, v := range x.Ints {
			if v > 1<<52 || v < -1<<52 {
				out.Ints = nil
				break
			}
			out.Ints = append(out.Ints, int64(f(float64(v))))
		}
		return one(out)
	}
}

// round gives a real number the precision of its type.
func round(v float64, t accel.DType) float64 {
	if t == accel.Float32 {
		return float64(float32(v))
	}
	return v
}

// merge is the rule of operators that combine any number of tensors element by
// element. Contents are followed for two inputs, by ints and floats, either of
// which may be nil or refuse.
func merge(ints func(a, b int64) (int64, bool), floats func(a, b float64) float64) rule {
	return func(c *call) ([]Value, error) {
		var shapes [][]int64
		for i := range c.in {
			shapes = append(shapes, c.in[i].Shape)
		}
		if len(shapes) == 0 {
			return nil, nil
		}
		shape, err := broadcast(shapes...)
		if err != nil {
			return nil, err
		}
		out := Value{Type: c.arg(0).Type, Shape: shape}
		if len(c.in) == 2 && small(shape) {
			out.Ints = zip(spreadInts(c.in[0], shape), spreadInts(c.in[1], shape), ints)
			out.Floats = zipFloats(spreadFloats(c.in[0], shape), spreadFloats(c.in[1], shape), floats, out.Type)
		}
		return one(out)
	}
}

// small says whether the contents of a tensor are worth following.
func small(shape []int64) bool {
	n, err := count(shape)
	return err == nil && n > 0 && n <= MaxContents
}

func zip(a, b []int64, f func(a, b int64) (int64, bool)) []int64 {
	if a == nil || b == nil || f == nil {
		return nil
	}
	out := make([]int64, len(a))
	for i := range a {
		v, ok := f(a[i], b[i])
		if !ok {
			return nil
		}
		out[i] = v
	}
	return out
}

func zipFloats(a, b []float64, f func(a, b float64) float64, t accel.DType) []float64 {
	if a == nil || b == nil || f == nil {
		return nil
	}
	out := make([]float64, len(a))
	for i := range a {
		out[i] = round(f(a[i], b[i]), t)
	}
	return out
}

// compare is the rule of operators that give bools.
func compare(holds func(a, b int64) bool) rule {
	m := merge(func(a, b int64) (int64, bool) {
		if holds(a, b) {
			return 1, true
		}
		return 0, true
	}, nil)
	return func(c *call) ([]Value, error) {
		out, err := m(c)
		for i := range out {
			out[i].Type, out[i].Floats = accel.Bool, nil
		}
		return out, err
	}
}

func divide(a, b int64) (int64, bool) {
	if b == 0 || a == math.MinInt64 {
		return 0, false
	}
	return a / b, true
}

// remainder is Mod with fmod 0, which takes the divisor's sign, as Python's.
func remainder(a, b int64) (int64, bool) {
	if b == 0 || a == math.MinInt64 {
		return 0, false
	}
	r := a % b
	if r != 0 && (r < 0) != (b < 0) {
		r += b
	}
	return r, true
}

func mod(c *call) ([]Value, error) {
	if c.int("fmod", 0) != 0 {
		return merge(nil, math.Mod)(c)
	}
	return merge(remainder, nil)(c)
}

// where chooses between its second and third input.
func where(c *call) ([]Value, error) {
	shape, err := broadcast(c.arg(0).Shape, c.arg(1).Shape, c.arg(2).Shape)
	if err != nil {
		return nil, err
	}
	out := Value{Type: c.arg(1).Type, Shape: shape}
	if small(shape) {
		cond, a, b := spreadInts(c.arg(0), shape), spreadInts(c.arg(1), shape), spreadInts(c.arg(2), shape)
		if cond != nil && a != nil && b != nil {
			out.Ints = slices.Clone(b)
			for i := range cond {
				if cond[i] != 0 {
					out.Ints[i] = a[i]
				}
			}
		}
	}
	return one(out)
}

// cast changes the type. A real number becomes a whole one by leaving out its
// fraction.
func cast(c *call) ([]Value, error) {
	return one(castTo(c.arg(0), accel.DType(c.int("to", 0))))
}

func castLike(c *call) ([]Value, error) { return one(castTo(c.arg(0), c.arg(1).Type)) }

func castTo(x Value, t accel.DType) Value {
	out := Value{Type: t, Shape: x.Shape}
	switch real := t == accel.Float32 || t == accel.Float64; {
	case x.Type == t || (t == accel.Int64 || t == accel.Int32) && inRange(x.Ints, t):
		out.Ints, out.Floats = x.Ints, x.Floats
	case t == accel.Int64 || t == accel.Int32:
		for _, v := range x.Floats {
			if math.Abs(v) > math.MaxInt32 || math.IsNaN(v) {
				return Value{Type: t, Shape: x.Shape}
			}
			out.Ints = append(out.Ints, int64(v))
		}
	case real:
		for _, v := range x.Ints {
			out.Floats = append(out.Floats, round(float64(v), t))
		}
		for _, v := range x.Floats {
			out.Floats = append(out.Floats, round(v, t))
		}
	}
	return out
}

// inRange says whether a type holds contents that are there.
func inRange(v []int64, t accel.DType) bool {
	return v != nil && (t == accel.Int64 || !slices.ContainsFunc(v, func(i int64) bool { return int64(int32(i)) != i }))
}
