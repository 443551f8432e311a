package network

import (
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"braid/accel/network/onnxpb"
)

// The fields on the way to a weight's bytes, as onnx.proto numbers them.
const (
	fieldGraph       protowire.Number = 7
	fieldInitializer protowire.Number = 5
	fieldRawData     protowire.Number = 9
)

// unmarshal reads a model as proto.Unmarshal would, except that the raw data of
// initialisers is not copied but points into data: weights are most of a file,
// and often most of the memory that there is.
func unmarshal(data []byte) (*onnxpb.ModelProto, error) {
	model := &onnxpb.ModelProto{}
	graphs, err := without(data, fieldGraph, model)
	if err != nil {
		return nil, err
	}
	for _, g := range graphs {
		part := &onnxpb.GraphProto{}
		tensors, err := without(g, fieldInitializer, part)
		if err != nil {
			return nil, err
		}
		for _, t := range tensors {
			w, err := tensor(t)
			if err != nil {
				return nil, err
			}
			part.Initializer = append(part.Initializer, w)
		}
		if model.Graph == nil {
			model.Graph = part
		} else {
			proto.Merge(model.Graph, part) // a message that comes in pieces is their sum
		}
	}
	return model, nil
}

// tensor reads a TensorProto whose raw data points into data. One without raw
// data keeps its elements in fields that proto.Unmarshal copies.
func tensor(data []byte) (*onnxpb.TensorProto, error) {
	t := &onnxpb.TensorProto{}
	raw, err := without(data, fieldRawData, t)
	if len(raw) > 0 {
		t.RawData = raw[len(raw)-1]
	}
	return t, err
}

// without reads into m all of data but one field of length-delimited values, of
// which it returns each, as parts of data.
func without(data []byte, field protowire.Number, m proto.Message) (values [][]byte, err error) {
	options := proto.UnmarshalOptions{Merge: true, RecursionLimit: maxDepth}
	start := 0 // of what m has not read
	for at := 0; at < len(data); {
		num, typ, n := protowire.ConsumeField(data[at:])
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		if num == field && typ == protowire.BytesType {
			_, _, tag := protowire.ConsumeTag(data[at:])
			value, _ := protowire.ConsumeBytes(data[at+tag : at+n])
			if err := options.Unmarshal(data[start:at], m); err != nil {
				return nil, err
			}
			values = append(values, slices.Clip(value))
			start = at + n
		}
		at += n
	}
	return values, options.Unmarshal(data[start:], m)
}
