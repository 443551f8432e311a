package network_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/onnxpb"
	"braid/accel/network/testnet"
)

func TestSplitRandomNetworks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := parse(t, testnet.RandomDAG(t, rapid.Uint64().Draw(t, "seed"), rapid.IntRange(1, 30).Draw(t, "nodes")))
		var at []string
		for _, c := range n.Cuts() {
			if rapid.IntRange(0, 3).Draw(t, "cut") == 0 {
				at = append(at, c.At)
			}
		}
		checkSegments(t, n, at, split(t, n, at...))
	})
}

func TestSplitSmallNetworksEverywhere(t *testing.T) {
	for name, data := range smallNets(t) {
		if name == "dynamicshape" || name == "datadependent" || name == "computedshapes" {
			continue // their shapes are not fixed
		}
		t.Run(name, func(t *testing.T) {
			n := parse(t, data)
			var at []string
			for _, c := range n.Cuts() {
				at = append(at, c.At)
				two := split(t, n, c.At)
				checkSegments(t, n, []string{c.At}, two)
				if got := names(two[1].Inputs); !slices.Equal(got, c.Tensors) {
					t.Errorf("cut %q: the second segment reads %q, the cut says %q", c.At, got, c.Tensors)
				}
			}
			checkSegments(t, n, nil, split(t, n))
			checkSegments(t, n, at, split(t, n, at...))
		})
	}
}

func TestTensorSkipsSegments(t *testing.T) {
	s := split(t, parse(t, testnet.Skip(t)), "b", "c", "d")
	for i, want := range [][2]string{{"in", "a b"}, {"b", "c"}, {"c", "d"}, {"in a d", "out"}} {
		in, out := strings.Join(names(s[i].Inputs), " "), strings.Join(names(s[i].Outputs), " ")
		if in != want[0] || out != want[1] {
			t.Errorf("%s: %s to %s, expected %s to %s", s[i].Name, in, out, want[0], want[1])
		}
	}
}

func TestOutputsKeepTheGraphsOrder(t *testing.T) {
	n := parse(t, testnet.TwoHeads(t))
	if got := names(split(t, n)[0].Outputs); !slices.Equal(got, []string{"late", "early"}) {
		t.Errorf("one segment writes %q", got)
	}
	if got := names(split(t, n, "early")[0].Outputs); !slices.Equal(got, []string{"early", "a"}) {
		t.Errorf("the first of two writes %q", got)
	}
}

func TestFoldedNodesAreCopied(t *testing.T) {
	s := split(t, parse(t, testnet.Folded(t)), "x", "y")
	for i, want := range []string{"scale a bias x", "scale bias y", "scale bias out"} {
		var got []string
		for _, l := range parse(t, s[i].ONNX).Layers() {
			got = append(got, l.Name)
		}
		if strings.Join(got, " ") != want || s[i].Layers != []int{2, 1, 1}[i] {
			t.Errorf("%s has %q and counts %d", s[i].Name, got, s[i].Layers)
		}
	}
}

func TestRandomNodesAreNotFolded(t *testing.T) {
	b := network.NewBuilder("noise", testnet.Opset)
	d := func(name string) accel.TensorDesc {
		return accel.TensorDesc{Name: name, Type: accel.Float32, Shape: []int64{4}}
	}
	b.Node("RandomNormal", nil, []string{"noise"}, network.AttrInts("shape", 4))
	b.ValueInfo(d("noise"))
	b.Node("Add", []string{b.Input(d("in")), "noise"}, []string{"sum"})
	b.ValueInfo(d("sum"))
	b.Node("Sub", []string{"sum", "noise"}, []string{"out"})
	b.Output(d("out"))
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if got := names(split(t, parse(t, data), "sum")[1].Inputs); !slices.Equal(got, []string{"noise", "sum"}) {
		t.Errorf("the second segment reads %q", got)
	}
}

