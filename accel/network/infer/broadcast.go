package infer

import (
	"fmt"
	"slices"
)

// broadcast is the shape of several tensors combined element by element: shapes
// are aligned at their ends, and a dimension of 1 goes with any.
func broadcast(shapes ...[]int64) ([]int64, error) {
	out := shapes[0]
	for _, s := range shapes[1:] {
		var err error
		if out, err = broadcastTwo(out, s); err != nil {
			return nil, err
		}
	}
	return slices.Clone(out), nil
}

func broadcastTwo(a, b []int64) ([]int64, error) {
	if a == nil || b == nil {
		return nil, nil
	}
	if len(a) < len(b) {
		a, b = b, a
	}
	out := slices.Clone(a)
	skip := len(a) - len(b)
	for i, d := range b {
		e := out[skip+i]
		switch {
		case e == d || d == 1:
		case e == 1:
			out[skip+i] = d
		case e == -1:
			out[skip+i] = d
		case d == -1:
		default:
			return nil, fmt.Errorf("shapes %v and %v do not go together", a, b)
		}
	}
	return out, nil
}

// spread visits, for each element of a result in row-major order, the index of
// the element of a tensor of shape `from` that broadcasting puts there.
func spread(from, to []int64, visit func(i int)) {
	n := int64(1)
	for _, d := range to {
		n *= d
	}
	skip := len(to) - len(from)
	for i := range n {
		index, step, rest := int64(0), int64(1), i
		for k := len(to) - 1; k >= skip; k-- {
			at := rest % to[k]
			rest /= to[k]
			if d := from[k-skip]; d != 1 {
				index += at * step
				step *= d
			}
		}
		visit(int(index))
	}
}

// spreadInts and spreadFloats give the contents of v broadcast to a shape, nil
// where they are not known. A tensor of whole numbers has both.
func spreadInts(v Value, to []int64) []int64 {
	if v.Ints == nil {
		return nil
	}
	var out []int64
	spread(v.Shape, to, func(i int) { out = append(out, v.Ints[i]) })
	return out
}

func spreadFloats(v Value, to []int64) []float64 {
	if v.Floats == nil {
		return nil
	}
	var out []float64
	spread(v.Shape, to, func(i int) { out = append(out, v.Floats[i]) })
	return out
}
