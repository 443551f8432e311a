package network_test

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/onnxpb"
	"braid/accel/network/testnet"
)

func TestParseRefuses(t *testing.T) {
	skip := testnet.Skip(t)
	change := func(f func(*onnxpb.ModelProto)) []byte { return edit(t, skip, f) }
	graph := func(f func(*onnxpb.GraphProto)) []byte {
		return change(func(m *onnxpb.ModelProto) { f(m.Graph) })
	}
	for _, tt := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "the file is empty"},
		{"text", []byte("hello, this is text"), "not an ONNX file"},
		{"picture", []byte("\x89PNG\r\n\x1a\n"), "not an ONNX file"},
		{"lfs", []byte("version https://git-lfs.github.com/spec/v1\n"), "Git LFS pointer"},
		{"truncated", skip[:len(skip)/2], "truncated"},
		{"another message", protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 8), "no graph"},
		{"damaged", damaged(skip), "damaged"},
		{"IR version", change(func(m *onnxpb.ModelProto) { m.IrVersion = proto.Int64(99) }), "IR version 99"},
		{"old opset", change(func(m *onnxpb.ModelProto) { m.OpsetImport[0].Version = proto.Int64(6) }), "opset 6, where 7 to"},
		{"future opset", change(func(m *onnxpb.ModelProto) { m.OpsetImport[0].Version = proto.Int64(90) }), "opset 90"},
		{"no opset", change(func(m *onnxpb.ModelProto) { m.OpsetImport = nil }), `no opset is imported for node "a" (Conv)`},
		{"no nodes", graph(func(g *onnxpb.GraphProto) { g.Node = nil }), "no nodes"},
		{"no outputs", graph(func(g *onnxpb.GraphProto) { g.Output = nil }), "no outputs"},
		{"nobody writes", graph(func(g *onnxpb.GraphProto) { g.Node[2].Input[0] = "ghost" }), `node "c" reads tensor "ghost"`},
		{"two writers", graph(func(g *onnxpb.GraphProto) { g.Node[3].Output[0] = "b" }), `tensor "b" is written by node "b" and by node "d"`},
		{"writes an input", graph(func(g *onnxpb.GraphProto) { g.Node[3].Output[0] = "in" }), `"in" is written by the graph's input and by node "d"`},
		{"writes a weight", graph(func(g *onnxpb.GraphProto) { g.Node[3].Output[0] = "a.w" }), `"a.w" is written by an initialiser and`},
		{"cycle", graph(func(g *onnxpb.GraphProto) { g.Node[1].Input[0] = "d" }), "the graph has a cycle"},
		{"reads itself", graph(func(g *onnxpb.GraphProto) { g.Node[1].Input[0] = "b" }), `node "b" reads what is computed from its own output`},
		{"output of nobody", graph(func(g *onnxpb.GraphProto) { g.Output[0].Name = proto.String("ghost") }), `nobody writes output "ghost"`},
		{"output twice", graph(func(g *onnxpb.GraphProto) { g.Output = append(g.Output, g.Output[0]) }), `output "out" is there twice`},
		{"input twice", graph(func(g *onnxpb.GraphProto) { g.Input = append(g.Input, g.Input[0]) }), `input "in" is there twice`},
		{"weight twice", graph(func(g *onnxpb.GraphProto) { g.Initializer = append(g.Initializer, g.Initializer[0]) }), `initialiser "a.w" is there twice`},
		{"input of no tensor", graph(func(g *onnxpb.GraphProto) { g.Input[0].Type = &onnxpb.TypeProto{} }), `input "in" is not a tensor`},
		{"output of no tensor", graph(func(g *onnxpb.GraphProto) { g.Output[0].Type = &onnxpb.TypeProto{} }), `output "out" is not a tensor`},
		{"external data", graph(func(g *onnxpb.GraphProto) { external(g.Initializer[0]) }), `tensor "a.w" keeps its data in another file ("w.bin")`},
		{"external data of an attribute", graph(func(g *onnxpb.GraphProto) {
			inner := proto.CloneOf(g)
			external(inner.Initializer[1])
			g.Node[1].Attribute = append(g.Node[1].Attribute, &onnxpb.AttributeProto{Graphs: []*onnxpb.GraphProto{inner}})
		}), `tensor "a.b" keeps its data`},
		{"short weight", graph(func(g *onnxpb.GraphProto) { g.Initializer[0].RawData = g.Initializer[0].RawData[1:] }), `"a.w" holds 575 bytes where shape [4 4 3 3] of float32 takes 576`},
		{"impossible weight", graph(func(g *onnxpb.GraphProto) { g.Initializer[0].Dims = []int64{1 << 40, 1 << 40} }), `"a.w" has the impossible shape`},
		{"negative weight", graph(func(g *onnxpb.GraphProto) { g.Initializer[0].Dims[0] = -1 }), `"a.w" has the impossible shape [-1 4 3 3]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := network.Parse(tt.data)
			if !errors.Is(err, network.ErrInvalid) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, expected %s", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has several lines: %q", err)
			}
		})
	}
}

// damaged is a whole ModelProto whose graph's contents are not a message.
func damaged(data []byte) []byte {
	out := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 8)
	return protowire.AppendBytes(protowire.AppendTag(out, 7, protowire.BytesType), data[:len(data)/3])
}

func external(w *onnxpb.TensorProto) {
	w.DataLocation, w.RawData = proto.Int32(1), nil
	w.ExternalData = []*onnxpb.StringStringEntryProto{{Key: proto.String("location"), Value: proto.String("w.bin")}}
}

func TestLoadNamesTheFile(t *testing.T) {
	_, err := network.Load("testdata/absent.onnx")
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "absent.onnx") {
		t.Errorf("got %v", err)
	}
	if _, err = network.Load("parse_test.go"); !errors.Is(err, network.ErrInvalid) || !strings.Contains(err.Error(), "parse_test.go") {
		t.Errorf("got %v", err)
	}
}

// TestUnknownFieldsSurvive puts fields that the schema does not list into every
// kind of message and looks for them in the whole file and in a segment.
func TestUnknownFieldsSurvive(t *testing.T) {
	mark := protowire.AppendString(protowire.AppendTag(nil, 99, protowire.BytesType), "kept")
	data := edit(t, testnet.Chain(t, 3, 8, 1), func(m *onnxpb.ModelProto) {
		for _, p := range []proto.Message{m, m.Graph, m.Graph.Node[0], m.Graph.Node[0].Attribute[0], m.OpsetImport[0], m.Graph.Input[0].Type} {
			p.ProtoReflect().SetUnknown(mark)
		}
		m.Graph.Initializer[0].RawData = nil // as float_data, field 4
		m.Graph.Initializer[0].ProtoReflect().SetUnknown(protowire.AppendBytes(protowire.AppendTag(nil, 4, protowire.BytesType), make([]byte, 4*108)))
		m.Functions = []*onnxpb.FunctionProto{{Name: proto.String("f"), Domain: proto.String("own")}}
		m.TrainingInfo = [][]byte{{8, 1}}
	})
	n := parse(t, data)
	whole, err := n.WithOutputs(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := decode(t, whole), decode(t, data); !proto.Equal(got, want) {
		t.Errorf("got %v, expected %v", got, want)
	}
	first := decode(t, split(t, n, "conv_1")[0].ONNX)
	for _, p := range []proto.Message{first, first.Graph, first.Graph.Node[0], first.Graph.Node[0].Attribute[0], first.OpsetImport[0]} {
		if !slices.Equal(p.ProtoReflect().GetUnknown(), mark) {
			t.Errorf("%T has lost what the schema does not list", p)
		}
	}
	if len(first.Graph.Initializer[0].ProtoReflect().GetUnknown()) == 0 || len(first.Functions) != 1 || first.TrainingInfo != nil {
		t.Errorf("weights or functions are lost, or training information is kept")
	}
}

func TestSummary(t *testing.T) {
	s := parse(t, testnet.Skip(t)).Summary()
	if s.Name != "skip" || s.Producer != "braid" || s.IR != 8 || s.Nodes != 6 || s.Parameters != 296 || s.ParameterBytes != 1184 {
		t.Errorf("got %+v", s)
	}
	if want := []network.OpCount{{"Conv", 2}, {"Relu", 2}, {"Add", 1}, {"Mul", 1}}; !slices.Equal(s.Ops, want) {
		t.Errorf("operators %v, not %v", s.Ops, want)
	}
	if want := []network.Opset{{"", testnet.Opset}}; !slices.Equal(s.Opsets, want) {
		t.Errorf("opsets %v, not %v", s.Opsets, want)
	}
}

func TestBuilderErrors(t *testing.T) {
	for _, tt := range []struct {
		name  string
		build func(*network.Builder)
		want  string
	}{
		{"length", func(b *network.Builder) { b.Floats("w", []int64{2, 3}, make([]float32, 5)) }, `initialiser "w" of shape [2 3] takes 6 values, not 5`},
		{"no name", func(b *network.Builder) { b.Input(accel.TensorDesc{}) }, "input without a name"},
		{"no operator", func(b *network.Builder) { b.Node("", nil, []string{"x"}) }, "a node needs an operator"},
		{"attribute", func(b *network.Builder) {
			b.Node("Constant", nil, []string{"c"}, network.AttrIntTensor("value", []int64{2}, []int64{1}))
		}, `node "c": attribute "value" of shape [2] takes 2 values, not 1`},
		{"body", func(b *network.Builder) {
			body := network.NewBuilder("body", 13)
			body.Ints("i", nil, nil)
			b.Node("Loop", nil, []string{"l"}, network.AttrGraph("body", body))
		}, `initialiser "i" of shape [] takes 1 values, not 0`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := network.NewBuilder("bad", 13)
			tt.build(b)
			b.Output(accel.TensorDesc{}) // a second error must not hide the first
			if _, err := b.Bytes(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, expected %s", err, tt.want)
			}
		})
	}
}

func TestBuilderAttributes(t *testing.T) {
	b := network.NewBuilder("attrs", 13)
	b.Node("Own", nil, []string{"x"}, network.AttrInt("i", 3), network.AttrInts("is", 1, 2), network.AttrFloat("f", 0.5),
		network.AttrFloats("fs", 1, 2), network.AttrString("s", "text"), network.AttrFloatTensor("t", nil, []float32{7}))
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	a := decode(t, data).Graph.Node[0].Attribute
	if a[0].GetI() != 3 || !slices.Equal(a[1].Ints, []int64{1, 2}) || a[2].GetF() != 0.5 || !slices.Equal(a[3].Floats, []float32{1, 2}) ||
		string(a[4].S) != "text" || !slices.Equal(a[5].T.RawData, []byte{0, 0, 0xe0, 0x40}) {
		t.Errorf("got %v", a)
	}
}

// FuzzParse holds that no bytes make Parse panic, and that what it takes can be
// listed, cut and written, and is taken again.
func FuzzParse(f *testing.F) {
	for _, data := range smallNets(f) {
		f.Add(data)
		f.Add(data[:len(data)/2])
	}
	f.Add([]byte("not a network"))
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := network.Parse(data)
		if err != nil {
			if !errors.Is(err, network.ErrInvalid) {
				t.Fatalf("error %v does not wrap ErrInvalid", err)
			}
			return
		}
		n.Summary()
		whole, err := n.WithOutputs(nil)
		if err != nil {
			t.Fatal(err)
		}
		if again := parse(t, whole); len(again.Layers()) != len(n.Layers()) {
			t.Fatal("a written network has other layers")
		}
		at := []string{}
		for _, c := range n.Cuts()[:min(3, len(n.Cuts()))] {
			at = append(at, c.At)
		}
		segments, err := n.Split(t.Context(), at, nil)
		if err != nil && !errors.Is(err, network.ErrInvalid) && !errors.Is(err, network.ErrCut) {
			t.Fatal(err)
		}
		for _, s := range segments {
			parse(t, s.ONNX)
		}
	})
}
