//go:build cgo && linux

package nvml

// #cgo LDFLAGS: -ldl
// #include "table.h"
import "C"

import (
	"fmt"
	"sync"
	"unsafe"
)

// driverLibrary is where the loader finds NVML. The driver brings it.
const driverLibrary = "libnvidia-ml.so.1"

// Library is NVML, opened at the first GPU that is asked for. Its methods are safe
// for concurrent use; no GPU may be used after Close.
type Library struct {
	path string

	mu        sync.Mutex
	tried     bool
	functions *C.nvml_functions // nil: not open
}

// New makes a Library and opens nothing yet.
func New() *Library { return &Library{path: driverLibrary} }

// GPU finds a GPU by its UUID, "GPU-…", as CUDA and NVML both write it: their
// numbers differ where CUDA_VISIBLE_DEVICES or CUDA's order by speed says so. It is
// false where there is no such GPU or no driver that tells of it.
func (l *Library) GPU(uuid string) (GPU, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.load()
	if l.functions == nil || uuid == "" {
		return GPU{}, false
	}
	name := C.CString(uuid)
	defer C.free(unsafe.Pointer(name))
	var device C.nvmlDevice_t
	rc := C.nvml_by_uuid(l.functions, name, &device)
	return GPU{l.functions, device}, rc == C.NVML_SUCCESS
}

// load opens NVML once, unless it is missing, too old or without a driver.
func (l *Library) load() {
	if l.tried {
		return
	}
	l.tried = true
	path := C.CString(l.path)
	defer C.free(unsafe.Pointer(path))
	f := new(C.nvml_functions) // apart from l: C may see no memory with pointers of Go in it
	if C.nvml_open(f, path) != 0 {
		l.functions = f
	}
}

// Close ends NVML, where it is open. There are no GPUs after that.
func (l *Library) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tried = true // it stays closed
	f := l.functions
	if f == nil {
		return nil
	}
	l.functions = nil
	if rc := C.nvml_shutdown(f); rc != C.NVML_SUCCESS {
		return fmt.Errorf("closing NVML: error %d (nvmlReturn_t)", rc)
	}
	return nil
}
