package infer

import (
	"fmt"
	"math"
	"slices"
)

// resize is Resize of all versions and Upsample: a size, or scales.
func resize(c *call) ([]Value, error) {
	x := c.arg(0)
	out := Value{Type: x.Type}
	if x.Shape == nil {
		return one(out)
	}
	at := make([]int, len(x.Shape))
	for i := range at {
		at[i] = i
	}
	if list := c.ints("axes"); list != nil {
		var err error
		if at, err = axes(list, len(x.Shape)); err != nil {
			return nil, err
		}
	}
	out.Shape = slices.Clone(x.Shape)
	factors, to := c.scales(), c.arg(3).Ints
	switch {
	case len(to) > 0:
		return one(out, resizeTo(out.Shape, at, to, c.text("keep_aspect_ratio_policy", "stretch")))
	case len(factors) > 0:
		return one(out, resizeBy(out.Shape, at, factors))
	}
	for _, a := range at {
		out.Shape[a] = -1
	}
	return one(out)
}

// scales are Resize's third input, before opset 11 its second, which they are of
// Upsample too; before opset 9 that has them as an attribute.
func (c *call) scales() []float64 {
	switch {
	case c.GetOpType() == "Resize" && c.opset >= 11:
		return c.arg(2).Floats
	case c.GetOpType() == "Resize" || c.opset >= 9:
		return c.arg(1).Floats
	}
	var factors []float64
	for _, f := range c.attr("scales").GetFloats() {
		factors = append(factors, float64(f))
	}
	return factors
}

func resizeBy(shape []int64, at []int, factors []float64) error {
	if len(factors) != len(at) {
		return fmt.Errorf("scales %v for %d dimensions", factors, len(at))
	}
	for i, a := range at {
		if !(factors[i] > 0 && factors[i] < maxWindow) {
			return fmt.Errorf("scales %v", factors)
		}
		if shape[a] >= 0 {
			shape[a] = int64(math.Floor(float64(float32(shape[a]) * float32(factors[i]))))
		}
	}
	return nil
}

// resizeTo takes sizes as they are, or as bounds that keep the aspect: the
// smallest or the largest of the scales then holds for all.
func resizeTo(shape []int64, at []int, to []int64, policy string) error {
	if len(to) != len(at) {
		return fmt.Errorf("sizes %v for %d dimensions", to, len(at))
	}
	var factors []float64
	known := true
	for i, a := range at {
		if to[i] < 0 {
			return fmt.Errorf("sizes %v", to)
		}
		factors = append(factors, float64(to[i])/float64(shape[a]))
		known = known && shape[a] > 0
	}
	if len(at) == 0 {
		return nil
	}
	factor := slices.Min(factors)
	if policy == "not_smaller" {
		factor = slices.Max(factors)
	}
	for i, a := range at {
		switch {
		case policy == "stretch":
			shape[a] = to[i]
		case known:
			shape[a] = int64(math.Floor(float64(shape[a])*factor + 0.5))
		default:
			shape[a] = -1
		}
	}
	return nil
}
