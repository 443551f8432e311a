package network

import (
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"braid/accel"
	"braid/accel/network/onnxpb"
)

const (
	quantizeOp   = "QuantizeLinear"
	dequantizeOp = "DequantizeLinear"
)

// StripQDQ takes the pairs of QuantizeLinear and DequantizeLinear out of a
// network, for a builder that wants dynamic ranges instead, as that of a DLA. What
// remains is the float32 network, with weights that went through int8 rounded as
// they were; ranges has for each activation that had a pair the largest magnitude
// that int8 keeps of it, 127 times the scale.
//
// It reads int8 with zero point 0, by tensor for activations and also by channel
// for weights. Anything else is an error that names the node and wraps ErrInvalid.
func StripQDQ(onnx []byte) (plain []byte, ranges map[string]float32, err error) {
	n, err := Parse(onnx)
	if err != nil {
		return nil, nil, fmt.Errorf("stripping Q/DQ: %w", err)
	}
	s := &stripper{n: n, alias: map[string]string{}, ranges: map[string]float32{}, gone: map[*onnxpb.NodeProto]bool{}}
	if err := s.strip(); err != nil {
		return nil, nil, fmt.Errorf("stripping Q/DQ: %w", err)
	}
	plain, err = encode(n.model, n.model.Graph, n.model.TrainingInfo)
	if err != nil {
		return nil, nil, err
	}
	if _, err := Parse(plain); err != nil {
		return nil, nil, fmt.Errorf("stripping Q/DQ: what remains: %w", err)
	}
	return plain, s.ranges, nil
}

// stripper changes the model of a network that nobody else has.
type stripper struct {
	n       *Network
	alias   map[string]string // output of a DequantizeLinear -> the activation that it stands for
	ranges  map[string]float32
	gone    map[*onnxpb.NodeProto]bool
	weights []*onnxpb.TensorProto // in place of dequantised ones, by the same names
}

func (s *stripper) strip() error {
	for i, l := range s.n.nodes { // in order, so that what a pair reads is known
		if err := s.node(l, i); err != nil {
			return err
		}
	}
	s.keepOutputs()
	s.rewire()
	s.sweep()
	return nil
}

// node takes one node out if it is of a pair, and refuses what cannot be.
func (s *stripper) node(l *node, i int) error {
	if err := s.check(l, i); err != nil {
		return err
	}
	var err error
	switch op := l.GetOpType(); {
	case op != quantizeOp && op != dequantizeOp:
		return nil
	case len(l.Input) < 2 || len(l.Output) != 1 || l.Input[0] == "" || l.Output[0] == "":
		err = errors.New("it has not a tensor and a scale to read, and a tensor to write")
	case op == quantizeOp:
		err = s.quantize(l)
	default:
		err = s.dequantize(l)
	}
	if err != nil {
		return invalid("%s (%s): %w", title(l.NodeProto, i), l.GetOpType(), err)
	}
	s.gone[l.NodeProto] = true
	return nil
}

// check refuses readers of a pair's inside, and pairs where they are not looked for.
func (s *stripper) check(l *node, i int) error {
	quantised := l.GetOpType() == quantizeOp || l.GetOpType() == dequantizeOp
	if quantised && !defaultDomain(l.GetDomain()) {
		return invalid("%s (%s) is of the domain %q, where ONNX's own is understood", title(l.NodeProto, i), l.GetOpType(), l.GetDomain())
	}
	for _, t := range l.reads {
		if w, ok := s.n.writer[t]; ok && s.n.nodes[w].GetOpType() == quantizeOp && l.GetOpType() != dequantizeOp {
			return invalid("%s (%s) computes on %q, which is quantised: only DequantizeLinear may read that", title(l.NodeProto, i), l.GetOpType(), t)
		}
		if s.stands(t) && !slices.Contains(l.Input, t) {
			return invalid("%s (%s) reads %q in a subgraph, where Q/DQ cannot be taken out", title(l.NodeProto, i), l.GetOpType(), t)
		}
	}
	for _, a := range l.Attribute {
		if slices.ContainsFunc(subgraphs(a), hasQDQ) {
			return invalid("%s (%s) has Q/DQ in a subgraph", title(l.NodeProto, i), l.GetOpType())
		}
	}
	return nil
}

