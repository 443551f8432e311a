package darknet

import "braid/accel/network"

// convolution is [convolutional].
type convolution struct {
	in               Shape
	filters          int
	size             int
	strideX, strideY int
	pad              int // on each side, dilation included
	dilation         int
	groups           int
	batchNorm        bool
}

func (*convolution) stem() string { return "conv" }

// fan is the number of weights of one filter.
func (c *convolution) fan() int { return c.in.C / c.groups * c.size * c.size }

// parameters is the number of values in a weights file.
func (c *convolution) parameters() int64 {
	each := int64(c.fan()) + 1
	if c.batchNorm {
		each += 3
	}
	return int64(c.filters) * each
}

func (c *convolution) emit(e *emitter, out string, in []string, shape Shape) {
	bias, weights, err := e.weights.convolution(c)
	if err != nil {
		e.fail(err)
		return
	}
	kernel := int64(c.size)
	w := e.raw(out+"/weight", []int64{int64(c.filters), int64(c.in.C / c.groups), kernel, kernel}, weights)
	b := e.raw(out+"/bias", []int64{int64(c.filters)}, bias)
	pad, dilation := int64(c.pad), int64(c.dilation)
	e.node("Conv", out, shape, []string{in[0], w, b},
		network.AttrInts("kernel_shape", kernel, kernel), network.AttrInts("strides", int64(c.strideY), int64(c.strideX)),
		network.AttrInts("pads", pad, pad, pad, pad), network.AttrInts("dilations", dilation, dilation), network.AttrInt("group", int64(c.groups)))
}

func parseConvolution(n *Network, v *values) layer {
	c := &convolution{
		in: n.shape(n.last()), filters: v.required("filters", 1, 1<<16), size: v.integer("size", 1, 1, 63),
		dilation: v.integer("dilation", 1, 1, 64), groups: v.integer("groups", 1, 1, 1<<16),
		batchNorm: v.flag("batch_normalize") || v.flag("cbn"),
	}
	c.strideX, c.strideY = strides(v)
	c.pad = v.integer("padding", 0, 0, 63)
	if v.flag("pad") {
		c.pad = c.size / 2
	}
	if c.size == 1 {
		c.dilation = 1
	}
	if c.in.C%c.groups != 0 || c.filters%c.groups != 0 {
		v.fail("groups", "groups=%d does not divide the %d channels before it and its filters=%d", c.groups, c.in.C, c.filters)
	}
	// darknet sizes the output without regard to dilation, but pads with dilation
	// times the padding: that only works where both come to the same.
	if c.dilation > 1 && 2*c.pad != c.size-1 {
		v.fail("dilation", "dilation=%d wants a padding of (size-1)/2, not %d with size=%d", c.dilation, c.pad, c.size)
	}
	out := Shape{c.filters, windows(c.in.H+2*c.pad, c.size, c.strideY), windows(c.in.W+2*c.pad, c.size, c.strideX)}
	if out.H < 1 || out.W < 1 {
		v.fail("size", "size=%d is larger than the %v before it with its padding", c.size, c.in)
	}
	c.pad *= c.dilation
	// What darknet takes where a cfg says nothing.
	return layer{from: []int{n.last()}, out: out, op: c, activation: activationOf(v, logistic)}
}

// strides are stride_x and stride_y, by default stride.
func strides(v *values) (x, y int) {
	stride := v.integer("stride", 1, 1, 64)
	return v.integer("stride_x", stride, 1, 64), v.integer("stride_y", stride, 1, 64)
}

// windows is how many windows of a size fit into a side, a stride apart.
func windows(side, size, stride int) int {
	if side < size {
		return 0
	}
	return (side-size)/stride + 1
}
