package network

import (
	"slices"

	"braid/accel"
	"braid/accel/network/infer"
)

// learnShapes works out types and shapes of all tensors, in order, from those of
// the inputs. What does not follow is taken from the file where that states it. A
// node that its inputs do not fit is an error.
func (n *Network) learnShapes() error {
	n.values = make(map[string]infer.Value, len(n.weights)+2*len(n.nodes))
	n.known = make(map[string]accel.TensorDesc, len(n.weights)+2*len(n.nodes))
	for name, w := range n.weights {
		n.learn(name, weightValue(w))
	}
	for _, v := range n.inputs {
		d := desc(v)
		n.learn(d.Name, infer.Value{Type: d.Type, Shape: d.Shape})
	}
	stated := n.statedShapes()
	for i, l := range n.nodes {
		in := make([]infer.Value, len(l.Input))
		for k, t := range l.Input {
			in[k] = n.values[t]
		}
		out, err := infer.Node(l.NodeProto, n.opset(), in)
		if err != nil {
			return invalid("%s (%s): %w", title(l.NodeProto, i), l.GetOpType(), err)
		}
		for k, t := range l.Output {
			v := out[k]
			if d, ok := stated[t]; ok && !v.Static() && !v.Dynamic {
				v = infer.Value{Type: d.Type, Shape: d.Shape}
			}
			if t != "" {
				n.learn(t, v)
			}
		}
	}
	n.markConstants()
	return nil
}

func (n *Network) learn(tensor string, v infer.Value) {
	n.values[tensor] = v
	if v.Static() {
		n.known[tensor] = accel.TensorDesc{Name: tensor, Type: v.Type, Shape: v.Shape}
	}
}

func weightValue(w weight) infer.Value {
	if w.dense != nil {
		return infer.FromTensor(w.dense)
	}
	return infer.Value{Type: accel.DType(w.sparse.GetValues().GetDataType()), Shape: w.sparse.GetDims()}
}

// statedShapes are the static shapes that the file states of tensors inside and
// of the outputs.
func (n *Network) statedShapes() map[string]accel.TensorDesc {
	g := n.model.Graph
	stated := make(map[string]accel.TensorDesc, len(g.ValueInfo))
	for _, v := range slices.Concat(g.ValueInfo, g.Output) {
		if d := desc(v); static(d) {
			stated[d.Name] = d
		}
	}
	return stated
}

// opset is the version of the default operator set.
func (n *Network) opset() int64 {
	for _, o := range n.model.OpsetImport {
		if defaultDomain(o.GetDomain()) {
			return o.GetVersion()
		}
	}
	return newestOpset
}