func (s *stripper) stands(tensor string) bool { return s.alias[tensor] != "" }

// Quantized is whether a network has QuantizeLinear or DequantizeLinear nodes (Q/DQ): whether it can be run in int8.
func (n *Network) Quantized() bool { return hasQDQ(n.model.Graph) }

func hasQDQ(g *onnxpb.GraphProto) bool {
	return slices.ContainsFunc(g.Node, func(n *onnxpb.NodeProto) bool {
		return n.GetOpType() == quantizeOp || n.GetOpType() == dequantizeOp ||
			slices.ContainsFunc(n.Attribute, func(a *onnxpb.AttributeProto) bool { return slices.ContainsFunc(subgraphs(a), hasQDQ) })
	})
}

// root is the tensor of the plain network that a tensor stands for.
func (s *stripper) root(tensor string) string {
	if to := s.alias[tensor]; to != "" {
		return to
	}
	return tensor
}

// quantize learns the range of an activation. The weights of a pair are looked at
// where they come back.
func (s *stripper) quantize(l *node) error {
	scale, err := s.scale(l)
	if err != nil {
		return err
	}
	if t := s.n.values[l.Output[0]].Type; t != accel.Int8 {
		return fmt.Errorf("it makes %v, where int8 is understood", t)
	}
	if s.n.isOutput(l.Output[0]) {
		return fmt.Errorf("the network returns %q, which is quantised", l.Output[0])
	}
	if s.n.constant[l.Input[0]] {
		return nil
	}
	if len(scale) != 1 {
		return fmt.Errorf("%d scales for the activation %q, where one is understood", len(scale), l.Input[0])
	}
	name := s.root(l.Input[0])
	amax := scale[0] * 127
	if have, ok := s.ranges[name]; ok && have != amax {
		return fmt.Errorf("%q has the range %g here and %g elsewhere", name, amax, have)
	}
	s.ranges[name] = amax
	return nil
}

// dequantize makes its output another name of the activation, or a weight.
func (s *stripper) dequantize(l *node) error {
	scale, err := s.scale(l)
	if err != nil {
		return err
	}
	if t := s.n.tensor(l.Input[0]); t != nil {
		return s.weight(l, t, scale)
	}
	w, ok := s.n.writer[l.Input[0]]
	if !ok || s.n.nodes[w].GetOpType() != quantizeOp {
		return fmt.Errorf("it reads %q of %s, where QuantizeLinear or a weight is understood", l.Input[0], s.n.source(l.Input[0]))
	}
	q := s.n.nodes[w]
	before, err := s.scale(q)
	if err != nil {
		return err
	}
	if !slices.Equal(scale, before) || axisOf(l) != axisOf(q) && len(scale) > 1 {
		return fmt.Errorf("its scale is not that of %q before it", q.GetName())
	}
	if s.n.constant[q.Input[0]] {
		t := s.n.tensor(q.Input[0])
		if t == nil {
			return fmt.Errorf("the weight %q is computed: fold it first", q.Input[0])
		}
		return s.weight(l, t, scale)
	}
	s.alias[l.Output[0]] = s.root(q.Input[0])
	return nil
}

// keepOutputs lets the network return the same names: who writes an activation
// writes it by the name of the output that stood for it. Where it has a name to
// keep, as an input or as another output, an Identity gives it the second one.
func (s *stripper) keepOutputs() {
	g := s.n.model.Graph
	for _, o := range g.Output {
		name := o.GetName()
		from := s.alias[name]
		if from == "" {
			continue
		}
		w, ok := s.n.writer[from]
		if !ok || s.n.isOutput(from) || !slices.Contains(s.n.nodes[w].Output, from) {
			delete(s.alias, name) // who reads the output may go on doing so
			g.Node = append(g.Node, &onnxpb.NodeProto{
				Input: []string{from}, Output: []string{name}, Name: proto.String(name), OpType: proto.String("Identity"),
			})
			continue
		}
		outputs := s.n.nodes[w].Output
		outputs[slices.Index(outputs, from)] = name
		s.rename(from, name)
	}
}

