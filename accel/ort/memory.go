package ort

import (
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sys/unix"

	"braid/accel"
)

// alignment of each tensor: a cache line, and the widest vector load.
const alignment = 64

// memory is one anonymous mapping that holds a set of tensors. It lies outside
// Go's heap because ONNX Runtime keeps its address between runs.
type memory struct {
	home    *Backend
	mu      sync.Mutex
	data    []byte
	tensors []accel.Tensor
	closed  bool
}

// Alloc makes zeroed host memory for t: page aligned as a whole, each tensor on
// a 64-byte boundary. Every page is touched, so that the first frame meets none
// that the kernel has yet to find. The tensors' device is "cpu" for "cpu/ort" too.
func (b *Backend) Alloc(d accel.DeviceID, t []accel.TensorDesc) (accel.Memory, error) {
	if err := serves(d); err != nil {
		return nil, fmt.Errorf("allocating tensors: %w", err)
	}
	for _, desc := range t {
		if desc.Layout != accel.Linear {
			return nil, fmt.Errorf("allocating tensors on %s: tensor %q: layout %s is a device's", d, desc.Name, desc.Layout)
		}
	}
	offsets, total, err := accel.Arrange(t, alignment)
	if err != nil {
		return nil, fmt.Errorf("allocating tensors on %s: %w", d, err)
	}
	if err := b.hold(&b.memories); err != nil {
		return nil, err
	}
	m := &memory{home: b}
	if total > 0 {
		if m.data, err = unix.Mmap(-1, 0, int(total), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE); err != nil {
			b.drop(&b.memories)
			return nil, fmt.Errorf("allocating %d bytes on %s: %w", total, d, err)
		}
	}
	for page := 0; page < len(m.data); page += unix.Getpagesize() {
		m.data[page] = 0
	}
	for i, desc := range t {
		end := offsets[i] + desc.Bytes()
		m.tensors = append(m.tensors, accel.Tensor{TensorDesc: desc, Device: cpu, Data: m.data[offsets[i]:end:end]})
	}
	return m, nil
}

// Tensors lists the tensors in the order of Alloc.
func (m *memory) Tensors() []accel.Tensor {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.tensors)
}

// Close unmaps the memory: every Call on it must be closed before. Closing
// twice does nothing.
func (m *memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil
	}
	m.closed = true
	m.home.drop(&m.home.memories)
	data := m.data
	m.data, m.tensors = nil, nil
	if data == nil {
		return nil
	}
	if err := unix.Munmap(data); err != nil {
		return fmt.Errorf("freeing tensors: %w", err)
	}
	return nil
}
