package infer

import (
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"braid/accel"
	"braid/accel/network/onnxpb"
)

// FromTensor is what a tensor of the file says: type, shape and, of a small one,
// contents. t may be nil.
func FromTensor(t *onnxpb.TensorProto) Value {
	if t == nil {
		return Value{}
	}
	v := Value{Type: accel.DType(t.GetDataType()), Shape: append([]int64{}, t.Dims...)}
	n, err := count(v.Shape)
	switch {
	case err != nil:
		return Value{}
	case n > MaxContents:
	case t.RawData != nil:
		v.readRaw(t.RawData)
	default:
		v.readTyped(t.ProtoReflect().GetUnknown())
	}
	if v.check() != nil {
		return Value{}
	}
	return v
}

// readRaw takes little-endian elements.
func (v *Value) readRaw(raw []byte) {
	size := v.Type.Size()
	for ; size > 0 && len(raw) >= size; raw = raw[size:] {
		switch v.Type {
		case accel.Float32:
			v.Floats = append(v.Floats, float64(math.Float32frombits(binary.LittleEndian.Uint32(raw))))
		case accel.Float64:
			v.Floats = append(v.Floats, math.Float64frombits(binary.LittleEndian.Uint64(raw)))
		case accel.Int64:
			v.Ints = append(v.Ints, int64(binary.LittleEndian.Uint64(raw)))
		case accel.Int32:
			v.Ints = append(v.Ints, int64(int32(binary.LittleEndian.Uint32(raw))))
		case accel.Int8:
			v.Ints = append(v.Ints, int64(int8(raw[0])))
		case accel.Uint8, accel.Bool:
			v.Ints = append(v.Ints, int64(raw[0]))
		default:
			return
		}
	}
}

// The fields of TensorProto that hold elements one by one, packed or not. The
// schema leaves them out, so that they arrive as unknown fields.
const (
	floatData  protowire.Number = 4
	int32Data  protowire.Number = 5
	int64Data  protowire.Number = 7
	doubleData protowire.Number = 10
)

// readTyped takes the elements that are not in raw data.
func (v *Value) readTyped(fields []byte) {
	for len(fields) > 0 {
		num, typ, n := protowire.ConsumeTag(fields)
		if n < 0 {
			return
		}
		m := protowire.ConsumeFieldValue(num, typ, fields[n:])
		if m < 0 {
			return
		}
		value := fields[n : n+m]
		if typ == protowire.BytesType {
			value, _ = protowire.ConsumeBytes(value)
		}
		v.readField(num, value)
		fields = fields[n+m:]
	}
}

func (v *Value) readField(num protowire.Number, b []byte) {
	for n := 0; len(b) > 0; b = b[n:] {
		var bits uint64
		var bits32 uint32
		switch num {
		case floatData:
			if bits32, n = protowire.ConsumeFixed32(b); n >= 0 && v.Type == accel.Float32 {
				v.Floats = append(v.Floats, float64(math.Float32frombits(bits32)))
			}
		case doubleData:
			if bits, n = protowire.ConsumeFixed64(b); n >= 0 && v.Type == accel.Float64 {
				v.Floats = append(v.Floats, math.Float64frombits(bits))
			}
		case int32Data, int64Data:
			if bits, n = protowire.ConsumeVarint(b); n >= 0 && whole(v.Type) && (num == int64Data) == (v.Type == accel.Int64) {
				v.Ints = append(v.Ints, int64(bits))
			}
		default:
			return
		}
		if n < 0 {
			return
		}
	}
}

// Tensor is v as a tensor of the file, nil where its contents are not known.
func (v Value) Tensor(name string) *onnxpb.TensorProto {
	if !v.Known() || v.Type.Size() == 0 {
		return nil
	}
	t := &onnxpb.TensorProto{Name: &name, Dims: v.Shape, RawData: []byte{}}
	kind := int32(v.Type)
	t.DataType = &kind
	for _, i := range v.Ints {
		switch v.Type.Size() {
		case 1:
			t.RawData = append(t.RawData, byte(i))
		case 4:
			t.RawData = binary.LittleEndian.AppendUint32(t.RawData, uint32(i))
		case 8:
			t.RawData = binary.LittleEndian.AppendUint64(t.RawData, uint64(i))
		}
	}
	for _, f := range v.Floats {
		if v.Type == accel.Float32 {
			t.RawData = binary.LittleEndian.AppendUint32(t.RawData, math.Float32bits(float32(f)))
		} else {
			t.RawData = binary.LittleEndian.AppendUint64(t.RawData, math.Float64bits(f))
		}
	}
	return t
}
