package testnet

import (
	"fmt"

	"braid/accel"
	"braid/accel/network"
)

// Identity is one node: "in" [1,3,8,8] to "out".
func Identity(t TB) []byte {
	t.Helper()
	s := newSketch("identity", 0)
	s.outputs(s.same("Identity", "out", s.input("in", 1, 3, 8, 8)))
	return s.bytes(t)
}

// Skip has a tensor, "a", that "sum" reads four nodes later, and an input, "in",
// that "out" reads at the very end. Nodes: a b c d sum out.
func Skip(t TB) []byte {
	t.Helper()
	s := newSketch("skip", 1)
	in := s.input("in", 1, 4, 8, 8)
	a := s.conv("a", in, 4, 3, 1)
	b := s.same("Relu", "b", a)
	c := s.conv("c", b, 4, 3, 1)
	d := s.same("Relu", "d", c)
	sum := s.same("Add", "sum", d, a)
	s.outputs(s.same("Mul", "out", sum, in))
	return s.bytes(t)
}

// Multi has six branches, "branch_0" … "branch_5", that all cross a cut at the
// last of them. Nodes: stem, the branches, out.
func Multi(t TB) []byte {
	t.Helper()
	s := newSketch("multi", 2)
	stem := s.conv("stem", s.input("in", 1, 3, 8, 8), 4, 3, 1)
	var branches []string
	for i := range int64(6) {
		branches = append(branches, s.conv(fmt.Sprintf("branch_%d", i), stem, 1+i, 1, 1))
	}
	s.outputs(s.concat("out", branches...))
	return s.bytes(t)
}

// TwoHeads writes its output "early" long before its output "late", and reads it
// on the way. Its outputs are listed late first. Nodes: a early c late.
func TwoHeads(t TB) []byte {
	t.Helper()
	s := newSketch("twoheads", 3)
	a := s.conv("a", s.input("in", 1, 3, 8, 8), 4, 3, 1)
	early := s.conv("early", a, 2, 1, 1)
	c := s.concat("c", a, early)
	s.outputs(s.conv("late", c, 3, 1, 1), "early")
	return s.bytes(t)
}

// Folded computes its bias from constants, "scale" (a Constant) times "offset"
// (an initialiser), once for three readers. Nodes: scale a bias x y out.
func Folded(t TB) []byte {
	t.Helper()
	s := newSketch("folded", 4)
	in := s.input("in", 1, 4, 8, 8)
	one := []int64{1, 4, 1, 1}
	s.node("Constant", "scale", one, nil, network.AttrFloatTensor("value", one, s.draw(4, 1)))
	offset := s.Floats("offset", one, s.draw(4, 1))
	a := s.conv("a", in, 4, 3, 1)
	bias := s.same("Mul", "bias", "scale", offset)
	x := s.same("Add", "x", a, bias)
	y := s.same("Sub", "y", x, bias)
	s.outputs(s.same("Mul", "out", y, bias))
	return s.bytes(t)
}

// ControlFlow chooses by the input "which" (bool, scalar) between two branches
// of an If, which capture the tensor "a" and the initialiser "w". Nodes: a out last.
func ControlFlow(t TB) []byte {
	t.Helper()
	s := newSketch("controlflow", 5)
	in := s.input("in", 1, 4, 8, 8)
	which := s.Input(accel.TensorDesc{Name: "which", Type: accel.Bool})
	s.Floats("w", []int64{1, 4, 1, 1}, s.draw(4, 1))
	a := s.conv("a", in, 4, 3, 1)
	branch := func(op, out string) *network.Builder {
		b := network.NewBuilder(out, Opset)
		b.Node(op, []string{"a", "w"}, []string{out})
		b.Output(accel.TensorDesc{Name: out, Type: accel.Float32, Shape: s.shapes[a]})
		return b
	}
	s.node("If", "out", s.shapes[a], []string{which},
		network.AttrGraph("then_branch", branch("Add", "then")), network.AttrGraph("else_branch", branch("Mul", "else")))
	s.outputs(s.same("Relu", "last", "out"))
	return s.bytes(t)
}

// DynamicShape has a symbolic batch, height and width: "in" [-1,3,-1,-1]. What
// it states of its tensors is symbolic too. Nodes: a b out.
func DynamicShape(t TB) []byte {
	t.Helper()
	s := newSketch("dynamicshape", 6)
	a := s.conv("a", s.input("in", -1, 3, -1, -1), 4, 3, 1)
	s.shapes[a] = []int64{-1, 4, -1, -1}
	s.outputs(s.conv("out", s.same("Relu", "b", a), 2, 1, 1))
	return s.bytes(t)
}

