package network_test

import (
	"context"
	"maps"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/onnxpb"
	"braid/accel/network/testnet"
)

// tb is what *testing.T and *rapid.T share.
type tb interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

func parse(t tb, data []byte) *network.Network {
	t.Helper()
	n, err := network.Parse(data)
	if err != nil {
		t.Fatalf("parsing: %v", err)
	}
	return n
}

func split(t tb, n *network.Network, at ...string) []*accel.Segment {
	t.Helper()
	s, err := n.Split(context.Background(), at, nil)
	if err != nil {
		t.Fatalf("splitting at %q: %v", at, err)
	}
	return s
}

// decode reads bytes as the bare schema.
func decode(t tb, data []byte) *onnxpb.ModelProto {
	t.Helper()
	m := &onnxpb.ModelProto{}
	if err := proto.Unmarshal(data, m); err != nil {
		t.Fatalf("decoding: %v", err)
	}
	return m
}

// edit changes a network in a way that Builder does not offer.
func edit(t tb, data []byte, change func(*onnxpb.ModelProto)) []byte {
	t.Helper()
	m := decode(t, data)
	change(m)
	out, err := proto.Marshal(m)
	if err != nil {
		t.Fatalf("encoding: %v", err)
	}
	return out
}

// smallNets are the networks that golden files and fuzzing start from.
func smallNets(t testing.TB) map[string][]byte {
	return map[string][]byte{
		"chain": testnet.Chain(t, 4, 8, 1), "skip": testnet.Skip(t), "multi": testnet.Multi(t),
		"twoheads": testnet.TwoHeads(t), "folded": testnet.Folded(t), "controlflow": testnet.ControlFlow(t),
		"dynamicshape": testnet.DynamicShape(t), "ir3style": testnet.IR3Style(t), "unsorted": testnet.Unsorted(t),
		"computedshapes": testnet.ComputedShapes(t), "identity": testnet.Identity(t), "datadependent": testnet.DataDependent(t), "random": testnet.RandomDAG(t, 7, 12),
	}
}

func names(ds []accel.TensorDesc) []string {
	out := make([]string, len(ds))
	for i, d := range ds {
		out[i] = d.Name
	}
	return out
}

// fromData is the set of tensors that depend on a graph input, found by following
// them: what must not be folded.
func fromData(n *network.Network) map[string]bool {
	set := map[string]bool{}
	for _, d := range n.Inputs() {
		set[d.Name] = true
	}
	for _, l := range n.Layers() {
		if slices.ContainsFunc(l.Inputs, func(t string) bool { return set[t] }) {
			for _, t := range names(l.Outputs) {
				set[t] = true
			}
		}
	}
	return set
}

// dataLayers are the names of the nodes that are not folded, in order.
func dataLayers(n *network.Network) []string {
	var out []string
	set := fromData(n)
	for _, l := range n.Layers() {
		if slices.ContainsFunc(l.Outputs, func(d accel.TensorDesc) bool { return set[d.Name] }) {
			out = append(out, l.Name)
		}
	}
	return out
}

// checkSegments holds what is true of every cut network.
func checkSegments(t tb, whole *network.Network, at []string, segments []*accel.Segment) {
	t.Helper()
	if len(segments) != len(at)+1 {
		t.Fatalf("%d segments for %d cuts", len(segments), len(at))
	}
	have := map[string]accel.TensorDesc{}
	for _, d := range whole.Inputs() {
		have[d.Name] = d
	}
	data := fromData(whole)
	var layers []string
	for i, s := range segments {
		part := parse(t, s.ONNX)
		if !slices.EqualFunc(part.Inputs(), s.Inputs, accel.TensorDesc.Equal) || !slices.EqualFunc(part.Outputs(), s.Outputs, accel.TensorDesc.Equal) {
			t.Errorf("%s: the file says %v to %v, the segment %v to %v", s.Name, part.Inputs(), part.Outputs(), s.Inputs, s.Outputs)
		}
		for _, d := range s.Inputs {
			if !slices.ContainsFunc(part.Layers(), func(l network.Layer) bool { return slices.Contains(l.Inputs, d.Name) }) {
				t.Errorf("%s takes %q and does not read it", s.Name, d.Name)
			}
			if from, ok := have[d.Name]; !ok || !from.Equal(d) || !data[d.Name] {
				t.Errorf("%s reads %v, where earlier segments give %v", s.Name, d, from)
			}
		}
		for _, d := range s.Outputs {
			if !isOutput(whole, d.Name) && !readLater(segments[i+1:], d.Name) {
				t.Errorf("%s writes %q, which nobody wants", s.Name, d.Name)
			}
			if _, twice := have[d.Name]; twice {
				t.Errorf("%s writes %q again", s.Name, d.Name)
			}
			have[d.Name] = d
		}
		own := dataLayers(part)
		if len(own) != s.Layers || s.Index != i || i < len(at) && s.Until != at[i] {
			t.Errorf("%s: %d layers, index %d, until %q for %v", s.Name, s.Layers, s.Index, s.Until, own)
		}
		layers = append(layers, own...)
		checkWeights(t, s)
	}
	if want := dataLayers(whole); !slices.Equal(layers, want) {
		t.Errorf("the segments' layers are %v, not %v", layers, want)
	}
	for _, d := range whole.Outputs() {
		if _, ok := have[d.Name]; !ok {
			t.Errorf("no segment writes output %q", d.Name)
		}
	}
}

func isOutput(n *network.Network, tensor string) bool {
	return slices.Contains(names(n.Outputs()), tensor)
}

func readLater(segments []*accel.Segment, tensor string) bool {
	return slices.ContainsFunc(segments, func(s *accel.Segment) bool { return slices.Contains(names(s.Inputs), tensor) })
}

// checkWeights sees to it that a segment has the weights it reads and no others.
func checkWeights(t tb, s *accel.Segment) {
	t.Helper()
	want := map[string]bool{}
	for _, l := range parse(t, s.ONNX).Layers() {
		for _, in := range l.Inputs {
			want[in] = true
		}
	}
	for _, l := range parse(t, s.ONNX).Layers() {
		for _, out := range l.Outputs {
			delete(want, out.Name)
		}
	}
	for _, d := range s.Inputs {
		delete(want, d.Name)
	}
	got := map[string]bool{}
	for _, w := range decode(t, s.ONNX).Graph.Initializer {
		got[w.GetName()] = true
	}
	if !maps.Equal(got, want) {
		t.Errorf("%s has the weights %v, not %v", s.Name, got, want)
	}
}
