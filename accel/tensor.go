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

// TensorDesc is a tensor's name, type and static shape.
type TensorDesc struct {
	Name  string  `json:"name"`
	Type  DType   `json:"type"`
	Shape []int64 `json:"shape"`
}

// Elems is the number of elements; 1 for a scalar.
func (d TensorDesc) Elems() int64 {
	n := int64(1)
	for _, s := range d.Shape {
		n *= s
	}
	return n
}

// Bytes is the size of the tensor's data.
func (d TensorDesc) Bytes() int64 { return d.Elems() * int64(d.Type.Size()) }

// Equal compares name, type and shape.
func (d TensorDesc) Equal(o TensorDesc) bool {
	return d.Name == o.Name && d.Type == o.Type && slices.Equal(d.Shape, o.Shape)
}

// Tensor is a TensorDesc with its data in some device's memory. The memory
// belongs to the Memory it came from.
type Tensor struct {
	TensorDesc
	Device DeviceID
	Data   []byte  // host-visible bytes, nil where only the device sees them
	Ptr    uintptr // address on the device; 0 for cpu
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

// Bindings are all tensors of one Job over all Segments, so that a tensor may
// skip Segments. A tensor has one copy per device that writes or reads it.
// Bindings are made at start and never change.
type Bindings struct {
	Index  int // 0 .. in_flight-1
	copies map[bindingKey]Tensor
	memory []Memory
}

type bindingKey struct {
	name   string
	device DeviceID
}

// NewBindings gathers memories, which it owns from then on.
func NewBindings(index int, memories ...Memory) *Bindings {
	b := &Bindings{Index: index, copies: map[bindingKey]Tensor{}, memory: memories}
	for _, m := range memories {
		for _, t := range m.Tensors() {
			b.copies[bindingKey{t.Name, t.Device}] = t
		}
	}
	return b
}

// Tensor finds the copy of a tensor on a device.
func (b *Bindings) Tensor(name string, d DeviceID) (Tensor, bool) {
	t, ok := b.copies[bindingKey{name, d}]
	return t, ok
}

// Bytes is the size of all copies.
func (b *Bindings) Bytes() (n int64) {
	for _, t := range b.copies {
		n += t.Bytes()
	}
	return n
}

// Close frees the memories. Every Call on b must be closed before.
func (b *Bindings) Close() error {
	var errs []error
	for _, m := range slices.Backward(b.memory) {
		errs = append(errs, m.Close())
	}
	b.copies, b.memory = nil, nil
	return errors.Join(errs...)
}
