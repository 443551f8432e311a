package quantize

import (
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"braid/accel/network"
	"braid/accel/network/onnxpb"
)

// ErrImpossible is wrapped by the errors about networks that cannot be quantised.
var ErrImpossible = errors.New("cannot be quantised")

func impossible(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrImpossible, fmt.Errorf(format, args...))
}

// Options say what is quantised, and how.
type Options struct {
	Recipe Recipe
	Float  []string // nodes that stay float32, by name, beside the head
}

// Quantizer quantises one network. It is not safe for concurrent use.
type Quantizer struct {
	options Options
	graph   *graph
	places  places
	seen    map[string]*Histogram // of the activations
}

// New raises a network to opset 13 where it is of an older one and finds what is to
// compute in int8. onnx is kept and must not change. Errors wrap ErrImpossible or
// network.ErrInvalid.
func New(onnx []byte, o Options) (*Quantizer, error) {
	n, err := network.Parse(onnx)
	if err != nil {
		return nil, err
	}
	if onnx, err = n.WithOutputs(nil); err != nil { // in order, each node with a name
		return nil, err
	}
	model := &onnxpb.ModelProto{}
	if err := proto.Unmarshal(onnx, model); err != nil {
		return nil, impossible("decoding: %w", err)
	}
	if err := raise(model, n); err != nil {
		return nil, err
	}
	q := &Quantizer{options: o, graph: newGraph(model), seen: map[string]*Histogram{}}
	if q.places, err = q.graph.place(o); err != nil {
		return nil, err
	}
	for _, t := range q.Activations() {
		q.seen[t] = &Histogram{}
	}
	return q, nil
}

// Keep lets further layers stay float32, by name. What was watched stays known.
func (q *Quantizer) Keep(layers []string) error {
	o := q.options
	o.Float = slices.Concat(o.Float, layers)
	p, err := q.graph.place(o)
	if err != nil {
		return err
	}
	q.options, q.places = o, p
	return nil
}

// Activations are the tensors whose range must be known: inputs of the graph, then in
// the order of writing.
func (q *Quantizer) Activations() []string { return slices.Clone(q.places.pairs) }

// Layers are the names of the nodes that are to compute in int8, in order.
func (q *Quantizer) Layers() []string {
	names := make([]string, len(q.places.layers))
	for i, l := range q.places.layers {
		names[i] = l.GetName()
	}
	return names
}

// Float are the names of the nodes with weights that stay float32, in order: the
// head, and those that were asked for or whose weights are computed.
func (q *Quantizer) Float() []string { return slices.Clone(q.places.float) }

// Raised is the float32 network as it is quantised.
func (q *Quantizer) Raised() ([]byte, error) { return q.graph.encode() }

// Watch adds values of one of Activations to what is known of it.
func (q *Quantizer) Watch(tensor string, values []float32) error {
	h := q.seen[tensor]
	if h == nil {
		return fmt.Errorf("%q is not among the activations to be watched", tensor)
	}
	if err := h.Add(values); err != nil {
		return fmt.Errorf("activation %q: %w", tensor, err)
	}
	return nil
}
