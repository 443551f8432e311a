package darknet

import "math"

// moments are the mean and the mean square of a tensor's values.
type moments struct{ mean, square float64 }

func (m moments) variance() float64 { return m.square - m.mean*m.mean }

// spread says how to draw a convolution so that what it writes has the variance 1
// (He et al., arXiv:1502.01852, followed through every kind of layer).
type spread struct {
	input float64 // mean square of what it reads
	plain bool    // it reads the picture: kernels see differences, not brightness
}

// contrast is about the mean square of what is left of a picture's values, 0 to
// 1, without the mean of the pixels around.
const contrast = 0.005

// spreads follows the moments through the network, layer by layer, as if values
// were normal and independent.
func (n *Network) spreads() []spread {
	all := make([]moments, len(n.layers))
	get := func(layer int) moments {
		if layer < 0 {
			return moments{0, contrast}
		}
		return all[layer]
	}
	var out []spread
	for i, l := range n.layers {
		m := get(l.from[0])
		switch o := l.op.(type) {
		case *convolution:
			out = append(out, spread{input: m.square, plain: n.tensor(l.from[0]) == InputName})
			m = moments{0, 1}
		case *route:
			m = n.mixed(l.from, get)
		case *shortcut:
			for j, f := range l.from[1:] {
				m = m.plus(get(f), math.Min(1, float64(o.from[j])/float64(o.channels)))
			}
		case product:
			m = m.times(get(l.from[1]))
			if l.from[0] == l.from[1] {
				m = get(l.from[0]).squared()
			}
		}
		all[i] = l.activation.moments(m)
	}
	return out
}

// mixed are the moments of layers' channels side by side.
func (n *Network) mixed(layers []int, of func(int) moments) moments {
	var sum moments
	total := 0.0
	for _, l := range layers {
		c := float64(n.shape(l).C)
		m := of(l)
		sum.mean += c * m.mean
		sum.square += c * m.square
		total += c
	}
	return moments{sum.mean / total, sum.square / total}
}

// plus are the moments of a sum, of which a share of the channels gets the other.
func (m moments) plus(other moments, share float64) moments {
	variance := m.variance() + share*other.variance()
	mean := m.mean + share*other.mean
	return moments{mean, variance + mean*mean}
}

// times are the moments of a product.
func (m moments) times(other moments) moments {
	return moments{m.mean * other.mean, m.square * other.square}
}

// squared are the moments of the squares of normal values.
func (m moments) squared() moments {
	mean, variance := m.mean*m.mean, m.variance()
	return moments{m.square, mean*mean + 6*mean*variance + 3*variance*variance}
}

// moments are those of the activation of normal values, by numeric integration.
// They are rounded, so that the last bits of a machine's exponential do not
// matter.
func (a activation) moments(in moments) moments {
	if a == linear {
		return in
	}
	const steps, reach = 400, 8
	deviation := math.Sqrt(in.variance())
	var out moments
	var sum float64
	for i := -steps; i <= steps; i++ {
		z := reach * float64(i) / steps
		p := math.Exp(-z * z / 2)
		y := a.value(in.mean + deviation*z)
		sum += p
		out.mean += p * y
		out.square += p * y * y
	}
	round := func(x float64) float64 { return math.Round(x/sum*4096) / 4096 }
	return moments{round(out.mean), round(out.square)}
}

func (a activation) value(x float64) float64 {
	switch a {
	case leaky:
		return math.Max(x, 0.1*x)
	case relu:
		return math.Max(x, 0)
	case relu6:
		return math.Min(math.Max(x, 0), 6)
	case logistic:
		return logistics(x)
	case swish:
		return x * logistics(x)
	case mish:
		return x * math.Tanh(math.Log1p(math.Exp(x)))
	case linear:
	}
	return x
}

// logistics is the logistic function.
func logistics(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
