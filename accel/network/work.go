package network

import (
	"braid/accel"
	"braid/accel/network/infer"
)

// work is the multiply-adds of a node, by the shapes alone: padding counts as if
// it were multiplied, a bias as nothing. With the output of a convolution of O
// elements, C channels of input, G groups and a kernel of K elements it is
// O*K*C/G; a transposed one multiplies each of its I input elements, I*K*M/G for M
// channels of output; a product of matrices takes as many for each element of the
// result as a row has. Every other operator counts 0, and so does a node whose
// shapes are not known.
func (n *Network) work(l *node) int64 {
	if !defaultDomain(l.GetDomain()) {
		return 0
	}
	switch l.GetOpType() {
	case "Conv", "ConvInteger":
		return n.convWork(l, 1, n.written(l))
	case "QLinearConv":
		return n.convWork(l, 3, n.written(l))
	case "ConvTranspose":
		return n.convWork(l, 1, n.read(l, 0))
	case "MatMul", "MatMulInteger", "QLinearMatMul":
		return product(n.written(l), last(n.read(l, 0).Shape))
	case "Gemm":
		k := last(n.read(l, 0).Shape)
		for _, a := range l.Attribute {
			if a.GetName() == "transA" && a.GetI() != 0 && k >= 0 {
				k = n.read(l, 0).Shape[0]
			}
		}
		return product(n.written(l), k)
	}
	return 0
}

// heavy says whether a node can have work.
func heavy(l *node) bool {
	switch l.GetOpType() {
	case "Conv", "ConvInteger", "QLinearConv", "ConvTranspose", "MatMul", "MatMulInteger", "QLinearMatMul", "Gemm":
		return defaultDomain(l.GetDomain())
	}
	return false
}

// convWork counts for each element of `over` the part of a weight tensor that it
// meets: all but the first dimension, which for Conv is the channels of output and
// for ConvTranspose those of input.
func (n *Network) convWork(l *node, weights int, over infer.Value) int64 {
	w := n.read(l, weights)
	if !w.Static() || len(w.Shape) == 0 {
		return 0
	}
	return product(over, accel.TensorDesc{Shape: w.Shape[1:]}.Elems())
}

// product is elements of v times each, 0 where one is not known.
func product(v infer.Value, each int64) int64 {
	if !v.Static() || each < 0 {
		return 0
	}
	return accel.TensorDesc{Shape: v.Shape}.Elems() * each
}

func (n *Network) read(l *node, i int) infer.Value {
	if i < len(l.Input) {
		return n.values[l.Input[i]]
	}
	return infer.Value{}
}

func (n *Network) written(l *node) infer.Value {
	if len(l.Output) == 0 {
		return infer.Value{}
	}
	return n.values[l.Output[0]]
}

func last(shape []int64) int64 {
	if len(shape) == 0 {
		return -1
	}
	return shape[len(shape)-1]
}

// parameterBytes sums for each node the initialisers that it reads, itself or
// through folded nodes.
func (n *Network) parameterBytes() []int64 {
	sums := make([]int64, len(n.nodes))
	behind := map[string]map[string]bool{} // of a folded tensor, the initialisers
	for i, l := range n.nodes {
		used := map[string]bool{}
		for _, t := range l.reads {
			if _, ok := n.weights[t]; ok {
				used[t] = true
			}
			for w := range behind[t] {
				used[w] = true
			}
		}
		if l.constant && !l.frozen {
			for _, t := range l.writes {
				behind[t] = used
			}
		}
		for w := range used {
			sums[i] += n.weights[w].bytes()
		}
	}
	return sums
}

// bytes is the size of a weight's elements.
func (w weight) bytes() int64 {
	elements, _ := elems(w.values())
	return elements * int64(accel.DType(w.values().GetDataType()).Size())
}
