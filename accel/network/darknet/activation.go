package darknet

import "braid/accel/network"

// activation is darknet's name of an activation.
type activation string

const (
	linear   activation = "linear"
	leaky    activation = "leaky"
	relu     activation = "relu"
	relu6    activation = "relu6"
	mish     activation = "mish"
	swish    activation = "swish"
	logistic activation = "logistic"
)

// activations are those that a section may name.
func activations() []string {
	return []string{string(leaky), string(linear), string(logistic), string(mish), string(relu), string(relu6), string(swish)}
}

// activationOf reads a section's activation.
func activationOf(v *values, def activation) activation {
	return activation(v.word("activation", string(def), activations()))
}

// emit adds an activation's nodes. Mish and swish are written out, since opset 13
// has neither; runtimes know the pattern.
func (a activation) emit(e *emitter, out, in string, shape Shape) {
	switch a {
	case leaky:
		e.node("LeakyRelu", out, shape, []string{in}, network.AttrFloat("alpha", 0.1))
	case relu:
		e.node("Relu", out, shape, []string{in})
	case relu6:
		low, high := e.b.Floats(out+"/min", nil, []float32{0}), e.b.Floats(out+"/max", nil, []float32{6})
		e.node("Clip", out, shape, []string{in, low, high})
	case logistic:
		e.node("Sigmoid", out, shape, []string{in})
	case swish: // x·sigmoid(x)
		gate := e.node("Sigmoid", out+"/sigmoid", shape, []string{in})
		e.node("Mul", out, shape, []string{in, gate})
	case mish: // x·tanh(ln(1+eˣ))
		plus := e.node("Softplus", out+"/softplus", shape, []string{in})
		gate := e.node("Tanh", out+"/tanh", shape, []string{plus})
		e.node("Mul", out, shape, []string{in, gate})
	case linear:
	}
}
