package dla

import (
	"fmt"
	"slices"

	"braid/accel/network"
)

func never(reason string) check { return func(*layer) string { return reason } }

// constant: input i must be known when the engine is built.
func constant(i int, what string) check {
	return func(l *layer) string {
		if !l.Input(i).Constant {
			return fmt.Sprintf("its %s must be constant for DLA", what)
		}
		return ""
	}
}

// uniform: constant input i must have one value throughout.
func uniform(i int) check {
	return func(l *layer) string {
		v := l.Input(i).Values
		if len(v) == 0 || slices.ContainsFunc(v, func(x float64) bool { return x != v[0] }) {
			return "its constant must be one value throughout for DLA"
		}
		return ""
	}
}

// clip is ReLU with a roof of low to high.
func clip(low, high float64) check {
	return func(l *layer) string {
		from, to := bound(l, 1, "min"), bound(l, 2, "max")
		if from == nil || *from != 0 {
			return "it does not clip below 0, the only lower bound that DLA has"
		}
		if to == nil || *to < low || *to > high {
			return fmt.Sprintf("its upper bound is not in DLA's %g to %g", low, high)
		}
		return ""
	}
}

// bound is one of Clip's bounds: an input since opset 11, before it an attribute.
func bound(l *layer, i int, name string) *float64 {
	if v := l.Input(i).Values; len(v) == 1 {
		return &v[0]
	}
	if l.Has(name) {
		v := float64(l.Float(name, 0))
		return &v
	}
	return nil
}

// broadcast: operands are of the result's shape, [N,C,1,1] or [N,1,1,1]. One that
// is constant makes the layer a scaling: of everything, by channel, or by element.
func broadcast(l *layer) string {
	out := l.Outputs[0].Shape
	for _, in := range l.Inputs {
		s := in.Shape
		if in.Constant && s != nil && len(s) < 4 {
			s = append(slices.Repeat([]int64{1}, 4-len(s)), s...)
		}
		scaling := in.Constant && len(s) == 4 && s[0] == 1
		if len(s) != 4 || s[0] != out[0] && !scaling || !spread(s[1:], out[1:]) {
			return fmt.Sprintf("%q of %v does not spread over %v as DLA does it: [N,C,H,W], [N,C,1,1] or [N,1,1,1]", in.Name, in.Shape, out)
		}
	}
	return ""
}

// spread compares channels, height and width.
func spread(in, out []int64) bool {
	return slices.Equal(in, out) || in[1] == 1 && in[2] == 1 && (in[0] == out[0] || in[0] == 1)
}

func castBehind(l *layer) string {
	if slices.ContainsFunc(l.readers, func(op string) bool { return op != "Cast" }) {
		return "its output must go to a Cast for DLA, and nowhere else"
	}
	return ""
}

func castOfComparison(l *layer) string {
	if !slices.Contains(compared, l.writers[0]) {
		return "DLA casts the results of comparisons only"
	}
	return ""
}

func window(sizes ...int64) check {
	return func(l *layer) string {
		if n := l.Int("size", 0); !slices.Contains(sizes, n) {
			return fmt.Sprintf("window %d is none of DLA's %v", n, sizes)
		}
		return ""
	}
}

func onChannels(l *layer) string {
	if a := axis(l.Int("axis", 1)); a != 1 {
		return fmt.Sprintf("it joins along axis %d, where DLA joins channels only", a)
	}
	return ""
}

// axis counts from the front.
func axis(a int64) int64 { return (a + 4) % 4 }

func atLeastTwo(l *layer) string {
	if len(l.Inputs) < 2 {
		return "it joins one tensor, where DLA wants two or more"
	}
	return ""
}

// resizeModes are those that DLA has, as mode, how coordinates are transformed,
// and for nearest how they are rounded.
var resizeModes = [][3]string{
	{"nearest", "asymmetric", "floor"},
	{"nearest", "half_pixel", "round_prefer_floor"},
	{"nearest", "half_pixel", "round_prefer_ceil"},
	{"linear", "half_pixel", ""},
}

