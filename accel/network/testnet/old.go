package testnet

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"braid/accel/network/onnxpb"
)

// IR3Style is Chain of three convolutions as old exporters wrote it: IR version
// 3, initialisers listed as graph inputs, nodes without names, opset 9.
func IR3Style(t TB) []byte {
	t.Helper()
	return edit(t, Chain(t, 3, 8, 7), func(m *onnxpb.ModelProto) {
		m.IrVersion = proto.Int64(3)
		m.OpsetImport[0].Version = proto.Int64(9)
		for _, w := range m.Graph.Initializer {
			shape := &onnxpb.TensorShapeProto{}
			for _, d := range w.Dims {
				shape.Dim = append(shape.Dim, &onnxpb.TensorShapeProto_Dimension{
					Value: &onnxpb.TensorShapeProto_Dimension_DimValue{DimValue: d},
				})
			}
			m.Graph.Input = append(m.Graph.Input, &onnxpb.ValueInfoProto{
				Name: w.Name, Type: &onnxpb.TypeProto{TensorType: &onnxpb.TypeProto_Tensor{ElemType: w.DataType, Shape: shape}},
			})
		}
		for _, n := range m.Graph.Node {
			n.Name = nil
		}
	})
}

// Unsorted is Skip with its nodes in reverse order.
func Unsorted(t TB) []byte {
	t.Helper()
	return edit(t, Skip(t), func(m *onnxpb.ModelProto) { slices.Reverse(m.Graph.Node) })
}

// edit changes what a Builder does not offer.
func edit(t TB, data []byte, change func(*onnxpb.ModelProto)) []byte {
	t.Helper()
	m := &onnxpb.ModelProto{}
	if err := proto.Unmarshal(data, m); err != nil {
		t.Fatalf("making a test network: %v", err)
	}
	change(m)
	out, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		t.Fatalf("making a test network: %v", err)
	}
	return out
}