// ComputedShapes computes shapes in the graph, as exporters of networks with a
// symbolic input write it: "in" [-1,3,-1,-1]. Its nodes a, up, b, and rows work on
// data; between a and up stand nine that double a's height and width, between b
// and rows three that keep batch and channels. Nothing is stated.
func ComputedShapes(t TB) []byte {
	t.Helper()
	s := newSketch("computedshapes", 8)
	b := s.Builder
	in := s.input("in", -1, 3, -1, -1)
	one := func(name string, v ...int64) string { return s.Ints(name, []int64{int64(len(v))}, v) }
	weights := func(name string, shape ...int64) string {
		return s.Floats(name, shape, s.draw(int(accel.TensorDesc{Shape: shape}.Elems()), 0.3))
	}
	node := func(op, out string, in []string, attrs ...network.Attr) string {
		b.Node(op, in, []string{out}, attrs...)
		return out
	}
	a := node("Conv", "a", []string{in, weights("a.w", 4, 3, 3, 3)}, window(3, 1)...)
	shape := node("Shape", "shape", []string{a})
	kept := node("Slice", "kept", []string{shape, one("zero", 0), one("two", 2)})
	sides := node("Slice", "sides", []string{shape, "two", one("four", 4)})
	real := node("Cast", "real", []string{sides}, network.AttrInt("to", int64(accel.Float32)))
	twice := node("Mul", "twice", []string{real, s.Floats("factor", nil, []float32{2})})
	whole := node("Floor", "whole", []string{twice})
	size := node("Cast", "size", []string{whole}, network.AttrInt("to", int64(accel.Int64)))
	sizes := node("Concat", "sizes", []string{kept, size}, network.AttrInt("axis", 0))
	up := node("Resize", "up", []string{a, "", "", sizes}, network.AttrString("mode", "nearest"))
	c := node("Conv", "b", []string{up, weights("b.w", 6, 4, 1, 1)})
	batch := node("Gather", "batch", []string{node("Shape", "shape.b", []string{c}), s.Ints("first", nil, []int64{0})})
	row := node("Unsqueeze", "row", []string{batch, "zero"})
	to := node("Concat", "to", []string{row, one("channels", 6, -1)}, network.AttrInt("axis", 0))
	node("Reshape", "rows", []string{c, to})
	s.shapes["rows"] = []int64{-1, 6, -1}
	s.outputs("rows")
	return s.bytes(t)
}

// Unstated says nothing on the tensors between, and its operators are ones whose
// shapes braid asks a runtime for: "in" [1,3,8,8], nodes a b out.
func Unstated(t TB) []byte {
	t.Helper()
	b := network.NewBuilder("unstated", Opset)
	in := accel.TensorDesc{Name: "in", Type: accel.Float32, Shape: []int64{1, 3, 8, 8}}
	b.Node("LpNormalization", []string{b.Input(in)}, []string{"a"})
	b.Node("LpNormalization", []string{"a"}, []string{"b"})
	b.Node("Neg", []string{"b"}, []string{"out"})
	b.Output(accel.TensorDesc{Name: "out", Type: accel.Float32, Shape: in.Shape})
	return (&sketch{Builder: b}).bytes(t)
}

// DataDependent has a tensor, "found", whose shape only the data tells. Nodes:
// found (NonZero of "in" [1,8]), cast, out (the sum of it, [1]).
func DataDependent(t TB) []byte {
	t.Helper()
	b := network.NewBuilder("datadependent", Opset)
	b.Input(accel.TensorDesc{Name: "in", Type: accel.Float32, Shape: []int64{1, 8}})
	b.Node("NonZero", []string{"in"}, []string{"found"})
	b.ValueInfo(accel.TensorDesc{Name: "found", Type: accel.Int64, Shape: []int64{2, -1}})
	b.Node("Cast", []string{"found"}, []string{"cast"}, network.AttrInt("to", int64(accel.Float32)))
	b.Node("ReduceSum", []string{"cast"}, []string{"out"}, network.AttrInt("keepdims", 0))
	b.Output(accel.TensorDesc{Name: "out", Type: accel.Float32, Shape: []int64{}})
	return (&sketch{Builder: b}).bytes(t)
}
