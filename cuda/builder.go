//go:build cgo && linux

package cuda

// #include "table.h"
import "C"

import (
	"fmt"
	"unsafe"
)

// Builder is a network on its way to an engine blob: Parse once, then set what is
// to be set, then Build once.
type Builder struct {
	home   *Library
	handle *C.braid_cuda_builder // nil: closed
}

// NewBuilder starts a build on a GPU, which tactics are timed on.
func (l *Library) NewBuilder(gpu int) (*Builder, error) {
	b := &Builder{home: l}
	err := l.do(on("making a builder on", gpu), func(e *C.braid_cuda_error) C.int {
		return C.call_builder_new(l.table, l.runtime, C.int32_t(gpu), &b.handle, e)
	})
	if err != nil {
		return nil, err
	}
	return b, nil
}

// do makes one native call on the open builder.
func (b *Builder) do(doing string, f func(C.table_t, *C.braid_cuda_error) C.int) error {
	if b.handle == nil {
		return invalid(doing, "the builder is closed")
	}
	return b.home.do(doing, func(e *C.braid_cuda_error) C.int { return f(b.home.table, e) })
}

// Parse reads an ONNX file's bytes, which are copied.
func (b *Builder) Parse(onnx []byte) error {
	return b.do("parsing a network for TensorRT", func(t C.table_t, e *C.braid_cuda_error) C.int {
		return C.call_builder_parse(t, b.handle, (*C.uint8_t)(unsafe.SliceData(onnx)), C.uint64_t(len(onnx)), e)
	})
}

// Flag sets or clears a flag. Precisions are flags; with none of them the engine
// is FP32.
func (b *Builder) Flag(f Flag, on bool) error {
	value := C.int32_t(0)
	if on {
		value = 1
	}
	return b.do(fmt.Sprintf("setting builder flag %d", f), func(t C.table_t, e *C.braid_cuda_error) C.int {
		return C.call_builder_flag(t, b.handle, C.int32_t(f), value, e)
	})
}

// DLA sends layers to a DLA core of the builder's GPU by default.
func (b *Builder) DLA(core int) error {
	doing := fmt.Sprintf("choosing DLA core %d", core)
	if core < 0 {
		return invalid(doing, "cores count from 0")
	}
	return b.device(doing, core)
}

// GPU sends layers to the GPU by default, as it is at first.
func (b *Builder) GPU() error { return b.device("choosing the GPU", NoDLA) }

func (b *Builder) device(doing string, core int) error {
	return b.do(doing, func(t C.table_t, e *C.braid_cuda_error) C.int {
		return C.call_builder_device(t, b.handle, C.int32_t(core), e)
	})
}

// Pool limits a pool to some bytes.
func (b *Builder) Pool(p Pool, bytes int64) error {
	doing := fmt.Sprintf("limiting builder pool %d to %d bytes", p, bytes)
	if bytes < 0 {
		return invalid(doing, "there are no fewer than 0")
	}
	return b.do(doing, func(t C.table_t, e *C.braid_cuda_error) C.int {
		return C.call_builder_pool(t, b.handle, C.int32_t(p), C.uint64_t(bytes), e)
	})
}

// Level is the optimisation level, 0 (fast to build) to 5.
func (b *Builder) Level(level int) error {
	return b.do(fmt.Sprintf("setting optimisation level %d", level), func(t C.table_t, e *C.braid_cuda_error) C.int {
		return C.call_builder_level(t, b.handle, C.int32_t(level), e)
	})
}

// IO sets type and layout of an input or output.
func (b *Builder) IO(tensor string, typ Type, format Format) error {
	name := C.CString(tensor)
	defer C.free(unsafe.Pointer(name))
	return b.do(fmt.Sprintf("setting type and format of tensor %q", tensor), func(t C.table_t, e *C.braid_cuda_error) C.int {
		return C.call_builder_io(t, b.handle, name, C.int32_t(typ), C.int32_t(format), e)
	})
}

// Range sets the dynamic range of a tensor, -amax to amax, for INT8 without Q/DQ.
func (b *Builder) Range(tensor string, amax float32) error {
	name := C.CString(tensor)
	defer C.free(unsafe.Pointer(name))
	return b.do(fmt.Sprintf("setting the range of tensor %q", tensor), func(t C.table_t, e *C.braid_cuda_error) C.int {
		return C.call_builder_range(t, b.handle, name, C.float(amax), e)
	})
}

// TimingCache gives the builder times of an earlier Timings. A foreign cache is
// refused with ErrInvalid, and the builder goes on without.
func (b *Builder) TimingCache(data []byte) error {
	return b.do("reading a timing cache", func(t C.table_t, e *C.braid_cuda_error) C.int {
		return C.call_builder_timing_cache(t, b.handle, (*C.uint8_t)(unsafe.SliceData(data)), C.uint64_t(len(data)), e)
	})
}

// Layers is what the layers of the parsed network are and which of them a DLA
// could run, JSON: [{"layer":…,"type":…,"dla":true}].
func (b *Builder) Layers() ([]byte, error) {
	return b.blob("listing layers", func(t C.table_t, out **C.braid_cuda_blob, e *C.braid_cuda_error) C.int {
		return C.call_builder_layers(t, b.handle, out, e)
	})
}

// Build compiles the network. The engine blob is for this version of TensorRT
// and this kind of GPU only.
func (b *Builder) Build() ([]byte, error) {
	return b.blob("building an engine", func(t C.table_t, out **C.braid_cuda_blob, e *C.braid_cuda_error) C.int {
		return C.call_builder_build(t, b.handle, out, e)
	})
}

// Timings are the times of tactics after Build, for a TimingCache.
func (b *Builder) Timings() ([]byte, error) {
	return b.blob("reading the times of tactics", func(t C.table_t, out **C.braid_cuda_blob, e *C.braid_cuda_error) C.int {
		return C.call_builder_timings(t, b.handle, out, e)
	})
}

func (b *Builder) blob(doing string, f func(C.table_t, **C.braid_cuda_blob, *C.braid_cuda_error) C.int) ([]byte, error) {
	if b.handle == nil {
		return nil, invalid(doing, "the builder is closed")
	}
	return b.home.blob(doing, func(out **C.braid_cuda_blob, e *C.braid_cuda_error) C.int {
		return f(b.home.table, out, e)
	})
}

// Close drops the network.
func (b *Builder) Close() error {
	if b == nil || b.handle == nil {
		return nil
	}
	err := b.do("closing a builder", func(t C.table_t, e *C.braid_cuda_error) C.int {
		return C.call_builder_close(t, b.handle, e)
	})
	b.handle = nil
	return err
}
