package app

import (
	"context"
	"math/rand/v2"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/plan"
	"braid/accel/profile"
)

// byteCost is how many multiply-adds take as long as writing a byte of a tensor: a
// guess that spreads the cut points, so that layers with little work on large
// tensors are not all in one unit. A core of today does some 20 multiply-adds and
// writes some 5 bytes in a nanosecond.
const byteCost = 4

// describe is the network as it is measured: with its plain cut points.
func (s *subject) describe(ctx context.Context) (profile.Network, error) {
	if err := s.network.Resolve(ctx, probeOf(s.runtime)); err != nil {
		return profile.Network{}, as(ErrInvalid, err)
	}
	var err error
	if s.inputs, err = randomInputs(s.network, s.card, rand.New(rand.NewPCG(1, 1))); err != nil {
		return profile.Network{}, err
	}
	whole, err := splitWith(ctx, s.runtime, s.network, nil)
	if err != nil {
		return profile.Network{}, err
	}
	n := profile.Network{
		Ref: s.ref, Cut: s.cut, Copy: copySegment,
		Input: sum(s.network.Inputs()), Output: sum(results(s.network, whole[0])), Outputs: len(results(s.network, whole[0])),
	}
	for _, l := range s.network.Layers() {
		node := profile.Node{Name: l.Name, Cost: float64(l.Work) + byteCost*float64(l.ActivationBytes)}
		for _, o := range l.Outputs {
			node.Outputs = append(node.Outputs, o.Name)
		}
		n.Nodes = append(n.Nodes, node)
	}
	for _, c := range s.network.Cuts() {
		if c.Mark == network.Plain && c.Bytes >= 0 {
			n.Cuts = append(n.Cuts, profile.Cut{At: c.At, Index: c.Index, Bytes: c.Bytes, Tensors: len(c.Tensors)})
		}
	}
	return n, nil
}

// cut makes the segments of a plan that has all of them on one device, in the form
// in which tensors cross there. But every tensor is in the device's own memory: the
// copies from and to the host are measured apart.
func (s *subject) cut(ctx context.Context, at []string, on plan.Series) (*profile.Cutting, error) {
	p := plan.Default()
	p.Precision = on.Precision
	for range len(at) + 1 {
		p.Segments = append(p.Segments, plan.Segment{Devices: []plan.Placement{{ID: on.Device}}})
	}
	segments, err := splitWith(ctx, s.runtime, s.network, at)
	if err != nil {
		return nil, err
	}
	var outputs []accel.TensorDesc
	for _, seg := range segments {
		outputs = append(outputs, results(s.network, seg)...)
	}
	t := newTraffic(s.network.Inputs(), outputs, segments, p)
	for _, path := range t {
		path.writers, path.readers = []accel.DeviceID{on.Device.Memory()}, []accel.DeviceID{on.Device.Memory()}
	}
	bind := func(index int) (*accel.Bindings, error) {
		b, err := t.bindings(s.runtime, index)
		if err != nil {
			return nil, as(ErrEnvironment, err)
		}
		pour(b, s.inputs)
		return b, nil
	}
	return &profile.Cutting{Segments: segments, Bind: bind}, nil
}

// copySide is the width and height of what copySegment copies: every processor
// has pictures of that size, with up to 8192 channels.
const copySide = 32

// copySegment is a network that does as good as nothing but copy: of the operators that
// every processor has, one that reads and writes each value once.
func copySegment(bytes int64) (*accel.Segment, error) {
	desc := func(name string) accel.TensorDesc {
		return accel.TensorDesc{Name: name, Type: accel.Float32, Shape: []int64{1, bytes / (4 * copySide * copySide), copySide, copySide}}
	}
	b := network.NewBuilder("copy", 13)
	b.Input(desc("x"))
	b.Node("Relu", []string{"x"}, []string{"y"})
	b.Output(desc("y"))
	data, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	return &accel.Segment{Name: "copy", ONNX: data, Inputs: []accel.TensorDesc{desc("x")}, Outputs: []accel.TensorDesc{desc("y")}, Layers: 1}, nil
}
