package infer

import (
	"errors"
	"fmt"

	"braid/accel"
)

// window is what convolutions and poolings slide over the last dimensions.
type window struct {
	kernel, strides, dilations, begin, end []int64
	auto                                   string // auto_pad
}

// windowOf reads a node's attributes for so many spatial dimensions. kernel is
// what they take if the attribute is not there.
func (c *call) windowOf(kernel []int64) (window, error) {
	n := len(kernel)
	w := window{auto: c.text("auto_pad", "NOTSET"), kernel: kernel}
	lists := []struct {
		to        *[]int64
		name      string
		otherwise int64
		least     int64
	}{{&w.kernel, "kernel_shape", 0, 1}, {&w.strides, "strides", 1, 1}, {&w.dilations, "dilations", 1, 1}}
	for _, l := range lists {
		have := c.ints(l.name)
		if have == nil && *l.to != nil {
			continue
		}
		if have == nil {
			have = fill(n, l.otherwise)
		}
		if len(have) != n {
			return w, fmt.Errorf("%s %v for %d spatial dimensions", l.name, have, n)
		}
		for _, v := range have {
			if v < l.least || v > maxWindow {
				return w, fmt.Errorf("%s %v", l.name, have)
			}
		}
		*l.to = have
	}
	pads := c.ints("pads")
	if pads == nil {
		pads = fill(2*n, 0)
	}
	if len(pads) != 2*n {
		return w, fmt.Errorf("pads %v for %d spatial dimensions", pads, n)
	}
	for _, p := range pads {
		if p < -maxWindow || p > maxWindow {
			return w, fmt.Errorf("pads %v", pads)
		}
	}
	w.begin, w.end = pads[:n], pads[n:]
	return w, nil
}

// maxWindow bounds kernels, strides and the like, so that sums stay in an int64.
const maxWindow = 1 << 31

func fill(n int, v int64) []int64 {
	s := make([]int64, n)
	for i := range s {
		s[i] = v
	}
	return s
}

// slides is how often the window fits into `in` elements of dimension i, rounded
// down, or with up rounded up as long as the last one starts inside.
func (w window) slides(i int, in int64, up bool) (int64, error) {
	if in < 0 || w.kernel[i] < 0 {
		return -1, nil
	}
	s := w.strides[i]
	if w.auto == "SAME_UPPER" || w.auto == "SAME_LOWER" {
		return (in + s - 1) / s, nil
	}
	begin, end := w.begin[i], w.end[i]
	if w.auto == "VALID" {
		begin, end = 0, 0
	}
	room := in + begin + end - (w.dilations[i]*(w.kernel[i]-1) + 1)
	if room < 0 {
		return 0, fmt.Errorf("a window of %d does not fit into %d elements with pads %d and %d",
			w.dilations[i]*(w.kernel[i]-1)+1, in, begin, end)
	}
	n := room/s + 1
	if up && room%s != 0 && n*s < in+begin {
		n++
	}
	return n, nil
}

// conv is Conv, with the indices of data and weights among the inputs.
func conv(data, weights int) rule {
	return func(c *call) ([]Value, error) {
		x, w := c.arg(data), c.arg(weights)
		if err := errors.Join(needRank("the input", x, 3), needRank("the weight tensor", w, 3)); err != nil {
			return nil, err
		}
		out := Value{Type: x.Type}
		if x.Shape == nil || w.Shape == nil {
			return one(out)
		}
		if len(x.Shape) != len(w.Shape) {
			return nil, fmt.Errorf("an input of shape %v with weights of shape %v", x.Shape, w.Shape)
		}
		group := c.int("group", 1)
		if group < 1 || group > maxWindow {
			return nil, fmt.Errorf("group %d", group)
		}
		if w.Shape[1] >= 0 {
			if _, ok := same(x.Shape[1], w.Shape[1]*group); !ok {
				return nil, fmt.Errorf("an input of %d channels, where weights of shape %v in %d groups take %d",
					x.Shape[1], w.Shape, group, w.Shape[1]*group)
			}
		}
		win, err := c.windowOf(w.Shape[2:])
		if err != nil {
			return nil, err
		}
		out.Shape = []int64{x.Shape[0], w.Shape[0]}
		for i, d := range x.Shape[2:] {
			n, err := win.slides(i, d, false)
			if err != nil {
				return nil, err
			}
			out.Shape = append(out.Shape, n)
		}
		return one(out)
	}
}

