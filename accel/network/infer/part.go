package infer

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// concat joins tensors that are alike but for one dimension.
func concat(c *call) ([]Value, error) {
	out := Value{Type: c.arg(0).Type}
	for _, v := range c.in {
		if v.Shape == nil {
			return one(out)
		}
	}
	if len(c.in) == 0 {
		return nil, errors.New("no input")
	}
	a, err := c.axis(0, len(c.in[0].Shape))
	if err != nil {
		return nil, err
	}
	out.Shape = slices.Clone(c.in[0].Shape)
	for _, v := range c.in[1:] {
		if len(v.Shape) != len(out.Shape) {
			return nil, fmt.Errorf("shapes %v and %v cannot be joined along axis %d", c.in[0].Shape, v.Shape, a)
		}
		for i, d := range v.Shape {
			common, ok := same(out.Shape[i], d)
			switch {
			case i == a && (out.Shape[i] < 0 || d < 0):
				out.Shape[i] = -1
			case i == a:
				out.Shape[i] += d
			case !ok:
				return nil, fmt.Errorf("shapes %v and %v cannot be joined along axis %d", c.in[0].Shape, v.Shape, a)
			default:
				out.Shape[i] = common
			}
		}
	}
	if len(out.Shape) == 1 {
		out.Ints, out.Floats = joined(c.in)
	}
	return one(out)
}

// joined are the contents of vectors, one behind the other; nil where some are
// not known.
func joined(in []Value) (ints []int64, floats []float64) {
	for _, v := range in {
		if len(ints)+len(floats) > MaxContents {
			break
		}
		if !v.Known() && v.Shape[0] != 0 {
			return nil, nil
		}
		ints, floats = append(ints, v.Ints...), append(floats, v.Floats...)
	}
	return ints, floats
}

// split cuts along an axis: into stated sizes, else into equal ones.
func split(c *call) ([]Value, error) {
	x := c.arg(0)
	out := make([]Value, len(c.Output))
	for i := range out {
		out[i].Type = x.Type
	}
	if x.Shape == nil || len(out) == 0 {
		return out, nil
	}
	a, err := c.axis(0, len(x.Shape))
	if err != nil {
		return nil, err
	}
	sizes, known := c.list("split", 13, 1)
	if sizes == nil && known && x.Shape[a] >= 0 {
		if sizes, err = equal(x.Shape[a], int64(len(out)), c.opset >= 18); err != nil {
			return nil, err
		}
	}
	if sizes != nil {
		if err := fills(sizes, len(out), x.Shape, a); err != nil {
			return nil, err
		}
	}
	at := int64(0)
	for i := range out {
		out[i].Shape = slices.Clone(x.Shape)
		out[i].Shape[a] = -1
		if sizes == nil {
			continue
		}
		out[i].Shape[a] = sizes[i]
		if len(x.Shape) == 1 && x.Ints != nil {
			out[i].Ints = x.Ints[at : at+sizes[i]]
		}
		at += sizes[i]
	}
	return out, nil
}

// equal are n sizes of d elements; from opset 18 on the last may be smaller.
func equal(d, n int64, uneven bool) ([]int64, error) {
	if d%n != 0 && !uneven {
		return nil, fmt.Errorf("%d elements in %d equal parts", d, n)
	}
	each := (d + n - 1) / n
	sizes := fill(int(n), each)
	sizes[n-1] = d - each*(n-1)
	return sizes, nil
}

func fills(sizes []int64, parts int, shape []int64, a int) error {
	sum := int64(0)
	for _, s := range sizes {
		if s < 0 || s > math.MaxInt32*1024 {
			return fmt.Errorf("parts of %v", sizes)
		}
		sum += s
	}
	if _, ok := same(shape[a], sum); !ok || len(sizes) != parts {
		return fmt.Errorf("parts of %v for %d outputs along axis %d of the shape %v", sizes, parts, a, shape)
	}
	return nil
}

// pad adds elements at the ends of dimensions, or takes some away.
func pad(c *call) ([]Value, error) {
	x := c.arg(0)
	out := Value{Type: x.Type}
	if x.Shape == nil {
		return one(out)
	}
	out.Shape = unknown(len(x.Shape))
	pads, known := c.list("pads", 11, 1)
	list := []int64(nil)
	if c.opset >= 18 && c.given(3) {
		if list = c.arg(3).Ints; list == nil {
			known = false
		}
	} else {
		for i := range x.Shape {
			list = append(list, int64(i))
		}
	}
	if !known {
		return one(out)
	}
	at, err := axes(list, len(x.Shape))
	if err != nil {
		return nil, err
	}
	if len(pads) != 2*len(at) {
		return nil, fmt.Errorf("pads %v for the axes %v of the shape %v", pads, list, x.Shape)
	}
	copy(out.Shape, x.Shape)
	for i, a := range at {
		before, after := pads[i], pads[i+len(at)]
		if max(before, after) > maxWindow || min(before, after) < -maxWindow {
			return nil, fmt.Errorf("pads %v", pads)
		}
		if x.Shape[a] < 0 {
			continue
		}
		if out.Shape[a] = x.Shape[a] + before + after; out.Shape[a] < 0 {
			return nil, fmt.Errorf("pads %v leave nothing of the shape %v", pads, x.Shape)
		}
	}
	return one(out)
}
