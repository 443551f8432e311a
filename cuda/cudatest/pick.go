package cudatest

import (
	"errors"
	"slices"
)

// slice is ONNX's Slice forwards, without gaps.
func slice(_ attributes, in []value) (value, error) {
	starts, ends, axes := in[1].v, in[2].v, in[3].v
	if len(in) > 4 || len(starts) != len(axes) || len(ends) != len(axes) {
		return value{}, errors.New("steps, and no axes, are not computed here")
	}
	x := in[0]
	from, shape := make([]int, len(x.shape)), slices.Clone(x.shape)
	for i, axis := range axes {
		k := int(axis)
		if k < 0 || k >= len(shape) || starts[i] < 0 || ends[i] <= starts[i] {
			return value{}, errors.New("only places from the front are computed here, and at least one")
		}
		from[k] = int(starts[i])
		shape[k] = min(int(ends[i]), x.shape[k]) - from[k]
		if shape[k] < 1 {
			return value{}, errors.New("nothing is left")
		}
	}
	out := newValue(shape...)
	at, place := make([]int, len(shape)), make([]int, len(shape))
	for i := range out.v {
		for k := range at {
			place[k] = from[k] + at[k]
		}
		out.v[i] = x.at(place)
		next(at, shape)
	}
	return out, nil
}

// resize is ONNX's Resize by whole numbers: each element again and again.
func resize(a attributes, in []value) (value, error) {
	for name, want := range map[string]string{"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"} {
		if at := a.find(name); at == nil || string(at.GetS()) != want {
			return value{}, errors.New(name + " other than " + want + " is not computed here")
		}
	}
	x, scales := in[0], in[len(in)-1].v
	if len(scales) != len(x.shape) {
		return value{}, errors.New("it has not a scale for each dimension")
	}
	shape := slices.Clone(x.shape)
	for k, s := range scales {
		if s < 1 || s != float32(int(s)) {
			return value{}, errors.New("only whole scales are computed here")
		}
		shape[k] *= int(s)
	}
	out := newValue(shape...)
	at, place := make([]int, len(shape)), make([]int, len(shape))
	for i := range out.v {
		for k := range at {
			place[k] = at[k] / int(scales[k])
		}
		out.v[i] = x.at(place)
		next(at, shape)
	}
	return out, nil
}
