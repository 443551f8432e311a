package trt

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"braid/accel"
	"braid/cuda"
)

// alignment of each tensor: what TensorRT asks of an address.
const alignment = 256

// memory is one allocation that holds a set of tensors.
type memory struct {
	home    *Backend
	free    func() error
	mu      sync.Mutex
	tensors []accel.Tensor
}

// Alloc makes zeroed memory: of the device, or page-locked for "cpu", which copies
// to and from a device need. A tensor of page-locked memory has both Data and Ptr.
func (b *Backend) Alloc(d accel.DeviceID, t []accel.TensorDesc) (accel.Memory, error) {
	m, err := b.alloc(d.Memory(), t)
	if err != nil {
		return nil, fmt.Errorf("allocating tensors on %s: %w", d, err)
	}
	return m, nil
}

func (b *Backend) alloc(d accel.DeviceID, t []accel.TensorDesc) (_ *memory, err error) {
	var at place
	if d != host {
		if at, err = b.find(d); err != nil {
			return nil, err
		}
	}
	offsets, total, err := accel.Arrange(t, alignment)
	if err != nil {
		return nil, err
	}
	if err := b.hold(&b.memories); err != nil {
		return nil, err
	}
	m := &memory{home: b, free: func() error { return nil }}
	if total == 0 {
		return m, nil
	}
	var base cuda.Address
	var data []byte
	err = b.roomy(func() (err error) {
		if d == host {
			data, base, err = b.lib.AllocHost(total)
			m.free = func() error { return b.lib.FreeHost(base) }
		} else {
			base, err = b.lib.AllocDevice(at.gpu, total)
			m.free = func() error { return b.lib.FreeDevice(at.gpu, base) }
		}
		return err
	})
	if err != nil {
		b.drop(&b.memories)
		return nil, explain(err)
	}
	for i, desc := range t {
		tensor := accel.Tensor{TensorDesc: desc, Device: d, Ptr: uintptr(base) + uintptr(offsets[i])}
		if data != nil {
			end := offsets[i] + desc.Bytes()
			tensor.Data = data[offsets[i]:end:end]
		}
		m.tensors = append(m.tensors, tensor)
	}
	return m, nil
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
	if m.free == nil {
		return nil
	}
	free := m.free
	m.free, m.tensors = nil, nil
	m.home.drop(&m.home.memories)
	if err := closing(free()); err != nil {
		return fmt.Errorf("freeing tensors: %w", err)
	}
	return nil
}

// gpuOf is the library's number of a memory.
func (b *Backend) gpuOf(d accel.DeviceID) (int, error) {
	if d == host {
		return cuda.Host, nil
	}
	p, err := b.find(d)
	return p.gpu, err
}

// placeOf is where a tensor's copy lies.
func (b *Backend) placeOf(t accel.Tensor) (cuda.Place, error) {
	if t.Ptr == 0 {
		return cuda.Place{}, errors.New("its memory on " + string(t.Device) + " is not page-locked: a device cannot reach it")
	}
	gpu, err := b.gpuOf(t.Device)
	return cuda.Place{GPU: gpu, Address: cuda.Address(t.Ptr)}, err
}
