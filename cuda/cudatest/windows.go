package cudatest

import (
	"errors"
	"math"
)

// window is how Conv and MaxPool move over height and width.
type window struct {
	kernel, strides, dilations [2]int
	pads                       [4]int // top, left, bottom, right
	in, out                    [2]int // heights and widths
}

// windowOf reads the attributes; kernel is the one that the weights have, or zeros.
func windowOf(a attributes, shape []int, kernel [2]int) (window, error) {
	w := window{kernel: kernel, strides: [2]int{1, 1}, dilations: [2]int{1, 1}}
	if len(shape) != 4 || shape[0] != 1 {
		return w, errors.New("only pictures of batch 1 are computed here")
	}
	if at := a.find("auto_pad"); at != nil && string(at.GetS()) != "NOTSET" {
		return w, errors.New("auto_pad is not computed here")
	}
	if a.int("ceil_mode", 0) != 0 {
		return w, errors.New("ceil_mode is not computed here")
	}
	copy(w.kernel[:], a.ints("kernel_shape", kernel[0], kernel[1]))
	copy(w.strides[:], a.ints("strides", 1, 1))
	copy(w.dilations[:], a.ints("dilations", 1, 1))
	copy(w.pads[:], a.ints("pads", 0, 0, 0, 0))
	for i := range 2 {
		w.in[i] = shape[2+i]
		reach := w.dilations[i]*(w.kernel[i]-1) + 1
		w.out[i] = (w.in[i]+w.pads[i]+w.pads[i+2]-reach)/w.strides[i] + 1
		if w.kernel[i] < 1 || w.out[i] < 1 {
			return w, errors.New("the kernel does not fit")
		}
	}
	return w, nil
}

// over calls f for each place of the kernel that lies in the picture when it
// makes output y, x: k is the place in the kernel, i in the picture.
func (w window) over(y, x int, f func(k, i int)) {
	for ky := range w.kernel[0] {
		iy := y*w.strides[0] - w.pads[0] + ky*w.dilations[0]
		if iy < 0 || iy >= w.in[0] {
			continue
		}
		for kx := range w.kernel[1] {
			ix := x*w.strides[1] - w.pads[1] + kx*w.dilations[1]
			if ix >= 0 && ix < w.in[1] {
				f(ky*w.kernel[1]+kx, iy*w.in[1]+ix)
			}
		}
	}
}

// conv is ONNX's Conv, with groups.
func conv(a attributes, in []value) (value, error) {
	x, weights := in[0], in[1]
	if len(weights.shape) != 4 {
		return value{}, errors.New("only Conv of pictures is computed here")
	}
	w, err := windowOf(a, x.shape, [2]int{weights.shape[2], weights.shape[3]})
	if err != nil {
		return value{}, err
	}
	outputs, each, groups := weights.shape[0], weights.shape[1], a.int("group", 1)
	if groups < 1 || each*groups != x.shape[1] || outputs%groups != 0 {
		return value{}, errors.New("the channels do not go together")
	}
	out := newValue(1, outputs, w.out[0], w.out[1])
	picture, kernel := w.in[0]*w.in[1], w.kernel[0]*w.kernel[1]
	for i := range out.v {
		o := i / (w.out[0] * w.out[1])
		first := o / (outputs / groups) * each
		sum := 0.0
		if len(in) > 2 {
			sum = float64(in[2].v[o])
		}
		for c := range each {
			from, by := x.v[(first+c)*picture:], weights.v[(o*each+c)*kernel:]
			w.over(i/w.out[1]%w.out[0], i%w.out[1], func(k, i int) { sum += float64(by[k]) * float64(from[i]) })
		}
		out.v[i] = float32(sum)
	}
	return out, nil
}

// maxPool is ONNX's MaxPool.
func maxPool(a attributes, in []value) (value, error) {
	w, err := windowOf(a, in[0].shape, [2]int{})
	if err != nil {
		return value{}, err
	}
	out := newValue(1, in[0].shape[1], w.out[0], w.out[1])
	picture := w.in[0] * w.in[1]
	for i := range out.v {
		from := in[0].v[i/(w.out[0]*w.out[1])*picture:]
		most := float32(math.Inf(-1))
		w.over(i/w.out[1]%w.out[0], i%w.out[1], func(_, i int) { most = max(most, from[i]) })
		out.v[i] = most
	}
	return out, nil
}
