package darknet

import (
	"fmt"

	"braid/accel"
	"braid/accel/network"
)

// opset is the operator set of what Build makes: TensorRT 8.6 and every ONNX
// Runtime in use read it. Mish came with 18, where runtimes without a kernel for
// it write it out as activation.emit does.
const opset = 13

// Weights are the values of a network's convolutions, from a file or drawn.
type Weights interface {
	// convolution is the bias and the weights [filters, channels/groups, size, size]
	// of the next convolution as little-endian float32, batch norm folded in.
	convolution(c *convolution) (bias, weights []byte, err error)
	// end is called after the last one.
	end() error
}

// Build makes the ONNX network: one input, InputName, and the raw heads. name is
// the graph's. Errors are about the weights.
func (n *Network) Build(name string, w Weights) (*network.Builder, error) {
	e := &emitter{b: network.NewBuilder(name, opset), weights: w}
	e.b.Input(e.desc(InputName, n.shape(-1).dims()))
	for i := range n.layers {
		l := &n.layers[i]
		if l.op == nil {
			continue
		}
		in := make([]string, len(l.from))
		for j, from := range l.from {
			in[j] = n.tensor(from)
		}
		l.op.emit(e, n.opName(i), in, l.out)
		l.activation.emit(e, n.tensor(i), n.opName(i), l.out)
		if e.err != nil {
			return nil, fmt.Errorf("layer %d, [%s] of line %d: %w", i, l.section, l.line, e.err)
		}
	}
	return e.b, w.end()
}

// emitter adds nodes to a network and states their shapes.
type emitter struct {
	b       *network.Builder
	weights Weights
	err     error // the first one of the weights
}

func (e *emitter) fail(err error) {
	if e.err == nil {
		e.err = err
	}
}

func (e *emitter) desc(name string, dims []int64) accel.TensorDesc {
	return accel.TensorDesc{Name: name, Type: accel.Float32, Shape: dims}
}

// node adds a node of one output and gives back its name.
func (e *emitter) node(op, out string, shape Shape, in []string, attrs ...network.Attr) string {
	return e.nodeOf(op, out, shape.dims(), in, attrs...)
}

// nodeOf is node for an output of any shape.
func (e *emitter) nodeOf(op, out string, dims []int64, in []string, attrs ...network.Attr) string {
	e.b.Node(op, in, []string{out}, attrs...)
	e.b.ValueInfo(e.desc(out, dims))
	return out
}

// slice takes a part of a tensor's channels; of the shape it keeps the sides.
func (e *emitter) slice(out, in string, p part, shape Shape) string {
	one := []int64{1}
	starts := e.b.Ints(out+"/starts", one, []int64{int64(p.from)})
	ends := e.b.Ints(out+"/ends", one, []int64{int64(p.to)})
	axes := e.b.Ints(out+"/axes", one, one)
	return e.node("Slice", out, Shape{p.to - p.from, shape.H, shape.W}, []string{in, starts, ends, axes})
}

// raw adds a float32 initialiser from its bytes, which it keeps.
func (e *emitter) raw(name string, dims []int64, data []byte) string {
	return e.b.Raw(e.desc(name, dims), data)
}
