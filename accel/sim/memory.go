package sim

import (
	"fmt"
	"slices"
	"sync"

	"braid/accel"
)

// memory is a simulated device's: the host's under another name, so that copies
// between devices are real copies of bytes.
type memory struct {
	home    *Backend
	inner   accel.Memory
	mu      sync.Mutex
	tensors []accel.Tensor
	closed  bool
}

// Alloc makes zeroed memory of a simulated device, by the Backend that computes.
func (b *Backend) Alloc(d accel.DeviceID, t []accel.TensorDesc) (accel.Memory, error) {
	if _, err := b.find(d); err != nil {
		return nil, fmt.Errorf("allocating tensors: %w", err)
	}
	if err := b.hold(&b.memories); err != nil {
		return nil, err
	}
	inner, err := b.options.CPU.Alloc(host, t)
	if err != nil {
		b.drop(&b.memories)
		return nil, fmt.Errorf("on %s: %w", d, err)
	}
	return &memory{home: b, inner: inner, tensors: renamed(inner.Tensors(), d.Memory())}, nil
}

// renamed are tensors as those of another device.
func renamed(tensors []accel.Tensor, d accel.DeviceID) []accel.Tensor {
	out := slices.Clone(tensors)
	for i := range out {
		out[i].Device = d
	}
	return out
}

// Tensors lists the tensors in the order of Alloc.
func (m *memory) Tensors() []accel.Tensor {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.tensors)
}

// Close frees the memory: every Call on it must be closed before. Closing twice
// does nothing.
func (m *memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil
	}
	m.closed, m.tensors = true, nil
	m.home.drop(&m.home.memories)
	return m.inner.Close()
}

// view shows tensors to the Backend that computes. It owns nothing.
type view []accel.Tensor

func (v view) Tensors() []accel.Tensor { return v }
func (view) Close() error              { return nil }
