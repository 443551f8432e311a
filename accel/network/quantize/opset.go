package quantize

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"braid/accel/network"
	"braid/accel/network/onnxpb"
)

// opset is the first one whose QuantizeLinear and DequantizeLinear take a scale for
// each channel.
const opset = 13

// leastIR is the IR version that belongs to opset; from 4 on an initialiser need
// not be an input as well.
const leastIR = 7

// unchanged are operators that mean the same in opset 13 as in any from 7 on: where
// they have changed since, they take more types, more inputs that may be left out,
// or attributes whose default is what they did before
// (https://onnx.ai/onnx/operators/, the versions of each).
var unchanged = []string{
	"Abs", "Acos", "Acosh", "Add", "And", "ArgMax", "ArgMin", "Asin", "Asinh", "Atan", "Atanh", "AveragePool", "Cast", "Ceil", "Celu",
	"Concat", "Constant", "ConstantOfShape", "Conv", "ConvTranspose", "Cos", "Cosh", "CumSum", "DepthToSpace", "Div", "Elu", "Equal",
	"Erf", "Exp", "Expand", "EyeLike", "Flatten", "Floor", "GRU", "Gather", "GatherElements", "GatherND", "Gemm", "GlobalAveragePool",
	"GlobalMaxPool", "Greater", "HardSigmoid", "HardSwish", "Identity", "InstanceNormalization", "IsInf", "IsNaN", "LRN", "LSTM",
	"LeakyRelu", "Less", "Log", "LpNormalization", "MatMul", "Max", "MaxPool", "Mean", "Min", "Mod", "Mul", "Neg", "NonMaxSuppression",
	"NonZero", "Not", "OneHot", "Or", "PRelu", "Pow", "RNN", "Range", "Reciprocal", "ReduceL1", "ReduceL2", "ReduceLogSum",
	"ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSumSquare", "Relu", "Reshape", "Round",
	"ScatterElements", "ScatterND", "Selu", "Shape", "Shrink", "Sigmoid", "Sign", "Sin", "Sinh", "Size", "Softplus", "Softsign",
	"SpaceToDepth", "Sqrt", "Sub", "Sum", "Tan", "Tanh", "ThresholdedRelu", "Tile", "Transpose", "Where", "Xor",
}

// raiser changes one node into what means the same in opset 13.
type raiser func(r *raising, n *onnxpb.NodeProto) error

// changed are the operators that have to be written otherwise.
var changed = map[string]raiser{
	"BatchNormalization": batchNormalization,
	"Clip":               clip,
	"Dropout":            dropout,
	"LogSoftmax":         softmax,
	"Pad":                pad,
	"ReduceSum":          listToInput("axes"),
	"Resize":             resize,
	"Slice":              slice,
	"Softmax":            softmax,
	"Split":              listToInput("split"),
	"Squeeze":            listToInput("axes"),
	"TopK":               topK,
	"Unsqueeze":          listToInput("axes"),
	"Upsample":           resize,
}

// raising is a model on its way from an older opset.
type raising struct {
	*graph
	from   int64
	shapes map[string][]int64 // of the tensors whose shape is known
}

// raise brings a model to opset 13 where it is of an older one. n is the same
// network.
func raise(model *onnxpb.ModelProto, n *network.Network) error {
	version := defaultOpset(model)
	if version == nil || version.GetVersion() >= opset {
		return nil
	}
	r := &raising{graph: newGraph(model), from: version.GetVersion(), shapes: map[string][]int64{}}
	for _, l := range n.Layers() {
		for _, t := range l.Outputs {
			r.shapes[t.Name] = t.Shape
		}
	}
	for _, t := range n.Inputs() {
		r.shapes[t.Name] = t.Shape
	}
	for _, node := range model.Graph.Node {
		if d := node.GetDomain(); d != "" && d != "ai.onnx" {
			continue // another operator set, which stays as it is
		}
		if err := r.node(node); err != nil {
			return impossible("node %q (%s) cannot be raised from opset %d to %d: %w; export the network with opset %d", node.GetName(), node.GetOpType(), r.from, opset, err, opset)
		}
	}
	version.Version = proto.Int64(opset)
	model.IrVersion = proto.Int64(max(model.GetIrVersion(), leastIR))
	model.Graph.Input = slices.DeleteFunc(model.Graph.Input, func(v *onnxpb.ValueInfoProto) bool { return r.weights[v.GetName()] != nil })
	return nil
}

func defaultOpset(model *onnxpb.ModelProto) *onnxpb.OperatorSetIdProto {
	for _, o := range model.OpsetImport {
		if d := o.GetDomain(); d == "" || d == "ai.onnx" {
			return o
		}
	}
	return nil
}

func (r *raising) node(n *onnxpb.NodeProto) error {
	if slices.Contains(unchanged, n.GetOpType()) {
		return nil
	}
	if change := changed[n.GetOpType()]; change != nil {
		return change(r, n)
	}
	return errUnknown
}

// toInput turns an attribute that is a list of integers into input i. Without the
// attribute nothing changes.
func (r *raising) toInput(n *onnxpb.NodeProto, attr string, i int) {
	a := attribute(n, attr)
	if a == nil {
		return
	}
	r.setInput(n, i, intTensor(r.name(n.GetName()+"/"+attr), []int64{int64(len(a.Ints))}, a.Ints))
	drop(n, attr)
}

// setInput adds a constant and lets input i of a node read it.
func (r *raising) setInput(n *onnxpb.NodeProto, i int, t *onnxpb.TensorProto) {
	r.addWeight(t)
	for len(n.Input) <= i {
		n.Input = append(n.Input, "")
	}
	n.Input[i] = t.GetName()
}

func drop(n *onnxpb.NodeProto, attr string) {
	n.Attribute = slices.DeleteFunc(n.Attribute, func(a *onnxpb.AttributeProto) bool { return a.GetName() == attr })
}

func set(n *onnxpb.NodeProto, a *onnxpb.AttributeProto) {
	drop(n, a.GetName())
	n.Attribute = append(n.Attribute, a)
}
