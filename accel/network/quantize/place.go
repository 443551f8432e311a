package quantize

import (
	"slices"
	"strings"

	"braid/accel"
	"braid/accel/network/onnxpb"
)

// places say where the rounding happens.
type places struct {
	layers []*onnxpb.NodeProto // compute in int8: constant weights, in order
	float  []string            // nodes with weights that do not
	pairs  []string            // tensors that get a pair: inputs of the graph, then in the order of writing
	like   map[string]string   // of these, those that have the scale of another: the node between only moves
}

// elementwise are operators that ONNX Runtime computes in int8, each output with a
// scale of its own.
var elementwise = map[string]bool{
	"Add": true, "AveragePool": true, "Concat": true, "GlobalAveragePool": true, "LeakyRelu": true, "Mul": true, "Sigmoid": true,
}

// moving are operators that hand elements of their first input on as they are.
var moving = map[string]bool{
	"Flatten": true, "MaxPool": true, "Reshape": true, "Resize": true, "Squeeze": true, "Transpose": true, "Unsqueeze": true,
}

// place finds the layers that compute in int8, and the tensors that have to be
// rounded for that.
//
// The head stays in float32: layers with weights from which an output is reached
// without passing another one, and all that lies behind them. They are the
// predictions themselves, of which a step of int8 is a visible part: one scale has
// to serve coordinates, sizes and scores at once. They are a small part of the work.
func (g *graph) place(o Options) (places, error) {
	if err := g.refuse(o.Float); err != nil {
		return places{}, err
	}
	p := places{like: map[string]string{}}
	body := g.body()
	paired := map[string]bool{}
	for _, n := range g.Node {
		switch {
		case !heavy(n):
		case body[n] && !slices.Contains(o.Float, n.GetName()) && g.parts(n) != nil:
			p.layers = append(p.layers, n)
			paired[n.Input[0]] = true
		default:
			p.float = append(p.float, n.GetName())
		}
	}
	if len(p.layers) == 0 {
		return places{}, impossible("no layer is left for int8: those with weights that do not belong to the head are none, or are to stay float32")
	}
	if o.Recipe.Everywhere {
		g.spread(&p, body, paired, o.Float)
	}
	for _, v := range g.GetInput() {
		if paired[v.GetName()] {
			p.pairs = append(p.pairs, v.GetName())
		}
	}
	for _, n := range g.Node {
		for _, t := range n.Output {
			if paired[t] {
				p.pairs = append(p.pairs, t)
			}
		}
	}
	return p, nil
}

// refuse says no to networks that are quantised already, and to names that are none.
func (g *graph) refuse(float []string) error {
	names := map[string]bool{}
	for _, n := range g.Node {
		names[n.GetName()] = true
		if op := n.GetOpType(); strings.HasPrefix(op, "QLinear") || op == "QuantizeLinear" || op == "DequantizeLinear" {
			return impossible("node %q is %s: the network is quantised already", n.GetName(), op)
		}
	}
	for _, name := range float {
		if !names[name] {
			return impossible("no node %q, which is to stay float32: braid model inspect --layers has the names", name)
		}
	}
	return nil
}

// heavy says whether a node has weights, or multiplies matrices.
func heavy(n *onnxpb.NodeProto) bool {
	if d := n.GetDomain(); d != "" && d != "ai.onnx" {
		return false
	}
	return slices.Contains([]string{"Conv", "ConvTranspose", "Gemm", "MatMul"}, n.GetOpType())
}

// body are the nodes from which a heavy one is reached.
func (g *graph) body() map[*onnxpb.NodeProto]bool {
	body := map[*onnxpb.NodeProto]bool{}
	for _, n := range slices.Backward(g.Node) {
		for _, t := range n.Output {
			for _, r := range g.readers[t] {
				body[n] = body[n] || body[r] || heavy(r)
			}
		}
	}
	return body
}

// spread adds the tensors between layers: what an operator with an int8 kernel
// makes of tensors that are all rounded is rounded too.
func (g *graph) spread(p *places, body map[*onnxpb.NodeProto]bool, paired map[string]bool, float []string) {
	int8 := map[string]bool{} // tensors that are made in int8 but for their own rounding
	for _, n := range g.Node {
		if !body[n] || slices.Contains(float, n.GetName()) || len(n.Output) != 1 {
			continue
		}
		t := n.Output[0]
		op := n.GetOpType()
		switch {
		case slices.Contains(p.layers, n):
		case op == "Relu" && (paired[n.Input[0]] || int8[n.Input[0]]):
		case elementwise[op] && g.allPaired(n.Input, paired):
		case moving[op] && paired[n.Input[0]] && !nearestIsNot(n):
			p.like[t] = n.Input[0]
		default:
			continue
		}
		int8[t] = true
		if !g.clipped(t) {
			paired[t] = true
		}
	}
	for t := range p.like {
		if !paired[t] {
			delete(p.like, t)
		}
	}
}

// clipped says whether a tensor's only reader is a Relu, which the rounding behind
// that does at once.
func (g *graph) clipped(t string) bool {
	r := g.readers[t]
	return len(r) == 1 && r[0].GetOpType() == "Relu" && !g.result[t]
}

func (g *graph) allPaired(tensors []string, paired map[string]bool) bool {
	return !slices.ContainsFunc(tensors, func(t string) bool { return t != "" && !paired[t] })
}

// nearestIsNot says whether a Resize mixes elements.
func nearestIsNot(n *onnxpb.NodeProto) bool {
	mode := text(n, "mode")
	return n.GetOpType() == "Resize" && mode != "" && mode != "nearest"
}

// parts are the constants of a layer that can compute in int8.
type parts struct {
	weight *onnxpb.TensorProto
	values []float32
	axis   int       // of the weight's channels of output
	bias   []float32 // nil: none, or none that is constant
}

// parts of a node, nil where it has to stay float32.
func (g *graph) parts(n *onnxpb.NodeProto) *parts {
	w := g.weights[input(n, 1)]
	p := &parts{weight: w, values: floats(w)}
	if len(p.values) == 0 || g.weights[n.Input[0]] != nil {
		return nil
	}
	switch rank := len(w.Dims); {
	case n.GetOpType() == "Conv" && rank >= 3:
	case n.GetOpType() == "MatMul" && rank == 2:
		p.axis = 1
	case n.GetOpType() == "Gemm" && rank == 2 && integer(n, "transA", 0) == 0 && number(n, "alpha", 1) == 1 && number(n, "beta", 1) == 1:
		p.axis = 1
		if integer(n, "transB", 0) != 0 {
			p.axis = 0
		}
	default:
		return nil
	}
	if b := g.weights[input(n, 2)]; b != nil && accel.DType(b.GetDataType()) == accel.Float32 && len(b.Dims) == 1 && b.Dims[0] == w.Dims[p.axis] {
		p.bias = floats(b)
	}
	return p
}

func number(n *onnxpb.NodeProto, name string, fallback float32) float32 {
	if a := attribute(n, name); a != nil {
		return a.GetF()
	}
	return fallback
}
