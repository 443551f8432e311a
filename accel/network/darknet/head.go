package darknet

// Head is what an output means, for a model card. Its tensor is [1,
// anchors·(5+Classes), h, w]: of each anchor tx, ty, tw, th, the objectness and
// the classes, as the convolution before it gives them.
type Head struct {
	Tensor    string
	Region    bool         // YOLOv2: softmax over the classes, anchors in grid cells; else yolo, anchors in pixels
	Anchors   [][2]float32 // width and height, after mask
	Classes   int
	ScaleXY   float32 // scale_x_y
	NewCoords bool    // new_coords: the convolution's activation is the sigmoid already
	NMSKind   string  // default, greedynms or diounms
	BetaNMS   float32 // exponent of diounms
}

// Heads are the network's outputs, in order.
func (n *Network) Heads() []Head { return n.heads }

// Classes is the number of classes, which all heads share.
func (n *Network) Classes() int { return n.heads[0].Classes }

// output is [yolo] and [region]: the raw head.
type output struct{ name string }

func (o output) stem() string { return o.name }

// emit gives the raw tensor the name of the section, and leaves the convolution's
// to plans.
func (output) emit(e *emitter, out string, in []string, shape Shape) {
	e.node("Identity", out, shape, in)
	e.b.Output(e.desc(out, shape.dims()))
}

func parseYolo(n *Network, v *values) layer {
	h := Head{
		ScaleXY: v.decimal("scale_x_y", 1), NewCoords: v.flag("new_coords"),
		NMSKind: v.word("nms_kind", "default", words("default diounms greedynms")), BetaNMS: v.decimal("beta_nms", 0.6),
	}
	if h.ScaleXY <= 0 || h.ScaleXY > 4 {
		v.fail("scale_x_y", "scale_x_y=%v is out of range, want more than 0 and up to 4", h.ScaleXY)
	}
	all := anchors(v)
	h.Anchors = all
	if v.has("mask") {
		h.Anchors = nil
	}
	for _, m := range v.integers("mask") {
		if m < 0 || m >= len(all) {
			v.fail("mask", "mask=%d is no anchor: there are %d, counted from 0", m, len(all))
			break
		}
		h.Anchors = append(h.Anchors, all[m])
	}
	return n.addHead(v, h)
}

func parseRegion(n *Network, v *values) layer {
	if !v.flag("softmax") {
		v.fail("softmax", "softmax=1 is missing: classes that are no distribution are not supported")
	}
	return n.addHead(v, Head{Region: true, Anchors: anchors(v), ScaleXY: 1, NMSKind: "default"})
}

// anchors are the first num anchors of the section.
func anchors(v *values) [][2]float32 {
	num := v.integer("num", 1, 1, 1000)
	flat := v.decimals("anchors")
	if v.err == nil && (len(flat) < 2*num || len(flat)%2 != 0) {
		v.fail("anchors", "anchors has %d values where num=%d takes %d", len(flat), num, 2*num)
	}
	var out [][2]float32
	for i := 0; i+1 < len(flat) && len(out) < num; i += 2 {
		if flat[i] <= 0 || flat[i+1] <= 0 {
			v.fail("anchors", "anchor %d is %vx%v, want more than 0", len(out), flat[i], flat[i+1])
		}
		out = append(out, [2]float32{flat[i], flat[i+1]})
	}
	return out
}

func (n *Network) addHead(v *values, h Head) layer {
	h.Classes = v.integer("classes", 20, 1, 1<<16)
	in := n.shape(n.last())
	if want := len(h.Anchors) * (5 + h.Classes); v.err == nil && in.C != want {
		v.fail("", "%d anchors with classes=%d take %d channels, the layer before it has %d: want filters=%d there",
			len(h.Anchors), h.Classes, want, in.C, want)
	}
	if len(n.heads) > 0 && n.Classes() != h.Classes {
		v.fail("classes", "classes=%d, where the output before has %d", h.Classes, n.Classes())
	}
	l := layer{from: []int{n.last()}, out: in, op: output{v.name}, activation: linear}
	h.Tensor = tensorName(l.op, len(n.layers))
	n.heads = append(n.heads, h)
	return l
}
