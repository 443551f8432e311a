package darknet

import "braid/accel/network"

// upsample is [upsample]: each pixel becomes stride times stride of them.
type upsample struct{ stride int }

func (upsample) stem() string { return "upsample" }

func (u upsample) emit(e *emitter, out string, in []string, shape Shape) {
	s := float32(u.stride)
	scales := e.b.Floats(out+"/scales", []int64{4}, []float32{1, 1, s, s})
	e.node("Resize", out, shape, []string{in[0], "", scales}, network.AttrString("mode", "nearest"),
		network.AttrString("coordinate_transformation_mode", "asymmetric"), network.AttrString("nearest_mode", "floor"))
}

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

func (r reorg) emit(e *emitter, out string, in []string, shape Shape) {
	s := int64(r.stride)
	c, h, w := int64(r.view.C), int64(r.view.H)/s, int64(r.view.W)/s
	split := e.b.Ints(out+"/split", []int64{6}, []int64{1, c, h, s, w, s})
	join := e.b.Ints(out+"/join", []int64{4}, shape.dims())
	e.nodeOf("Reshape", out+"/squares", []int64{1, c, h, s, w, s}, []string{in[0], split})
	e.nodeOf("Transpose", out+"/moved", []int64{1, s, s, c, h, w}, []string{out + "/squares"}, network.AttrInts("perm", 0, 3, 5, 1, 2, 4))
	e.node("Reshape", out, shape, []string{out + "/moved", join})
}

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
