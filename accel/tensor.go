package accel

import (
	"errors"
	"fmt"
	"slices"
	"unsafe"
)

// ErrDeviceLost is wrapped by an error after which a device runs nothing more.
var ErrDeviceLost = errors.New("device lost")

// DType is the type of a tensor's elements. Its values are those of ONNX's
// TensorProto.DataType.
type DType int32

// The element types that cross cuts.
const (
	Float32 DType = 1
	Uint8   DType = 2
	Int8    DType = 3
	Int32   DType = 6
	Int64   DType = 7
	Bool    DType = 9
	Float16 DType = 10
	Float64 DType = 11
)

// Size is the bytes of one element, 0 for a type that braid does not carry.
func (t DType) Size() int {
	switch t {
	case Uint8, Int8, Bool:
		return 1
	case Float16:
		return 2
	case Float32, Int32:
		return 4
	case Int64, Float64:
		return 8
	}
	return 0
}

func (t DType) String() string {
	switch t {
	case Float32:
		return "float32"
	case Uint8:
		return "uint8"
	case Int8:
		return "int8"
	case Int32:
		return "int32"
	case Int64:
		return "int64"
	case Bool:
		return "bool"
	case Float16:
		return "float16"
	case Float64:
		return "float64"
	}
	return fmt.Sprintf("DType(%d)", int32(t))
}

// Layout is how a tensor's elements lie in memory.
type Layout string

// The layouts that cross cuts. In all but Linear channels of a pixel lie together
// and are filled up with zeros.
const (
	Linear Layout = ""      // the last dimension closest, without gaps
	HWC8   Layout = "hwc8"  // all channels, filled up to a multiple of 8: half precision on a GPU
	CHW16  Layout = "chw16" // groups of 16: half precision on a DLA
	CHW32  Layout = "chw32" // groups of 32: int8 on a DLA
)

// group is the number of channels that is filled up to a multiple of.
func (l Layout) group() int64 {
	switch l {
	case Linear:
		return 1
	case HWC8:
		return 8
	case CHW16:
		return 16
	case CHW32:
		return 32
	}
	return 1
}

// TensorDesc is a tensor's name, type, static shape and layout.
type TensorDesc struct {
	Name   string  `json:"name"`
	Type   DType   `json:"type"`
	Shape  []int64 `json:"shape"`
	Layout Layout  `json:"layout,omitempty"`
}

// Elems is the number of elements; 1 for a scalar.
func (d TensorDesc) Elems() int64 {
	n := int64(1)
	for _, s := range d.Shape {
		n *= s
	}
	return n
}

// Bytes is the size of the tensor's data, with what its Layout fills up.
func (d TensorDesc) Bytes() int64 {
	n := d.Elems()
	if g := d.Layout.group(); g > 1 && len(d.Shape) > 1 {
		channels := d.Shape[1]
		n = n / channels * ((channels + g - 1) / g * g)
	}
	return n * int64(d.Type.Size())
}

// Equal compares all of two descriptions.
func (d TensorDesc) Equal(o TensorDesc) bool {
	return d.Name == o.Name && d.Type == o.Type && d.Layout == o.Layout && slices.Equal(d.Shape, o.Shape)
}

// Tensor is a TensorDesc with its data in some device's memory. The memory
// belongs to the Memory it came from.
type Tensor struct {
	TensorDesc
	Device DeviceID
	Data   []byte  // host-visible bytes, nil where only the device sees them
	Ptr    uintptr // address on the device, or of page-locked host memory; 0 for other host memory
}

// Float32s is the data as float32, sharing memory. It panics on another type or
// on memory that the host cannot see.
func (t Tensor) Float32s() []float32 {
	if t.Type != Float32 || t.Data == nil {
		panic(fmt.Sprintf("accel: tensor %q of %v is not host float32", t.Name, t.Type))
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(t.Data))), len(t.Data)/4)
}

// Memory is a set of Tensors allocated together.
type Memory interface {
	Tensors() []Tensor
	Close() error
}
