package hostcpu

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
// Go's heap because runtimes keep its address between runs.
type memory struct {
	freed   func()
	mu      sync.Mutex
	data    []byte
	tensors []accel.Tensor
	closed  bool
}

// Alloc makes zeroed host memory for t: page aligned as a whole, each tensor on
// a 64-byte boundary. Every page is touched, so that the first frame meets none
// that the kernel has yet to find. The tensors' device is "cpu", whichever runtime
// serves it. freed is called once, when the memory is closed.
func Alloc(t []accel.TensorDesc, freed func()) (accel.Memory, error) {
	for _, desc := range t {
		if desc.Layout != accel.Linear {
			return nil, fmt.Errorf("tensor %q: layout %s is a device's", desc.Name, desc.Layout)
		}
	}
	offsets, total, err := accel.Arrange(t, alignment)
	if err != nil {
		return nil, err
	}
	m := &memory{freed: freed}
	if total > 0 {
		if m.data, err = unix.Mmap(-1, 0, int(total), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE); err != nil {
			return nil, fmt.Errorf("%d bytes: %w", total, err)
		}
	}
	for page := 0; page < len(m.data); page += unix.Getpagesize() {
		m.data[page] = 0
	}
	for i, desc := range t {
		end := offsets[i] + desc.Bytes()
		m.tensors = append(m.tensors, accel.Tensor{TensorDesc: desc, Device: "cpu", Data: m.data[offsets[i]:end:end]})
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
	m.freed()
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