func TestSubgraphsCapture(t *testing.T) {
	n := parse(t, testnet.ControlFlow(t))
	if got := n.Layers()[1].Inputs; !slices.Equal(got, []string{"which", "a", "w"}) {
		t.Errorf("the If reads %q", got)
	}
	s := split(t, n, "a")
	if got := names(s[1].Inputs); !slices.Equal(got, []string{"which", "a"}) {
		t.Errorf("its segment reads %q", got)
	}
}

func TestOldFilesKeepTheirForm(t *testing.T) {
	n := parse(t, testnet.IR3Style(t))
	if got := names(n.Inputs()); !slices.Equal(got, []string{"in"}) {
		t.Errorf("inputs %q", got)
	}
	if got := n.Layers()[1].Name; got != "Conv_1" {
		t.Errorf("a node without a name is called %q", got)
	}
	m := decode(t, split(t, n, "conv_0")[1].ONNX)
	if m.GetIrVersion() != 3 || len(m.Graph.Input) != 1+len(m.Graph.Initializer) {
		t.Errorf("IR version %d, %d inputs, %d weights", m.GetIrVersion(), len(m.Graph.Input), len(m.Graph.Initializer))
	}
}

func TestUnsortedFileIsSorted(t *testing.T) {
	var got []string
	for _, l := range parse(t, testnet.Unsorted(t)).Layers() {
		got = append(got, l.Name)
	}
	if want := "a b c d sum out"; strings.Join(got, " ") != want {
		t.Errorf("order %q, not %s", got, want)
	}
}

func TestPassedThroughInputAndConstantOutput(t *testing.T) {
	data := edit(t, testnet.Skip(t), func(m *onnxpb.ModelProto) {
		m.Graph.Output = append(m.Graph.Output, m.Graph.Input[0], &onnxpb.ValueInfoProto{
			Name: proto.String("a.b"), Type: &onnxpb.TypeProto{TensorType: &onnxpb.TypeProto_Tensor{
				ElemType: proto.Int32(1), Shape: &onnxpb.TensorShapeProto{Dim: []*onnxpb.TensorShapeProto_Dimension{
					{Value: &onnxpb.TensorShapeProto_Dimension_DimValue{DimValue: 4}},
				}},
			}},
		})
	})
	s := split(t, parse(t, data), "b")
	if got := names(s[1].Outputs); !slices.Equal(got, []string{"out", "a.b"}) {
		t.Errorf("the last segment writes %q: an input is nobody's result, a weight is the last one's", got)
	}
}

func TestSegmentWithoutResultIsRefused(t *testing.T) {
	data := edit(t, testnet.Chain(t, 3, 8, 1), func(m *onnxpb.ModelProto) {
		m.Graph.Output[0] = m.Graph.ValueInfo[0] // conv_0: the rest is dead
	})
	n := parse(t, data)
	if c := n.Cuts(); len(c) != 0 {
		t.Errorf("cuts %v with nothing to gain behind them", c)
	}
	_, err := n.Split(t.Context(), []string{"conv_0"}, nil)
	if !errors.Is(err, network.ErrCut) || !strings.Contains(err.Error(), "would give no result") {
		t.Errorf("got %v", err)
	}
}

func TestTypesThatCannotBeHandedOver(t *testing.T) {
	const bfloat16 = 16
	data := edit(t, testnet.Chain(t, 2, 8, 1), func(m *onnxpb.ModelProto) {
		m.Graph.Input[0].Type.TensorType.ElemType = proto.Int32(bfloat16)
	})
	_, err := parse(t, data).Split(t.Context(), []string{"conv_0"}, nil)
	if !errors.Is(err, network.ErrCut) || !strings.Contains(err.Error(), `"in" has elements of DType(16)`) {
		t.Errorf("got %v", err)
	}
	data = edit(t, testnet.Unstated(t), func(m *onnxpb.ModelProto) {
		m.Graph.ValueInfo = []*onnxpb.ValueInfoProto{{Name: proto.String("a"), Type: &onnxpb.TypeProto{}}}
	})
	_, err = parse(t, data).Split(t.Context(), []string{"a"}, nil)
	if !errors.Is(err, network.ErrInvalid) || !strings.Contains(err.Error(), `"a" is a sequence`) {
		t.Errorf("got %v", err)
	}
}
