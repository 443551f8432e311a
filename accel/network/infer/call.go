package infer

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"braid/accel"
	"braid/accel/network/onnxpb"
)

// rule tells the outputs of one operator; it may leave out the last ones.
type rule func(c *call) ([]Value, error)

// call is one node with what is known of its inputs.
type call struct {
	*onnxpb.NodeProto
	opset int64
	in    []Value
}

// arg is input i, the zero Value where it is left out.
func (c *call) arg(i int) Value {
	if i < len(c.in) {
		return c.in[i]
	}
	return Value{}
}

// given says whether input i is there.
func (c *call) given(i int) bool { return i < len(c.Input) && c.Input[i] != "" }

func (c *call) attr(name string) *onnxpb.AttributeProto {
	i := slices.IndexFunc(c.Attribute, func(a *onnxpb.AttributeProto) bool { return a.GetName() == name })
	if i < 0 {
		return nil
	}
	return c.Attribute[i]
}

func (c *call) int(name string, otherwise int64) int64 {
	if a := c.attr(name); a != nil && a.I != nil {
		return a.GetI()
	}
	return otherwise
}

// ints is a list attribute, nil where it is not there.
func (c *call) ints(name string) []int64 { return c.attr(name).GetInts() }

func (c *call) text(name, otherwise string) string {
	if a := c.attr(name); a != nil {
		return string(a.GetS())
	}
	return otherwise
}

// list is a list of whole numbers that was an attribute before opset since and
// is input i from then on. ok is false where it is there and not known; a list
// that is left out is nil.
func (c *call) list(name string, since int64, i int) (v []int64, ok bool) {
	if c.opset < since {
		return c.ints(name), true
	}
	if !c.given(i) {
		return nil, true
	}
	v = c.arg(i).Ints
	return v, v != nil
}

// axis brings the axis attribute into 0 … rank-1.
func (c *call) axis(otherwise int64, rank int) (int, error) {
	return axis(c.int("axis", otherwise), rank)
}

func axis(a int64, rank int) (int, error) {
	r := int64(rank)
	if a < -r || a >= r {
		return 0, fmt.Errorf("axis %d of a tensor of %d dimensions", a, rank)
	}
	return int((a + r) % r), nil
}

// axes brings each of a list into 0 … rank-1 and refuses one that is there twice.
func axes(list []int64, rank int) ([]int, error) {
	out := make([]int, len(list))
	for i, a := range list {
		k, err := axis(a, rank)
		if err != nil {
			return nil, err
		}
		if slices.Contains(out[:i], k) {
			return nil, fmt.Errorf("axis %d is there twice in %v", a, list)
		}
		out[i] = k
	}
	return out, nil
}

// one is the answer of a rule for an operator with one output, or the error that
// came up with it.
func one(v Value, err ...error) ([]Value, error) { return []Value{v}, errors.Join(err...) }

// unknown is a shape of which only the number of dimensions is known.
func unknown(rank int) []int64 {
	s := make([]int64, rank)
	for i := range s {
		s[i] = -1
	}
	return s
}

// chain joins pieces of a shape. Of nothing it makes a scalar's shape, which is
// empty but not nil.
func chain(parts ...[]int64) []int64 { return append([]int64{}, slices.Concat(parts...)...) }

// count is the number of elements, -1 where the shape is not known, an error
// where no tensor can be so large.
func count(shape []int64) (int64, error) {
	if shape == nil {
		return -1, nil
	}
	n := int64(1)
	for _, d := range shape {
		switch {
		case d < -1:
			return 0, fmt.Errorf("the result would have the shape %v", shape)
		case d == 0 || n == 0:
			n = 0
		case d == -1 || n == -1:
			n = -1
		case n > math.MaxInt32*1024/d:
			return 0, fmt.Errorf("the result would have the shape %v, which is too large", shape)
		default:
			n *= d
		}
	}
	return n, nil
}

// same says whether two dimensions can be equal, and which the common one is.
func same(a, b int64) (int64, bool) {
	if a == -1 {
		return b, true
	}
	return a, b == -1 || a == b
}

// needRank is an error where the number of dimensions is known and too small.
func needRank(what string, v Value, least int) error {
	if v.Shape != nil && len(v.Shape) < least {
		return fmt.Errorf("%s has the shape %v, where %d or more dimensions are needed", what, v.Shape, least)
	}
	return nil
}

func whole(t accel.DType) bool {
	return slices.Contains([]accel.DType{accel.Int64, accel.Int32, accel.Int8, accel.Uint8, accel.Bool}, t)
}
