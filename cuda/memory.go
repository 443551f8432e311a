//go:build cgo && linux

package cuda

// #include "table.h"
import "C"

import (
	"fmt"
	"unsafe"
)

// AllocDevice makes zeroed memory of a GPU, aligned to 256 bytes, which
// FreeDevice frees. The error wraps ErrOutOfMemory where there is no more.
func (l *Library) AllocDevice(gpu int, bytes int64) (Address, error) {
	doing := fmt.Sprintf("allocating %d bytes on gpu:%d", bytes, gpu)
	if bytes <= 0 {
		return 0, invalid(doing, "there must be some")
	}
	var p C.uintptr_t
	err := l.do(doing, func(e *C.braid_cuda_error) C.int {
		return C.call_alloc_device(l.table, l.runtime, C.int32_t(gpu), C.uint64_t(bytes), &p, e)
	})
	return Address(p), err
}

// FreeDevice frees memory that AllocDevice made on the same GPU. Every Call that
// uses it must be closed before. Address 0 is no memory, and no error.
func (l *Library) FreeDevice(gpu int, p Address) error {
	if p == 0 {
		return nil
	}
	return l.do(on("freeing memory of", gpu), func(e *C.braid_cuda_error) C.int {
		return C.call_free_device(l.table, l.runtime, C.int32_t(gpu), C.uintptr_t(p), e)
	})
}

// AllocHost makes zeroed page-locked memory, aligned to 256 bytes, which every
// GPU reaches: what Go sees of it and its address. FreeHost frees it, and the
// bytes must not be touched from then on.
func (l *Library) AllocHost(bytes int64) ([]byte, Address, error) {
	doing := fmt.Sprintf("allocating %d bytes of page-locked memory", bytes)
	if bytes <= 0 {
		return nil, 0, invalid(doing, "there must be some")
	}
	var p *C.uint8_t
	err := l.do(doing, func(e *C.braid_cuda_error) C.int {
		return C.call_alloc_host(l.table, l.runtime, C.uint64_t(bytes), &p, e)
	})
	if err != nil {
		return nil, 0, err
	}
	return unsafe.Slice((*byte)(p), bytes), Address(unsafe.Pointer(p)), nil
}

// FreeHost frees memory that AllocHost made. Every Call that uses it must be
// closed before. Address 0 is no memory, and no error.
func (l *Library) FreeHost(p Address) error {
	if p == 0 {
		return nil
	}
	return l.do("freeing page-locked memory", func(e *C.braid_cuda_error) C.int {
		return C.call_free_host(l.table, l.runtime, C.uintptr_t(p), e)
	})
}

// Peer lets GPU from reach the memory of GPU to. Where direct is false copies
// between them work too, through the host.
func (l *Library) Peer(from, to int) (direct bool, err error) {
	var d C.int32_t
	doing := fmt.Sprintf("letting gpu:%d reach the memory of gpu:%d", from, to)
	err = l.do(doing, func(e *C.braid_cuda_error) C.int {
		return C.call_peer(l.table, l.runtime, C.int32_t(from), C.int32_t(to), &d, e)
	})
	return d != 0, err
}

// blob takes the bytes that f makes into Go's memory.
func (l *Library) blob(doing string, f func(**C.braid_cuda_blob, *C.braid_cuda_error) C.int) ([]byte, error) {
	var b *C.braid_cuda_blob
	if err := l.do(doing, func(e *C.braid_cuda_error) C.int { return f(&b, e) }); err != nil {
		return nil, err
	}
	var data *C.uint8_t
	var size C.uint64_t
	err := l.do(doing, func(e *C.braid_cuda_error) C.int { return C.call_blob_data(l.table, b, &data, &size, e) })
	var bytes []byte
	if err == nil {
		bytes = make([]byte, size)
		copy(bytes, unsafe.Slice((*byte)(data), int(size)))
	}
	closing := l.do(doing, func(e *C.braid_cuda_error) C.int { return C.call_blob_close(l.table, b, e) })
	if err == nil {
		err = closing
	}
	if err != nil {
		return nil, err
	}
	return bytes, nil
}
