package dla

import (
	"fmt"
	"slices"
)

// pair is height and width of something.
type pair [2]int64

func (p pair) String() string { return fmt.Sprintf("%dx%d", p[0], p[1]) }

// between is the reason why a pair is not, in both, from low to high.
func between(what string, p pair, low, high int64) string {
	switch {
	case max(p[0], p[1]) > high:
		return fmt.Sprintf("%s %v is over DLA's %d", what, p, high)
	case min(p[0], p[1]) < low:
		return fmt.Sprintf("%s %v is below DLA's %d", what, p, low)
	}
	return ""
}

// ints is a list attribute of two, one in each by default. ok is false where it
// is not one of two: the layer is not 2D.
func (l *layer) ints(name string) (p pair, ok bool) {
	v := l.Ints(name)
	if v == nil {
		return pair{1, 1}, true
	}
	if len(v) != 2 {
		return pair{}, false
	}
	return pair(v), true
}

// kernelSize is the window of a layer; a convolution's is that of its weights.
func (l *layer) kernelSize() pair {
	if w := l.Input(1).Shape; (l.Op == "Conv" || l.Op == "ConvTranspose") && len(w) == 4 {
		return pair{w[2], w[3]}
	}
	p, _ := l.ints("kernel_shape")
	return p
}

func kernel(low, high int64) check {
	return func(l *layer) string { return between("kernel", l.kernelSize(), low, high) }
}

func stride(low, high int64) check {
	return func(l *layer) string { return attribute(l, "stride", "strides", low, high) }
}

func dilation(low, high int64) check {
	return func(l *layer) string { return attribute(l, "dilation", "dilations", low, high) }
}

func attribute(l *layer, what, name string, low, high int64) string {
	p, ok := l.ints(name)
	if !ok {
		return fmt.Sprintf("%s %v is not of two dimensions", what, l.Ints(name))
	}
	return between(what, p, low, high)
}

// pads are the paddings before and behind.
func (l *layer) pads() (before, after pair) {
	if v := l.Ints("pads"); len(v) == 4 {
		return pair(v[:2]), pair(v[2:])
	}
	auto := l.Text("auto_pad", "NOTSET")
	if auto != "SAME_UPPER" && auto != "SAME_LOWER" {
		return pair{}, pair{}
	}
	strides, _ := l.ints("strides")
	dilations, _ := l.ints("dilations")
	k := l.kernelSize()
	for i := range 2 {
		in, out := l.Input(0).Shape[2+i], l.Outputs[0].Shape[2+i]
		if l.Op == "ConvTranspose" {
			in, out = out, in
		}
		whole := max(0, (out-1)*strides[i]+(k[i]-1)*dilations[i]+1-in)
		before[i], after[i] = whole/2, whole-whole/2
	}
	if auto == "SAME_LOWER" {
		before, after = after, before
	}
	return before, after
}

func padding(low, high int64) check {
	return func(l *layer) string {
		before, after := l.pads()
		if p, ok := l.ints("output_padding"); ok && l.Has("output_padding") && p != (pair{}) && high == 0 {
			return fmt.Sprintf("output padding %v is over DLA's 0", p)
		}
		for _, p := range []pair{before, after} {
			if reason := between("padding", p, low, high); reason != "" {
				return reason
			}
		}
		return ""
	}
}

func paddingBelowKernel(l *layer) string {
	k := l.kernelSize()
	before, after := l.pads()
	for _, p := range []pair{before, after} {
		if p[0] >= k[0] || p[1] >= k[1] {
			return fmt.Sprintf("padding %v is not below the kernel %v, as DLA wants it", p, k)
		}
	}
	return ""
}

// paddingCounts: the mean must be over the padding too.
func paddingCounts(l *layer) string {
	before, after := l.pads()
	if l.Int("count_include_pad", 0) == 0 && (before != pair{} || after != pair{}) {
		return "the mean leaves the padding out, which Xavier's DLA cannot"
	}
	return ""
}

// orLine allows, beside low to high, one of some lengths by 1.
func orLine(what string, p pair, low, high int64, lengths []int64) string {
	if slices.Contains(lengths, p[0]) && p[1] == 1 || p[0] == 1 && slices.Contains(lengths, p[1]) {
		return ""
	}
	return between(what, p, low, high)
}

func kernelOrLine(low, high int64, lengths ...int64) check {
	return func(l *layer) string { return orLine("kernel", l.kernelSize(), low, high, lengths) }
}

func strideOrLine(low, high int64, lengths ...int64) check {
	return func(l *layer) string {
		p, ok := l.ints("strides")
		if !ok {
			return fmt.Sprintf("stride %v is not of two dimensions", l.Ints("strides"))
		}
		return orLine("stride", p, low, high, lengths)
	}
}

// notSquare refuses square kernels and strides of some sizes.
func notSquare(low, high int64) check {
	return func(l *layer) string {
		strides, _ := l.ints("strides")
		for what, p := range map[string]pair{"kernel": l.kernelSize(), "stride": strides} {
			if p[0] == p[1] && p[0] >= low && p[0] <= high {
				return fmt.Sprintf("%s %v: TensorRT has squares of %d to %d turned off for DLA", what, p, low, high)
			}
		}
		return ""
	}
}

func groups(low, high int64) check {
	return func(l *layer) string { return within("groups", l.Int("group", 1), low, high) }
}

func outputChannels(low, high int64) check {
	return func(l *layer) string { return within("output channels", l.Outputs[0].Shape[1], low, high) }
}

func lastSide(low, high int64) check {
	return func(l *layer) string {
		s := l.Outputs[0].Shape
		return within("outputs", s[len(s)-1], low, high)
	}
}

func within(what string, n, low, high int64) string {
	switch {
	case n > high:
		return fmt.Sprintf("%s %d is over DLA's %d", what, n, high)
	case n < low:
		return fmt.Sprintf("%s %d is below DLA's %d", what, n, low)
	}
	return ""
}

// buffer is the check of the convolution buffer that the guide gives: banks for
// the weights of one kernel and for the rows that it covers. A bank has 32 KiB:
// 256 entries of 128 bytes, of which a pixel's channels take quarters.
func buffer(banks int64) check {
	const bank, entry, entries, quarter = 32 << 10, 128, 256, 32
	return func(l *layer) string {
		element := int64(2)
		if l.precision == "int8" {
			element = 1
		}
		in, k := l.Input(0).Shape, l.kernelSize()
		dilations, _ := l.ints("dilations")
		weights := up(up(in[1]*k[0]*k[1]*element, entry)*entry, bank)
		slice := up(up(in[1]*element, quarter)*in[3], entry/quarter)
		data := up(slice*((k[0]-1)*dilations[0]+1), entries)
		if weights+data > banks {
			return fmt.Sprintf("kernel %v over %d channels of width %d takes %d banks of the convolution buffer, over DLA's %d",
				k, in[1], in[3], weights+data, banks)
		}
		return ""
	}
}

// up is n/d, rounded up.
func up(n, d int64) int64 { return (n + d - 1) / d }
