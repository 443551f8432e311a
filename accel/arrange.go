package accel

import (
	"fmt"
	"math"
)

// Arrange places tensors one behind the other, each at a multiple of alignment, a
// power of two: their offsets and the bytes of all. It refuses a tensor that is
// listed twice, of a type that is not carried, of a shape that is not static, or
// too large.
func Arrange(t []TensorDesc, alignment int64) (offsets []int64, total int64, err error) {
	seen := map[string]bool{}
	for _, desc := range t {
		n, err := desc.Check()
		if err != nil {
			return nil, 0, err
		}
		if seen[desc.Name] {
			return nil, 0, fmt.Errorf("tensor %q is listed twice", desc.Name)
		}
		seen[desc.Name] = true
		if n > math.MaxInt-alignment-total {
			return nil, 0, fmt.Errorf("tensor %q is too large", desc.Name)
		}
		offsets = append(offsets, total)
		total += (n + alignment - 1) &^ (alignment - 1)
	}
	return offsets, total, nil
}

// Check gives the tensor's bytes, as Bytes does, or why it cannot be held.
func (d TensorDesc) Check() (int64, error) {
	n := int64(d.Type.Size())
	if n == 0 {
		return 0, fmt.Errorf("tensor %q: %v is not carried", d.Name, d.Type)
	}
	n *= d.Layout.group() // more than it can fill up
	for _, s := range d.Shape {
		if s <= 0 {
			return 0, fmt.Errorf("tensor %q: shape %v is not static", d.Name, d.Shape)
		}
		if n > math.MaxInt64/s {
			return 0, fmt.Errorf("tensor %q: shape %v is too large", d.Name, d.Shape)
		}
		n *= s
	}
	return d.Bytes(), nil
}
