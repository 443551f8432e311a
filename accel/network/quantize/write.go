package quantize

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/onnxpb"
)

// Method is how the range of an activation is chosen.
type Method struct {
	Kind    string  // one of Methods
	Percent float64 // of Percentile
}

// Methods are the kinds of Method.
var Methods = []string{"minmax", "percentile", "entropy"}

func (m Method) scale(h *Histogram, c Coding) Scale {
	r := h.Extremes()
	switch m.Kind {
	case "percentile":
		r = h.Percentile(m.Percent)
	case "entropy":
		r = h.Entropy(c.levels(r))
	}
	return c.scale(r)
}

// Write makes the int8 network of what was watched. The Quantizer stays as it is, so
// that several methods can be tried.
func (q *Quantizer) Write(m Method) ([]byte, error) { return q.write(m, q.places) }

// Alone is Write with one layer in int8 and all others in float32: what it makes of
// the outputs is that layer's doing.
func (q *Quantizer) Alone(layer string, m Method) ([]byte, error) {
	i := slices.Index(q.Layers(), layer)
	if i < 0 {
		return nil, fmt.Errorf("%q is not among the layers in int8", layer)
	}
	n := q.places.layers[i]
	p := places{layers: []*onnxpb.NodeProto{n}, pairs: []string{n.Input[0]}}
	out := n.Output[0]
	if q.graph.clipped(out) {
		out = q.graph.readers[out][0].Output[0]
	}
	if slices.Contains(q.places.pairs, out) {
		p.pairs = append(p.pairs, out)
	}
	return q.write(m, p)
}

func (q *Quantizer) write(m Method, p places) ([]byte, error) {
	if !slices.Contains(Methods, m.Kind) {
		return nil, fmt.Errorf("ranges by %q are not known: want one of %v", m.Kind, Methods)
	}
	w := &writer{graph: newGraph(proto.CloneOf(q.graph.model)), recipe: q.options.Recipe, scales: map[string]Scale{}}
	for _, t := range p.pairs {
		if from := p.like[t]; from != "" {
			w.scales[t] = w.scales[from]
			continue
		}
		h := q.seen[t]
		if h == nil || h.n == 0 {
			return nil, fmt.Errorf("activation %q was never watched", t)
		}
		w.scales[t] = m.scale(h, w.recipe.Coding)
	}
	w.write(p)
	w.sweep()
	data, err := w.encode()
	if err != nil {
		return nil, err
	}
	if _, err := network.Parse(data); err != nil {
		return nil, fmt.Errorf("what was quantised: %w", err)
	}
	return data, nil
}

// writer changes a copy of the float32 network.
type writer struct {
	*graph
	recipe Recipe
	scales map[string]Scale
}

// write puts the nodes into the order of a new list, with the pairs behind what they
// round and the weights in front of who reads them.
func (w *writer) write(p places) {
	int8 := p.layerNames()
	rounded := map[string]string{} // tensor -> what stands for it
	var nodes []*onnxpb.NodeProto
	behind := func(tensors []string) {
		for _, t := range tensors {
			if slices.Contains(p.pairs, t) {
				pair := w.pair(t)
				rounded[t] = pair[1].Output[0]
				nodes = append(nodes, pair...)
			}
		}
	}
	for _, v := range w.GetInput() {
		behind([]string{v.GetName()})
	}
	for _, n := range w.Node {
		if int8[n.GetName()] {
			nodes = append(nodes, w.layer(n)...)
		}
		for i, t := range n.Input {
			if to := rounded[t]; to != "" {
				n.Input[i] = to
			}
		}
		nodes = append(nodes, n)
		behind(n.Output)
	}
	w.Node = nodes
}

func (p places) layerNames() map[string]bool {
	names := map[string]bool{}
	for _, l := range p.layers {
		names[l.GetName()] = true
	}
	return names
}

// pair is Q/DQ behind an activation.
func (w *writer) pair(tensor string) []*onnxpb.NodeProto {
	s := w.scales[tensor]
	return w.roundTrip(tensor, []float32{s.Step}, rawTensor(w.name(tensor+"/zero"), s.Type, nil, s.zeroPoint()), nil)
}

