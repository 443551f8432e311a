package darknet

import "fmt"

// opName is the tensor that a layer's operation ends in, before the activation.
func (n *Network) opName(i int) string { return tensorName(n.layers[i].op, i) }

func tensorName(o op, i int) string { return fmt.Sprintf("%s_%d", o.stem(), i) }

// tensor is the tensor that other layers read when they call a layer.
func (n *Network) tensor(i int) string {
	for i >= 0 && n.layers[i].op == nil {
		i = n.layers[i].from[0]
	}
	switch {
	case i < 0:
		return InputName
	case n.layers[i].activation != linear:
		return fmt.Sprintf("%s_%d", n.layers[i].activation, i)
	}
	return n.opName(i)
}

// TKDNNLayers numbers the layers as tkDNN and JEDI do, from 0 in the order of the
// sections: each section is a layer, and so is the activation behind it, while
// batch norm counts as part of its convolution. The text at an id is the last
// tensor that this network computes up to the layer's end, so that cutting it
// there gives the same two parts. For a layer that computes nothing here, such
// as a route of one layer, it is the tensor before; "" where there is none.
func (n *Network) TKDNNLayers() []string {
	var ids []string
	at := ""
	for i, l := range n.layers {
		if l.op != nil {
			at = n.opName(i)
		}
		ids = append(ids, at)
		if l.activation != linear {
			at = n.tensor(i)
			ids = append(ids, at)
		}
	}
	return ids
}
