package darknet

import (
	"fmt"
	"slices"

	"braid/accel/network"
)

// route is [route] where it computes: a part of each layer's channels, one
// behind the other.
type route struct {
	parts []part
}

// part is a range of a tensor's channels.
type part struct{ from, to, of int }

func (*route) stem() string { return "route" }

func (r *route) emit(e *emitter, out string, in []string, shape Shape) {
	if len(in) == 1 {
		e.slice(out, in[0], r.parts[0], shape)
		return
	}
	parts := make([]string, len(in))
	for i, p := range r.parts {
		if parts[i] = in[i]; p.to-p.from < p.of {
			parts[i] = e.slice(fmt.Sprintf("%s/part%d", out, i), in[i], p, shape)
		}
	}
	e.node("Concat", out, shape, parts, network.AttrInt("axis", 1))
}

func parseRoute(n *Network, v *values) layer {
	if !v.has("layers") {
		v.fail("layers", "layers is missing")
	}
	l := layer{activation: linear}
	for _, number := range v.integers("layers") {
		l.from = append(l.from, n.reference(v, "layers", number))
	}
	groups := v.integer("groups", 1, 1, 1<<16)
	group := v.integer("group_id", 0, 0, groups-1)
	r := &route{}
	for i, from := range l.from {
		s := n.shape(from)
		if s.C%groups != 0 {
			v.fail("groups", "groups=%d does not divide the %d channels of layer %d", groups, s.C, from)
		}
		if i == 0 {
			l.out = Shape{0, s.H, s.W}
		}
		if s.H != l.out.H || s.W != l.out.W {
			v.fail("layers", "layers %d and %d differ in size: %v and %v", l.from[0], from, n.shape(l.from[0]), s)
		}
		size := s.C / groups
		r.parts = append(r.parts, part{group * size, (group + 1) * size, s.C})
		l.out.C += size
	}
	if groups > 1 || len(l.from) > 1 {
		l.op = r
	}
	return l
}

// shortcut is [shortcut]: it adds layers to the one before it. Where they have
// other channels than that, darknet adds the first ones that both have, and the
// rest stays as it is.
type shortcut struct {
	channels int
	from     []int // channels of the layers that are added
}

func (*shortcut) stem() string { return "shortcut" }

func (s *shortcut) emit(e *emitter, out string, in []string, shape Shape) {
	sum := in[0]
	for i, have := range s.from {
		to := out
		if i+1 < len(s.from) {
			to = fmt.Sprintf("%s/sum%d", out, i)
		}
		sum = s.add(e, to, sum, in[i+1], have, shape)
	}
}

// add adds the first channels of other, which has have of them, to sum.
func (s *shortcut) add(e *emitter, out, sum, other string, have int, shape Shape) string {
	switch {
	case have == s.channels:
		return e.node("Add", out, shape, []string{sum, other})
	case have > s.channels:
		common := e.slice(out+"/common", other, part{0, s.channels, have}, shape)
		return e.node("Add", out, shape, []string{sum, common})
	}
	low := e.slice(out+"/low", sum, part{0, have, s.channels}, shape)
	high := e.slice(out+"/high", sum, part{have, s.channels, s.channels}, shape)
	added := e.node("Add", out+"/added", Shape{have, shape.H, shape.W}, []string{low, other})
	return e.node("Concat", out, shape, []string{added, high}, network.AttrInt("axis", 1))
}

func parseShortcut(n *Network, v *values) layer {
	l := layer{from: []int{n.last()}, out: n.shape(n.last())}
	s := &shortcut{channels: l.out.C}
	if !v.has("from") {
		v.fail("from", "from is missing")
	}
	for _, number := range v.integers("from") {
		at := n.reference(v, "from", number)
		have := n.shape(at)
		if have.H != l.out.H || have.W != l.out.W {
			v.fail("from", "layer %d is %v, where %v comes before: only channels may differ", at, have, l.out)
		}
		l.from, s.from = append(l.from, at), append(s.from, have.C)
	}
	l.op, l.activation = s, activationOf(v, linear)
	return l
}

// product is [sam] and [scale_channels]: another layer times the one before.
type product struct{ name string }

func (p product) stem() string { return p.name }

func (product) emit(e *emitter, out string, in []string, shape Shape) {
	e.node("Mul", out, shape, in)
}

func parseSAM(n *Network, v *values) layer {
	return parseProduct(n, v, "sam", func(in, from Shape) bool { return in == from })
}

func parseScaleChannels(n *Network, v *values) layer {
	whole := v.flag("scale_wh")
	return parseProduct(n, v, "scale_channels", func(in, from Shape) bool {
		if whole {
			return in == Shape{1, from.H, from.W}
		}
		return in == Shape{from.C, 1, 1}
	})
}

func parseProduct(n *Network, v *values, name string, fits func(in, from Shape) bool) layer {
	from := n.reference(v, "from", v.required("from", -maxElements, maxElements))
	l := layer{from: []int{from, n.last()}, out: n.shape(from), op: product{name}}
	if in := n.shape(n.last()); !fits(in, l.out) {
		v.fail("from", "layer %d is %v, which the %v before cannot scale", from, l.out, in)
	}
	// darknet itself has no others here.
	l.activation = activation(v.word("activation", string(linear),
		slices.DeleteFunc(activations(), func(a string) bool { return a == string(mish) || a == string(swish) })))
	return l
}