// convTranspose turns Conv's relation of input and output around.
func convTranspose(c *call) ([]Value, error) {
	x, w := c.arg(0), c.arg(1)
	if err := errors.Join(needRank("the input", x, 3), needRank("the weight tensor", w, 3)); err != nil {
		return nil, err
	}
	out := Value{Type: x.Type}
	if x.Shape == nil || w.Shape == nil {
		return one(out)
	}
	if len(x.Shape) != len(w.Shape) {
		return nil, fmt.Errorf("an input of shape %v with weights of shape %v", x.Shape, w.Shape)
	}
	if _, ok := same(x.Shape[1], w.Shape[0]); !ok {
		return nil, fmt.Errorf("an input of %d channels, where weights of shape %v take %d", x.Shape[1], w.Shape, w.Shape[0])
	}
	group := c.int("group", 1)
	if group < 1 || group > maxWindow {
		return nil, fmt.Errorf("group %d", group)
	}
	win, err := c.windowOf(w.Shape[2:])
	if err != nil {
		return nil, err
	}
	n := len(x.Shape) - 2
	more, stated := c.ints("output_padding"), c.ints("output_shape")
	if more == nil {
		more = fill(n, 0)
	}
	if len(more) != n || stated != nil && len(stated) != n {
		return nil, fmt.Errorf("output_padding %v and output_shape %v for %d spatial dimensions", more, stated, n)
	}
	channels := int64(-1)
	if w.Shape[1] >= 0 {
		channels = w.Shape[1] * group
	}
	out.Shape = []int64{x.Shape[0], channels}
	for i, d := range x.Shape[2:] {
		switch {
		case stated != nil:
			d = stated[i]
		case d < 0 || win.kernel[i] < 0:
			d = -1
		case win.auto == "SAME_UPPER" || win.auto == "SAME_LOWER":
			d *= win.strides[i]
		default:
			d = win.strides[i]*(d-1) + more[i] + win.dilations[i]*(win.kernel[i]-1) + 1
			if win.auto != "VALID" {
				d -= win.begin[i] + win.end[i]
			}
			d = max(d, -2) // what is negative is no size, and not unknown either
			if d < 0 {
				return nil, fmt.Errorf("pads %v and %v leave nothing", win.begin, win.end)
			}
		}
		out.Shape = append(out.Shape, d)
	}
	return one(out)
}

// pool is MaxPool and its like; MaxPool's second output tells where.
func pool(c *call) ([]Value, error) {
	x := c.arg(0)
	if err := needRank("the input", x, 3); err != nil {
		return nil, err
	}
	if x.Shape == nil {
		return one(Value{Type: x.Type})
	}
	win, err := c.windowOf(make([]int64, len(x.Shape)-2))
	if err != nil {
		return nil, err
	}
	if c.ints("kernel_shape") == nil {
		return nil, errors.New("no kernel_shape")
	}
	shape := []int64{x.Shape[0], x.Shape[1]}
	for i, d := range x.Shape[2:] {
		n, err := win.slides(i, d, c.int("ceil_mode", 0) != 0)
		if err != nil {
			return nil, err
		}
		shape = append(shape, n)
	}
	return []Value{{Type: x.Type, Shape: shape}, {Type: accel.Int64, Shape: shape}}, nil
}

// globalPool leaves one element of each channel.
func globalPool(c *call) ([]Value, error) {
	x := c.arg(0)
	if err := needRank("the input", x, 2); err != nil {
		return nil, err
	}
	out := Value{Type: x.Type}
	if x.Shape != nil {
		out.Shape = append([]int64{x.Shape[0], x.Shape[1]}, fill(len(x.Shape)-2, 1)...)
	}
	return one(out)
}
