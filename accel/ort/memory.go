package ort

import (
	"fmt"

	"braid/accel"
	"braid/accel/hostcpu"
)

// Alloc makes zeroed host memory for t: see hostcpu.Alloc. The tensors' device is
// "cpu" for "cpu/ort" too.
func (b *Backend) Alloc(d accel.DeviceID, t []accel.TensorDesc) (accel.Memory, error) {
	if err := serves(d); err != nil {
		return nil, fmt.Errorf("allocating tensors: %w", err)
	}
	if err := b.hold(&b.memories); err != nil {
		return nil, err
	}
	m, err := hostcpu.Alloc(t, func() { b.drop(&b.memories) })
	if err != nil {
		b.drop(&b.memories)
		return nil, fmt.Errorf("allocating tensors on %s: %w", d, err)
	}
	return m, nil
}
