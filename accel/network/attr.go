package network

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"braid/accel"
	"braid/accel/network/onnxpb"
)

// Attr is an attribute of a node, made by one of the Attr… functions.
type Attr struct {
	proto *onnxpb.AttributeProto
	err   error
}

// AttrInt is an integer attribute.
func AttrInt(name string, v int64) Attr {
	a := attr(name, onnxpb.AttributeProto_INT)
	a.proto.I = &v
	return a
}

// AttrInts is a list of integers. v is kept.
func AttrInts(name string, v ...int64) Attr {
	a := attr(name, onnxpb.AttributeProto_INTS)
	a.proto.Ints = v
	return a
}

// AttrFloat is a float attribute.
func AttrFloat(name string, v float32) Attr {
	a := attr(name, onnxpb.AttributeProto_FLOAT)
	a.proto.F = &v
	return a
}

// AttrFloats is a list of floats. v is kept.
func AttrFloats(name string, v ...float32) Attr {
	a := attr(name, onnxpb.AttributeProto_FLOATS)
	a.proto.Floats = v
	return a
}

// AttrString is a string attribute.
func AttrString(name, v string) Attr {
	a := attr(name, onnxpb.AttributeProto_STRING)
	a.proto.S = []byte(v)
	return a
}

// AttrFloatTensor is a float32 tensor attribute, such as a Constant's value. v is copied.
func AttrFloatTensor(name string, shape []int64, v []float32) Attr {
	return tensorAttr(name, floatTensor("", shape, v), len(v))
}

// AttrIntTensor is an int64 tensor attribute, such as a Constant's value. v is copied.
func AttrIntTensor(name string, shape []int64, v []int64) Attr {
	return tensorAttr(name, intTensor("", shape, v), len(v))
}

// AttrGraph is a subgraph attribute, such as a branch of If; it reads the
// tensors of the graph around it by name. Errors of body become the node's.
func AttrGraph(name string, body *Builder) Attr {
	a := attr(name, onnxpb.AttributeProto_GRAPH)
	a.proto.G, a.err = body.model.Graph, body.err
	return a
}

func attr(name string, t onnxpb.AttributeProto_AttributeType) Attr {
	return Attr{proto: &onnxpb.AttributeProto{Name: proto.String(name), Type: t.Enum()}}
}

func tensorAttr(name string, t *onnxpb.TensorProto, have int) Attr {
	a := attr(name, onnxpb.AttributeProto_TENSOR)
	a.proto.T = t
	if want := (accel.TensorDesc{Shape: t.Dims}).Elems(); want != int64(have) {
		a.err = fmt.Errorf("attribute %q of shape %v takes %d values, not %d", name, t.Dims, want, have)
	}
	return a
}
