package dla

import (
	"fmt"
	"slices"
	"strings"

	"braid/accel"
	"braid/accel/network"
)

// Violation is a rule that a layer breaks. Layer and Op are empty where it is the
// network as a whole.
type Violation struct{ Layer, Op, Reason string }

func (v Violation) String() string {
	if v.Layer == "" {
		return v.Reason
	}
	return fmt.Sprintf("layer %s (%s): %s", v.Layer, v.Op, v.Reason)
}

// layer is a node of a network that is judged, and what is around it.
type layer struct {
	network.Node
	precision string
	writers   []string // operators that write its inputs; "" for the network's own
	readers   []string // operators that read its first output; "" where the network returns it
}

// Check judges a network, which is to be one DLA loadable: nil where nothing
// published speaks against it. Violations come in the order of the layers, at
// most one for each.
func Check(v Version, chip Chip, precision string, n *network.Network) []Violation {
	r, reason := release(v, chip, precision)
	if reason != "" {
		return []Violation{{Reason: reason}}
	}
	var found []Violation
	layers := layersOf(n, precision)
	for _, l := range layers {
		if reason := r.judge(v, chip, l); reason != "" {
			found = append(found, Violation{l.Name, l.Op, reason})
		}
	}
	if reason := together(n, layers, precision); reason != "" && len(found) == 0 {
		found = append(found, Violation{Reason: reason})
	}
	return found
}

// release finds the tables, or the reason why there are none.
func release(v Version, chip Chip, precision string) (Release, string) {
	r, ok := Find(v)
	switch {
	case !ok && v.Before(Releases[0].From):
		return r, fmt.Sprintf("TensorRT %v is too old for DLA here: %v is the first one whose rules are known", v, Releases[0].From)
	case !ok:
		return r, fmt.Sprintf("TensorRT %v has no DLA: 10.7 is the last one before 11.4.1 that has", v)
	case !slices.Contains(r.Chips, chip):
		return r, fmt.Sprintf("TensorRT %v does not run on the DLA of %q, but on that of %v", v, chip, r.Chips)
	case precision != "fp16" && precision != "int8":
		return r, fmt.Sprintf("DLA does not compute in %q, but in fp16 and int8", precision)
	}
	return r, ""
}

// judge is the first thing that is wrong with a layer: the operator itself, then
// its sizes, then its limits.
func (r Release) judge(v Version, chip Chip, l layer) string {
	i := slices.IndexFunc(Operators, func(o Operator) bool { return o.Op == l.Op && l.Domain == "" })
	switch {
	case i < 0:
		return "DLA does not have the operator"
	case v.Before(Operators[i].Since):
		return fmt.Sprintf("DLA has the operator from TensorRT %v on", Operators[i].Since)
	case !strings.Contains(Operators[i].Precisions, l.precision):
		return fmt.Sprintf("DLA has the operator in %s only", Operators[i].Precisions)
	case !computes(l):
		return "it has no input that is data, or no output"
	}
	if reason := sizes(l); reason != "" {
		return reason
	}
	if reason := r.types(l); reason != "" {
		return reason
	}
	for _, limit := range Limits {
		if !slices.Contains(limit.Ops, l.Op) || limit.Chip != "" && limit.Chip != chip || r.Typed && l.Op == "Cast" {
			continue
		}
		if reason := limit.Check(&l); reason != "" {
			return reason
		}
	}
	return ""
}

// computes says whether the tensors are there that the limits look at.
func computes(l layer) bool {
	if len(l.Outputs) == 0 || l.Outputs[0].Name == "" || l.Input(0).Name == "" {
		return false
	}
	return !l.Input(0).Constant || slices.Contains(slices.Concat(elementwise, compared, []string{"Concat"}), l.Op)
}

