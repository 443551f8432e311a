package ort

import (
	"fmt"
	"math"
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
	if err := b.Supports(nil, d); err != nil {
		return nil, fmt.Errorf("allocating tensors: %w", err)
	}
	offsets, total, err := layout(t)
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

// layout places the tensors one behind the other.
func layout(t []accel.TensorDesc) (offsets []int64, total int64, err error) {
	seen := map[string]bool{}
	for _, desc := range t {
		n, err := size(desc)
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

// size is the tensor's bytes, or why it cannot be held.
func size(desc accel.TensorDesc) (int64, error) {
	n := int64(desc.Type.Size())
	if n == 0 {
		return 0, fmt.Errorf("tensor %q: %v is not carried", desc.Name, desc.Type)
	}
	for _, s := range desc.Shape {
		if s <= 0 {
			return 0, fmt.Errorf("tensor %q: shape %v is not static", desc.Name, desc.Shape)
		}
		if n > math.MaxInt64/s {
			return 0, fmt.Errorf("tensor %q: shape %v is too large", desc.Name, desc.Shape)
		}
		n *= s
	}
	return n, nil
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
