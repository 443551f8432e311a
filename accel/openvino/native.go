package openvino

// #cgo LDFLAGS: -ldl
// #include "table.h"
import "C"

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"
)

// shared is OpenVINO's C library, open for as long as the process lives.
type shared struct {
	functions *C.ov_functions
	path      string
	version   string // "2026.4.1"
	types     types
}

// loaded is the one library of the process: two would share what the dynamic loader
// knows by name, plugins among it.
var loaded struct {
	sync.Mutex
	*shared
}

// load opens the library at path, or joins it.
func load(path string) (*shared, error) {
	loaded.Lock()
	defer loaded.Unlock()
	err := inspect(path)
	if l := loaded.shared; l != nil && err == nil {
		if l.path != path {
			return nil, fmt.Errorf("opening OpenVINO at %s: this process already uses %s: one library at a time", path, l.path)
		}
		return l, nil
	}
	l := newLibrary(path)
	if err == nil {
		err = l.open()
	}
	if err != nil {
		return nil, fmt.Errorf("opening OpenVINO at %s: %w: %w", path, err, ErrUnavailable)
	}
	loaded.shared = l
	return l, nil
}

func newLibrary(path string) *shared { return &shared{functions: new(C.ov_functions), path: path} }

// open opens the library and asks what it is.
func (l *shared) open() error {
	path := C.CString(l.path)
	defer C.free(unsafe.Pointer(path))
	if why := C.ov_open(l.functions, path); why != nil {
		defer C.free(unsafe.Pointer(why))
		return errors.New(explained(C.GoString(why)))
	}
	var v C.ov_version
	if rc := C.ov_version_of(l.functions, &v); rc != C.OV_OK {
		return l.failed(rc)
	}
	defer C.ov_version_free(l.functions, &v)
	var err error
	if l.version, err = checkVersion(C.GoString(v.build)); err != nil {
		return err
	}
	l.types, err = findTypes(func(number int) int { return int(C.ov_bytes_of_eight(l.functions, C.int(number))) })
	return err
}

// failed is what went wrong in the call before, nil where nothing did.
func (l *shared) failed(rc C.int) error {
	if rc == C.OV_OK {
		return nil
	}
	if text := C.ov_message(l.functions, rc); text != nil {
		defer C.ov_text_free(l.functions, text)
		return errors.New(explained(C.GoString(text)))
	}
	return fmt.Errorf("%s (ov_status_e %d)", C.GoString(C.ov_status_text(l.functions, rc)), int(rc))
}

// text takes over a string of the library's.
func (l *shared) text(s *C.char) string {
	defer C.ov_text_free(l.functions, s)
	return C.GoString(s)
}