// sizes looks at the tensors that flow through a layer.
func sizes(l layer) string {
	for _, t := range slices.Concat(l.Inputs, l.Outputs) {
		if t.Name == "" || t.Constant {
			continue
		}
		if t.Shape == nil || slices.Contains(t.Shape, -1) {
			return fmt.Sprintf("the shape of %q is not fixed, and DLA has no dynamic ones", t.Name)
		}
		flat := slices.Contains(connected, l.Op) && len(t.Shape) > 1
		if len(t.Shape) != 4 && !flat {
			return fmt.Sprintf("%q has %d dimensions, where DLA works on 4, NCHW", t.Name, len(t.Shape))
		}
		if b := batch(t.Shape); b < 1 || b > maxBatch {
			return fmt.Sprintf("batch %d of %q is over DLA's %d", b, t.Name, maxBatch)
		}
		for _, s := range inner(t.Shape) {
			if s < 1 || s > maxSide {
				return fmt.Sprintf("dimension %d of %q is over DLA's %d", s, t.Name, maxSide)
			}
		}
	}
	return ""
}

// types refuses tensors of numbers that DLA does not have. Where a flag decides
// the precision, a network in float32 is the usual thing.
func (r Release) types(l layer) string {
	good := []accel.DType{accel.Float16, accel.Int8}
	if !r.Typed || l.precision == "int8" || l.Op == "Cast" { // between Q and DQ the type is the builder's
		good = append(good, accel.Float32)
	}
	if l.Op == "Cast" || slices.Contains(compared, l.Op) {
		good = append(good, accel.Bool)
	}
	for _, t := range slices.Concat(l.Inputs, l.Outputs) {
		if t.Name != "" && !t.Constant && !slices.Contains(good, t.Type) {
			return fmt.Sprintf("%q is of %v, which DLA does not compute in", t.Name, t.Type)
		}
	}
	return ""
}

// together looks at what only the network as a whole can break.
func together(n *network.Network, layers []layer, precision string) string {
	outside := map[string]bool{}
	for _, d := range slices.Concat(n.Inputs(), n.Outputs()) {
		outside[d.Name] = true
	}
	size, of := int64(2), int64(0)
	if precision == "int8" {
		size = 1
	}
	var internal int64
	for _, l := range layers {
		for _, t := range l.Outputs {
			b := batch(t.Shape)
			if of == 0 {
				of = b
			}
			if b != of {
				return fmt.Sprintf("layer %s (%s) has batch %d, where others have %d: one loadable has one", l.Name, l.Op, b, of)
			}
			if !outside[t.Name] && t.Name != "" {
				internal += t.Elems() * size
			}
		}
	}
	if internal >= maxInternal {
		return fmt.Sprintf("the tensors inside take %d MB, where one loadable has less than %d", internal>>20, maxInternal>>20)
	}
	return ""
}

// layersOf joins nodes with the operators around them.
func layersOf(n *network.Network, precision string) []layer {
	writer, readers := map[string]string{}, map[string][]string{}
	nodes := n.Nodes()
	for _, d := range n.Outputs() {
		readers[d.Name] = append(readers[d.Name], "")
	}
	for _, d := range nodes {
		for _, t := range d.Inputs {
			readers[t.Name] = append(readers[t.Name], d.Op)
		}
		for _, t := range d.Outputs {
			writer[t.Name] = d.Op
		}
	}
	layers := make([]layer, len(nodes))
	for i, d := range nodes {
		layers[i] = layer{Node: d, precision: precision}
		for _, t := range d.Inputs {
			layers[i].writers = append(layers[i].writers, writer[t.Name])
		}
		if len(d.Outputs) > 0 {
			layers[i].readers = readers[d.Outputs[0].Name]
		}
	}
	return layers
}

// batch is the product of all dimensions but the last three, as TensorRT counts
// it; of a matrix it is the first one.
func batch(shape []int64) int64 {
	b := int64(1)
	for _, s := range shape[:len(shape)-len(inner(shape))] {
		b *= s
	}
	return b
}

// inner are the dimensions that are not batch.
func inner(shape []int64) []int64 {
	if len(shape) < 2 {
		return shape
	}
	return shape[max(1, len(shape)-3):]
}
