package testnet

import (
	"fmt"
	"slices"

	"braid/accel/network"
)

// RandomDAG is a random network of the given number of nodes, at least 1, made
// of the operators that detectors use. Any tensor may be read again later, the
// inputs too; what nobody reads is an output, as are some tensors inside. Where
// the draw wants so there is a second input, a node with two outputs, or a
// folded constant.
func RandomDAG(t TB, seed uint64, nodes int) []byte {
	t.Helper()
	s := newSketch("random", seed)
	d := &dag{sketch: s, read: map[string]bool{}}
	d.pool = append(d.pool, s.input("in", 1, 3, 16, 16))
	if s.rng.IntN(3) == 0 {
		d.pool = append(d.pool, s.input("in2", 1, 2, 16, 16))
	}
	inputs := len(d.pool)
	for i := range nodes {
		d.step(fmt.Sprintf("t%d", i))
	}
	for _, name := range d.pool[inputs:] {
		if !d.read[name] || s.rng.IntN(8) == 0 {
			s.outputs(name)
		}
	}
	return s.bytes(t)
}

// dag is a sketch that grows by random nodes.
type dag struct {
	*sketch
	pool []string // every tensor that depends on data, in order of writing
	read map[string]bool
}

func (d *dag) step(out string) {
	in := d.pick()
	switch d.rng.IntN(9) {
	case 0, 1, 2:
		d.conv(out, in, 1+d.rng.Int64N(6), []int64{1, 3}[d.rng.IntN(2)], 1+d.rng.Int64N(2))
	case 3:
		d.maxPool(out, in, 1+d.rng.Int64N(2))
	case 4:
		d.same(d.oneOf("Relu", "Sigmoid", "Tanh"), out, in)
	case 5:
		d.same(d.oneOf("Add", "Mul", "Max"), out, in, d.pickLike(in, func(a, b []int64) bool { return slices.Equal(a, b) }))
	case 6:
		d.concat(out, in, d.pickLike(in, func(a, b []int64) bool { return a[2] == b[2] && a[1]+b[1] <= 24 }))
	case 7:
		d.halves(out, in)
		return
	case 8:
		d.same("Add", out, in, d.folded(out))
	}
	d.pool = append(d.pool, out)
}

// pick draws a tensor, recent ones more often.
func (d *dag) pick() string {
	i := max(d.rng.IntN(len(d.pool)), d.rng.IntN(len(d.pool)))
	d.read[d.pool[i]] = true
	return d.pool[i]
}

// pickLike draws a tensor whose shape goes with that of `with`, or `with` itself.
func (d *dag) pickLike(with string, goes func(a, b []int64) bool) string {
	var fit []string
	for _, name := range d.pool {
		if goes(d.shapes[with], d.shapes[name]) {
			fit = append(fit, name)
		}
	}
	if len(fit) == 0 {
		return with
	}
	name := fit[d.rng.IntN(len(fit))]
	d.read[name] = true
	return name
}

func (d *dag) oneOf(ops ...string) string { return ops[d.rng.IntN(len(ops))] }

// halves adds a Split by channels, or of one channel a Relu.
func (d *dag) halves(out, in string) {
	shape := slices.Clone(d.shapes[in])
	if shape[1]%2 != 0 {
		d.pool = append(d.pool, d.same("Relu", out, in))
		return
	}
	shape[1] /= 2
	parts := []string{out, out + ".b"}
	d.Node("Split", []string{in}, parts, network.AttrInt("axis", 1))
	for _, p := range parts {
		d.state(p, shape)
	}
	d.pool = append(d.pool, parts...)
}

// folded adds a node that computes a scalar from a constant.
func (d *dag) folded(out string) string {
	one := []int64{1}
	d.node("Constant", out+".value", one, nil, network.AttrFloatTensor("value", one, d.draw(1, 1)))
	return d.same("Neg", out+".neg", out+".value")
}