// roundTrip is Q/DQ behind any tensor.
func (w *writer) roundTrip(tensor string, steps []float32, zero *onnxpb.TensorProto, axis *int) []*onnxpb.NodeProto {
	in := w.factors(tensor, steps, zero)
	q, dq := w.name(tensor+"/q"), w.name(tensor+"/dq")
	return []*onnxpb.NodeProto{
		newNode("QuantizeLinear", append([]string{tensor}, in...), q, axis),
		newNode("DequantizeLinear", append([]string{q}, in...), dq, axis),
	}
}

// factors adds scale and zero point of a tensor, and returns their names.
func (w *writer) factors(tensor string, steps []float32, zero *onnxpb.TensorProto) []string {
	scale := floatTensor(w.name(tensor+"/scale"), zero.Dims, steps)
	w.addWeight(scale)
	w.addWeight(zero)
	return []string{scale.GetName(), zero.GetName()}
}

// layer lets a layer read int8 weights, and returns the nodes that make them. n
// still reads its input by the name of the float32 network.
func (w *writer) layer(n *onnxpb.NodeProto) (made []*onnxpb.NodeProto) {
	p, input := w.parts(n), w.scales[n.Input[0]].Step
	c := p.quantize(w.recipe.Bits, input, w.recipe.IntBias)
	dims := []int64{int64(len(c.steps))}
	base := n.GetName() + "/weight"
	zero := rawTensor(w.name(base+"/zero"), accel.Int8, dims, make([]byte, len(c.steps)))
	if w.recipe.FloatPairs {
		made = w.roundTrip(n.Input[1], c.steps, zero, &p.axis)
	} else {
		made = w.stored(rawTensor(w.name(base+"/q"), accel.Int8, p.weight.Dims, c.bytes()), c.steps, zero, &p.axis)
	}
	n.Input[1] = made[len(made)-1].Output[0]
	if w.recipe.IntBias && p.bias != nil {
		raw, steps := c.biasBytes(p.bias, input)
		base := n.GetName() + "/bias"
		zero := rawTensor(w.name(base+"/zero"), accel.Int32, dims, make([]byte, 4*len(steps)))
		bias := w.stored(rawTensor(w.name(base+"/q"), accel.Int32, dims, raw), steps, zero, new(int))
		n.Input[2] = bias[0].Output[0]
		made = append(made, bias...)
	}
	return made
}

// stored is DequantizeLinear behind a constant.
func (w *writer) stored(t *onnxpb.TensorProto, steps []float32, zero *onnxpb.TensorProto, axis *int) []*onnxpb.NodeProto {
	w.addWeight(t)
	in := w.factors(t.GetName(), steps, zero)
	return []*onnxpb.NodeProto{newNode("DequantizeLinear", append([]string{t.GetName()}, in...), w.name(t.GetName()+"/dq"), axis)}
}

// newNode is a node of one output, named after that.
func newNode(op string, in []string, out string, axis *int) *onnxpb.NodeProto {
	n := &onnxpb.NodeProto{Input: in, Output: []string{out}, Name: &out, OpType: &op}
	if axis != nil {
		set(n, &onnxpb.AttributeProto{Name: proto.String("axis"), Type: onnxpb.AttributeProto_INT.Enum(), I: proto.Int64(int64(*axis))})
	}
	return n
}

// sweep drops the constants that nobody reads any more.
func (w *writer) sweep() {
	reads := map[string]bool{}
	for t := range w.result {
		reads[t] = true
	}
	for _, n := range w.Node {
		for _, t := range n.Input {
			reads[t] = true
		}
	}
	unread := func(t string) bool { return !reads[t] }
	w.Initializer = slices.DeleteFunc(w.Initializer, func(t *onnxpb.TensorProto) bool { return unread(t.GetName()) })
	w.Node = slices.DeleteFunc(w.Node, func(n *onnxpb.NodeProto) bool { return n.GetOpType() == "Constant" && unread(n.Output[0]) })
	w.QuantizationAnnotation = nil
}
