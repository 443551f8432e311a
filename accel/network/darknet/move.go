package darknet

// upsample is [upsample]: each pixel becomes stride times stride of them.
type upsample struct{ stride int }

func (upsample) stem() string { return "upsample" }

func parseUpsample(n *Network, v *values) layer {
	u := upsample{v.integer("stride", 2, 1, 64)}
	s := n.shape(n.last())
	return layer{from: []int{n.last()}, out: Shape{s.C, s.H * u.stride, s.W * u.stride}, op: u, activation: linear}
}

// reorg is [reorg] and [reorg3d]: squares of stride times stride pixels become
// channels. [reorg3d] does so. [reorg] moves the values as if its input were the
// output of the opposite step, which is what darknet's YOLOv2 was trained with:
// of a memory [C, H, W] that is read as [C/s², H·s, W·s].
type reorg struct {
	view   Shape // how the input is read
	stride int
}

func (reorg) stem() string { return "reorg" }

func parseReorg(n *Network, v *values) layer {
	in, s := n.shape(n.last()), v.integer("stride", 1, 1, 64)
	if in.H%s != 0 || in.W%s != 0 {
		v.fail("stride", "stride=%d does not divide the %v before it", s, in)
	}
	r := reorg{view: in, stride: s}
	if v.name == "reorg" {
		if in.C%(s*s) != 0 {
			v.fail("stride", "the square of stride=%d does not divide the %d channels before it", s, in.C)
		}
		r.view = Shape{in.C / (s * s), in.H * s, in.W * s}
	}
	return layer{from: []int{n.last()}, out: Shape{in.C * s * s, in.H / s, in.W / s}, op: r, activation: linear}
}

// parseDropout reads [dropout], which does nothing outside of training.
func parseDropout(n *Network, _ *values) layer {
	return layer{from: []int{n.last()}, out: n.shape(n.last()), activation: linear}
}