func resizeMode(l *layer) string {
	got := [3]string{l.Text("mode", "nearest"), l.Text("coordinate_transformation_mode", "half_pixel"), ""}
	if l.Op == "Upsample" || l.Op == "Resize" && !l.Has("coordinate_transformation_mode") && len(l.Inputs) == 2 {
		got[1] = "asymmetric" // before opset 11 there was no other
	}
	if got[0] == "nearest" {
		got[2] = l.Text("nearest_mode", "round_prefer_floor")
		if got[1] == "asymmetric" && !l.Has("nearest_mode") && len(l.Inputs) <= 2 {
			got[2] = "floor"
		}
	}
	if !slices.Contains(resizeModes, got) {
		return fmt.Sprintf("it resizes by %v, which DLA has not", got)
	}
	return ""
}

// resizeFactors: whole numbers up to nearest, or to linear.
func resizeFactors(nearest, linear float64) check {
	return func(l *layer) string {
		v := factors(l)
		if v == nil {
			return "it is given sizes, where DLA wants constant scales"
		}
		high := nearest
		if l.Text("mode", "nearest") == "linear" {
			high = linear
		}
		if len(v) != 4 || v[0] != 1 || v[1] != 1 {
			return fmt.Sprintf("scales %v are not DLA's four, of which batch and channels are 1", v)
		}
		for _, f := range v[2:] {
			if f != float64(int64(f)) || f < 1 || f > high {
				return fmt.Sprintf("scale %g is none of DLA's whole numbers 1 to %g", f, high)
			}
		}
		return ""
	}
}

func factors(l *layer) (v []float64) {
	for _, f := range l.Floats("scales") { // Upsample before opset 9
		v = append(v, float64(f))
	}
	if v != nil {
		return v
	}
	for _, i := range []int{2, 1} { // Resize since opset 11; before
		if in := l.Input(i); in.Name != "" && len(in.Values) > 0 && (i == 2 || len(l.Inputs) == 2) {
			return in.Values
		}
	}
	return nil
}

// sliceAxes: of the batch all is taken.
func sliceAxes(l *layer) string {
	for _, out := range l.Outputs {
		if out.Name != "" && out.Shape[0] != l.Input(0).Shape[0] {
			return "it takes a part of the batch, which DLA cannot"
		}
	}
	return ""
}

// sliceStatic: everything is constant, and no element is left out on the way.
func sliceStatic(l *layer) string {
	for i := 1; i < len(l.Inputs); i++ {
		if in := l.Inputs[i]; in.Name != "" && in.Values == nil {
			return "what it takes must be constant for DLA"
		}
	}
	if slices.ContainsFunc(l.Input(4).Values, func(s float64) bool { return s != 1 }) {
		return fmt.Sprintf("steps %v: DLA takes steps of 1", l.Input(4).Values)
	}
	return ""
}

// softmaxAxis: not the batch; up to alone where all other dimensions are 1, up to
// beside where one is not.
func softmaxAxis(alone, beside int64) check {
	return func(l *layer) string {
		in, a := l.Input(0).Shape, axis(l.Int("axis", -1))
		if a == 0 {
			return "it is along the batch, which DLA cannot"
		}
		high := alone
		for i, s := range in[1:] {
			if int64(i)+1 != a && s != 1 {
				high = beside
			}
		}
		return within("axis of", in[a], 1, high)
	}
}

// batchStays: a shuffle leaves the batch alone.
func batchStays(l *layer) string {
	if p := l.Ints("perm"); l.Op == "Transpose" && (len(p) != 4 || p[0] != 0) || l.Outputs[0].Shape[0] != l.Input(0).Shape[0] {
		return "it moves the batch, which DLA cannot"
	}
	return ""
}

// reduceAxes: channels, height and width, and they stay as dimensions of 1.
func reduceAxes(l *layer) string {
	if axes := reduced4(l.Node); len(axes) == 0 || slices.Contains(axes, 0) {
		return "it reduces the batch, which DLA cannot"
	}
	return ""
}

// reduced4 are the axes of a reduction of four dimensions, nil for all of them.
func reduced4(n network.Node) (axes []int64) {
	if n.Op == "GlobalMaxPool" {
		return []int64{2, 3}
	}
	list := n.Ints("axes")
	for _, a := range n.Input(1).Values { // since opset 18
		list = append(list, int64(a))
	}
	for _, a := range list {
		axes = append(axes, axis(a))
	}
	return axes
}
