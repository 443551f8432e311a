package darknet

import "braid/accel/network"

// maxPool is [maxpool]. darknet's padding is the sum of both sides, by default
// size-1, of which the half, rounded down, lies before the picture.
type maxPool struct {
	size             int
	strideX, strideY int
	before           int
	afterX, afterY   int // as far as the last window reaches
}

func (*maxPool) stem() string { return "maxpool" }

func (p *maxPool) emit(e *emitter, out string, in []string, shape Shape) {
	size, before := int64(p.size), int64(p.before)
	e.node("MaxPool", out, shape, in, network.AttrInts("kernel_shape", size, size),
		network.AttrInts("strides", int64(p.strideY), int64(p.strideX)),
		network.AttrInts("pads", before, before, int64(p.afterY), int64(p.afterX)))
}

func parseMaxPool(n *Network, v *values) layer {
	in := n.shape(n.last())
	p := &maxPool{}
	p.strideX, p.strideY = strides(v)
	p.size = v.integer("size", v.integer("stride", 1, 1, 64), 1, 64)
	padding := v.integer("padding", p.size-1, 0, 63)
	if padding >= p.size {
		v.fail("padding", "padding=%d leaves windows of size=%d without a pixel", padding, p.size)
	}
	p.before = padding / 2
	out := Shape{in.C, windows(in.H+padding, p.size, p.strideY), windows(in.W+padding, p.size, p.strideX)}
	if out.H < 1 || out.W < 1 {
		v.fail("size", "size=%d is larger than the %v before it with its padding", p.size, in)
	}
	p.afterY = max(0, (out.H-1)*p.strideY+p.size-in.H-p.before)
	p.afterX = max(0, (out.W-1)*p.strideX+p.size-in.W-p.before)
	return layer{from: []int{n.last()}, out: out, op: p, activation: linear}
}

// avgPool is [avgpool]: the mean of each channel.
type avgPool struct{}

func (avgPool) stem() string { return "avgpool" }

func (avgPool) emit(e *emitter, out string, in []string, shape Shape) {
	e.node("GlobalAveragePool", out, shape, in)
}

func parseAvgPool(n *Network, _ *values) layer {
	return layer{from: []int{n.last()}, out: Shape{n.shape(n.last()).C, 1, 1}, op: avgPool{}, activation: linear}
}
