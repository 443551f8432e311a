package quantize

import (
	"encoding/binary"
	"math"
	"slices"

	"google.golang.org/protobuf/proto"

	"braid/accel"
	"braid/accel/network/infer"
	"braid/accel/network/onnxpb"
)

// graph is a model that is changed in place, and what is known of it.
type graph struct {
	model *onnxpb.ModelProto
	*onnxpb.GraphProto
	writer  map[string]*onnxpb.NodeProto
	readers map[string][]*onnxpb.NodeProto
	weights map[string]*onnxpb.TensorProto // initialisers, and what Constant nodes hold
	result  map[string]bool                // graph outputs
	taken   map[string]bool                // names of tensors
}

func newGraph(model *onnxpb.ModelProto) *graph {
	g := &graph{
		model: model, GraphProto: model.Graph,
		writer: map[string]*onnxpb.NodeProto{}, readers: map[string][]*onnxpb.NodeProto{},
		weights: map[string]*onnxpb.TensorProto{}, result: map[string]bool{}, taken: map[string]bool{},
	}
	for _, t := range g.Initializer {
		g.weights[t.GetName()], g.taken[t.GetName()] = t, true
	}
	for _, v := range g.GetInput() {
		g.taken[v.GetName()] = true
	}
	for _, v := range g.GetOutput() {
		g.result[v.GetName()] = true
	}
	for _, n := range g.Node {
		for _, t := range n.Input {
			if t != "" && !slices.Contains(g.readers[t], n) {
				g.readers[t] = append(g.readers[t], n)
			}
		}
		for _, t := range n.Output {
			g.writer[t], g.taken[t] = n, true
		}
		if c := attribute(n, "value"); n.GetOpType() == "Constant" && c.GetT() != nil {
			g.weights[n.Output[0]] = c.T
		}
	}
	return g
}

func (g *graph) encode() ([]byte, error) {
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(g.model)
	if err != nil {
		return nil, impossible("encoding: %w", err)
	}
	return data, nil
}

// name is a name for a new tensor: the wanted one where that is free.
func (g *graph) name(want string) string {
	for g.taken[want] {
		want += "_"
	}
	g.taken[want] = true
	return want
}

// attribute is a node's attribute of a name, nil where it has none.
func attribute(n *onnxpb.NodeProto, name string) *onnxpb.AttributeProto {
	for _, a := range n.Attribute {
		if a.GetName() == name {
			return a
		}
	}
	return nil
}

func integer(n *onnxpb.NodeProto, name string, fallback int64) int64 {
	if a := attribute(n, name); a != nil {
		return a.GetI()
	}
	return fallback
}

func input(n *onnxpb.NodeProto, i int) string {
	if i < len(n.Input) {
		return n.Input[i]
	}
	return ""
}

// floats are the elements of a float32 constant, nil where t is nil, of another
// type, or keeps more elements than a few in another form than raw data.
func floats(t *onnxpb.TensorProto) []float32 {
	if accel.DType(t.GetDataType()) != accel.Float32 {
		return nil
	}
	count := accel.TensorDesc{Shape: t.Dims}.Elems()
	out := make([]float32, 0, count)
	if t.RawData != nil {
		for raw := t.RawData; len(raw) >= 4; raw = raw[4:] {
			out = append(out, math.Float32frombits(binary.LittleEndian.Uint32(raw)))
		}
	} else {
		for _, v := range infer.FromTensor(t).Floats {
			out = append(out, float32(v))
		}
	}
	if int64(len(out)) != count {
		return nil
	}
	return out
}
