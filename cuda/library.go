//go:build cgo && linux

package cuda

// #cgo LDFLAGS: -ldl
// #include "table.h"
import "C"

import (
	"errors"
	"fmt"
	"unsafe"
)

// Library is the opened library with its runtime.
type Library struct {
	table   C.table_t
	runtime *C.braid_cuda_runtime // nil: closed
}

// Open loads the library at path (see Find) and with it CUDA and TensorRT. The
// error wraps ErrMissing where one of them is missing, with the package that
// brings it, or where the file is no such library or another version's.
// The code stays in the process for good: CUDA cannot be unloaded.
func Open(path string) (*Library, error) {
	doing := "opening the CUDA library " + path
	table, err := load(path, doing)
	if err != nil {
		return nil, err
	}
	l := &Library{table: table}
	var e C.braid_cuda_error
	if rc := C.call_runtime_open(table, &l.runtime, &e); rc != 0 {
		return nil, native(doing, rc, &e)
	}
	return l, nil
}

// load opens the file and checks that it speaks this ABI.
func load(path, doing string) (C.table_t, error) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	var room [1024]C.char
	library := C.open_library(name, &room[0], C.size_t(len(room)))
	if library == nil {
		return nil, missing(doing, explain(C.GoString(&room[0]), path))
	}
	var found C.int
	table := C.find_table(library, &found)
	problem := ""
	switch {
	case found == 0:
		problem = "not braid's library: it has no braid_cuda_table"
	case table == nil:
		problem = "its table is empty: run make cuda again"
	case table.abi != C.BRAID_CUDA_ABI:
		problem = fmt.Sprintf("its ABI is %d and this braid's is %d: run make cuda again", table.abi, C.BRAID_CUDA_ABI)
	case table.size != C.sizeof_braid_cuda_functions:
		problem = fmt.Sprintf("its table has %d bytes and this braid's has %d: run make cuda again", table.size, C.sizeof_braid_cuda_functions)
	default:
		return table, nil
	}
	C.dlclose(library)
	return nil, missing(doing, problem)
}

// Close ends the runtime. Where something of it is still open it may refuse with
// ErrInvalid, and stays open.
func (l *Library) Close() error {
	if l == nil || l.runtime == nil {
		return nil
	}
	err := l.do("closing the CUDA library", func(e *C.braid_cuda_error) C.int {
		return C.call_runtime_close(l.table, l.runtime, e)
	})
	if !errors.Is(err, ErrInvalid) {
		l.runtime = nil
	}
	return err
}

// do makes one native call.
func (l *Library) do(doing string, f func(*C.braid_cuda_error) C.int) error {
	if l.runtime == nil {
		return invalid(doing, "the library is closed")
	}
	var e C.braid_cuda_error
	if rc := f(&e); rc != 0 {
		return native(doing, rc, &e)
	}
	return nil
}

// native makes Go's error of what a native call said.
func native(doing string, code C.int, e *C.braid_cuda_error) error {
	return failure(doing, int(code), fixed(e.message[:]))
}

// fixed is the text in an array, which ends at its zero byte or its end.
func fixed(text []C.char) string {
	b := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(text))), len(text))
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}

// Versions are those of TensorRT and CUDA.
func (l *Library) Versions() (Versions, error) {
	var v C.braid_cuda_versions
	err := l.do("reading the versions of CUDA and TensorRT", func(e *C.braid_cuda_error) C.int {
		return C.call_versions(l.table, l.runtime, &v, e)
	})
	if err != nil {
		return Versions{}, err
	}
	return Versions{TensorRT: TensorRTVersion(v.tensorrt), CUDA: Version(v.cuda), Driver: Version(v.driver)}, nil
}

// Devices are the GPUs; a GPU's number is its index. One that cannot be asked says why in Err.
func (l *Library) Devices() ([]Device, error) {
	var n C.int32_t
	err := l.do("listing GPUs", func(e *C.braid_cuda_error) C.int {
		return C.call_device_count(l.table, l.runtime, &n, e)
	})
	if err != nil {
		return nil, err
	}
	devices := make([]Device, n)
	for i := range devices {
		if devices[i], err = l.device(i); err != nil {
			devices[i] = Device{Err: err}
		}
	}
	return devices, nil
}

func (l *Library) device(gpu int) (Device, error) {
	var d C.braid_cuda_device
	err := l.do(on("reading what", gpu)+" is", func(e *C.braid_cuda_error) C.int {
		return C.call_device(l.table, l.runtime, C.int32_t(gpu), &d, e)
	})
	if err != nil {
		return Device{}, err
	}
	return Device{
		Name:              fixed(d.name[:]),
		ComputeCapability: int(d.compute_capability),
		Multiprocessors:   int(d.multiprocessors),
		DLACores:          int(d.dla_cores),
		Integrated:        d.integrated != 0,
		Memory:            int64(d.memory),
		UUID:              fixed(d.uuid[:]),
	}, nil
}

// on says on which GPU something is done.
func on(doing string, gpu int) string { return fmt.Sprintf("%s gpu:%d", doing, gpu) }