// rename makes from, whose writer writes to by now, an alias of it.
func (s *stripper) rename(from, to string) {
	delete(s.alias, to)
	for k, v := range s.alias {
		if v == from {
			s.alias[k] = to
		}
	}
	s.alias[from] = to
	if r, ok := s.ranges[from]; ok {
		delete(s.ranges, from)
		s.ranges[to] = r
	}
}

// rewire lets the readers read what the pairs stood for.
func (s *stripper) rewire() {
	for _, l := range s.n.nodes {
		for i, t := range l.Input {
			l.Input[i] = s.root(t)
		}
	}
}

// sweep takes the pairs out, and what only they read.
func (s *stripper) sweep() {
	g := s.n.model.Graph
	reads := map[string]bool{}
	for _, o := range g.Output {
		reads[o.GetName()] = true
	}
	for _, l := range s.n.nodes {
		if s.gone[l.NodeProto] {
			continue
		}
		for _, t := range append(slices.Clone(l.Input), l.reads...) {
			reads[t] = true
		}
	}
	unread := func(t string) bool { return !reads[t] }
	quantised := map[string]bool{} // read by a pair: what nobody reads for other reasons stays
	for p := range s.gone {
		for _, t := range p.Input {
			quantised[t] = true
		}
	}
	g.Node = slices.DeleteFunc(g.Node, func(p *onnxpb.NodeProto) bool {
		only := p.GetOpType() == "Constant" && len(p.Output) == 1 && quantised[p.Output[0]] && unread(p.Output[0])
		return s.gone[p] || only
	})
	unused := func(t string) bool { return quantised[t] && unread(t) }
	g.Initializer = slices.DeleteFunc(g.Initializer, func(t *onnxpb.TensorProto) bool { return unused(t.GetName()) })
	g.Input = slices.DeleteFunc(g.Input, func(v *onnxpb.ValueInfoProto) bool { // old files list initialisers there too
		return unused(v.GetName()) && !s.n.isInput[v.GetName()]
	})
	g.Initializer = append(g.Initializer, s.weights...)
	g.QuantizationAnnotation = nil
	s.sweepInfos(g)
}

// sweepInfos forgets what the file says of tensors that are there no more.
func (s *stripper) sweepInfos(g *onnxpb.GraphProto) {
	there := map[string]bool{}
	for _, p := range g.Node {
		for _, t := range p.Output {
			there[t] = true
		}
	}
	g.ValueInfo = slices.DeleteFunc(g.ValueInfo, func(v *onnxpb.ValueInfoProto) bool { return !there[v.GetName()] })
	for _, o := range g.Output { // who got a new name may have been stated twice
		g.ValueInfo = slices.DeleteFunc(g.ValueInfo, named(o.GetName()))
	}
}

func (n *Network) isOutput(tensor string) bool {
	return slices.ContainsFunc(n.model.Graph.Output, named(tensor))
}

func axisOf(l *node) int64 {
	for _, a := range l.Attribute {
		if a.GetName() == "axis" {
			return a.GetI()
		}
	}
	return 1
}

// tensor is an initialiser, or what a Constant node holds; else nil.
func (n *Network) tensor(name string) *onnxpb.TensorProto {
	if w, ok := n.weights[name]; ok {
		return w.dense
	}
	w, ok := n.writer[name]
	if !ok || n.nodes[w].GetOpType() != "Constant" {
		return nil
	}
	for _, a := range n.nodes[w].Attribute {
		if a.GetName() == "value" && a.T != nil {
			t := proto.CloneOf(a.T)
			t.Name = &name
			return t
		}
	}
	return nil
}
