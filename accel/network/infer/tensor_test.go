package infer

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"braid/accel"
	"braid/accel/network/onnxpb"
)

// typedTensor is a tensor as old exporters write it: with its elements in a field of
// their type, packed or one by one.
func typedTensor(t accel.DType, fields []byte, dims ...int64) *onnxpb.TensorProto {
	p := &onnxpb.TensorProto{Dims: dims, DataType: proto.Int32(int32(t))}
	p.ProtoReflect().SetUnknown(fields)
	return p
}

func TestFromTensor(t *testing.T) {
	packed := protowire.AppendBytes(protowire.AppendTag(nil, int64Data, protowire.BytesType), []byte{1, 0x83, 1})
	single := protowire.AppendVarint(protowire.AppendTag(nil, int32Data, protowire.VarintType), 7)
	floats := protowire.AppendFixed32(protowire.AppendTag(nil, floatData, protowire.Fixed32Type), 0x3fc00000)
	raw := func(t accel.DType, b ...byte) *onnxpb.TensorProto {
		return &onnxpb.TensorProto{Dims: []int64{1}, DataType: proto.Int32(int32(t)), RawData: b}
	}
	for _, tt := range []struct {
		name   string
		tensor *onnxpb.TensorProto
		ints   []int64
		floats []float64
	}{
		{"packed int64", typedTensor(accel.Int64, packed, 2), []int64{1, 131}, nil},
		{"single int32", typedTensor(accel.Int32, single, 1), []int64{7}, nil},
		{"single float", typedTensor(accel.Float32, floats, 1), nil, []float64{1.5}},
		{"too few", typedTensor(accel.Int64, packed, 3), nil, nil},
		{"another type's field", typedTensor(accel.Int64, single, 1), nil, nil},
		{"damaged", typedTensor(accel.Int64, []byte{0x3a}, 1), nil, nil},
		{"raw int64", raw(accel.Int64, 2, 1, 0, 0, 0, 0, 0, 0), []int64{258}, nil},
		{"raw int8", raw(accel.Int8, 0xff), []int64{-1}, nil},
		{"raw uint8", raw(accel.Uint8, 0xff), []int64{255}, nil},
		{"raw float16", raw(accel.Float16, 1, 1), nil, nil},
		{"raw double", raw(accel.Float64, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f), nil, []float64{1.5}},
		{"large", &onnxpb.TensorProto{Dims: []int64{MaxContents + 1}, DataType: proto.Int32(2), RawData: make([]byte, MaxContents+1)}, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := FromTensor(tt.tensor)
			if !slices.Equal(v.Ints, tt.ints) || !slices.Equal(v.Floats, tt.floats) || !v.Static() || !slices.Equal(v.Shape, tt.tensor.Dims) {
				t.Errorf("got %+v", v)
			}
			if back := v.Tensor("t"); v.Known() && !slices.Equal(FromTensor(back).Ints, v.Ints) {
				t.Errorf("written and read it is %v", FromTensor(back))
			}
		})
	}
}
