package openvino

// #include "table.h"
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// core is OpenVINO's own state: which devices there are and how they compile. Each
// compiled network has one of its own, since an imported network takes its settings
// from there and from nowhere else. It takes about 1 ms to make.
type core struct {
	*shared
	native *C.ov_core
}

// setting is a property of OpenVINO's: INFERENCE_NUM_THREADS, 1.
type setting struct{ key, value string }

func (l *shared) newCore() (*core, error) {
	c := &core{shared: l}
	if rc := C.ov_core_create(l.functions, &c.native); rc != C.OV_OK {
		return nil, fmt.Errorf("starting OpenVINO: %w", l.failed(rc))
	}
	return c, nil
}

func (c *core) close() {
	if c.native != nil {
		C.ov_core_free(c.functions, c.native)
		c.native = nil
	}
}

// devices are the names of all devices: CPU, GPU.0, NPU. A plugin that cannot start
// has none.
func (c *core) devices() (names []string, err error) {
	var d C.ov_devices
	if rc := C.ov_core_devices(c.functions, c.native, &d); rc != C.OV_OK {
		return nil, fmt.Errorf("listing devices: %w", c.failed(rc))
	}
	defer C.ov_devices_free(c.functions, &d)
	for _, name := range unsafe.Slice(d.names, int(d.size)) {
		names = append(names, C.GoString(name))
	}
	return names, nil
}

// get is a property of a device.
func (c *core) get(device, key string) (string, error) {
	d, k := C.CString(device), C.CString(key)
	defer C.free(unsafe.Pointer(d))
	defer C.free(unsafe.Pointer(k))
	var value *C.char
	if rc := C.ov_core_get(c.functions, c.native, d, k, &value); rc != C.OV_OK {
		return "", fmt.Errorf("asking for %s of %s: %w", key, device, c.failed(rc))
	}
	return c.text(value), nil
}

// set changes how a kind of device compiles from now on: CPU, GPU, NPU.
func (c *core) set(kind string, settings ...setting) error {
	k := C.CString(kind)
	defer C.free(unsafe.Pointer(k))
	for _, s := range settings {
		key, value := C.CString(s.key), C.CString(s.value)
		rc := C.ov_core_set(c.functions, c.native, k, key, value)
		C.free(unsafe.Pointer(key))
		C.free(unsafe.Pointer(value))
		if rc != C.OV_OK {
			return fmt.Errorf("setting %s to %s: %w", s.key, s.value, c.failed(rc))
		}
	}
	return nil
}

// model is a network that was read and not yet compiled.
type model struct {
	*shared
	native *C.ov_model
	pinner runtime.Pinner // of the ONNX bytes
}

// read reads an ONNX file's bytes, which must not change until the model is closed. A
// layer that OpenVINO does not know is named.
func (c *core) read(onnx []byte) (*model, error) {
	m := &model{shared: c.shared}
	if len(onnx) > 0 {
		m.pinner.Pin(&onnx[0])
	}
	data := (*C.char)(unsafe.Pointer(unsafe.SliceData(onnx)))
	rc := C.ov_core_read(c.functions, c.native, data, C.size_t(len(onnx)), &m.native)
	if rc != C.OV_OK {
		m.pinner.Unpin()
		return nil, c.failed(rc)
	}
	return m, nil
}

func (m *model) close() {
	C.ov_model_free(m.functions, m.native)
	m.pinner.Unpin()
}

// compile makes a network ready for a device.
func (c *core) compile(m *model, device string) (*compiled, error) {
	d := C.CString(device)
	defer C.free(unsafe.Pointer(d))
	out := &compiled{shared: c.shared}
	if rc := C.ov_core_compile(c.functions, c.native, m.native, d, &out.native); rc != C.OV_OK {
		return nil, c.failed(rc)
	}
	return out, nil
}

// load makes what export has written ready for the device that it was compiled for. It
// must lie outside of Go's heap until the network is closed, which reads constants there
// (OpenVINO 2026.4).
func (c *core) load(exported []byte, device string) (*compiled, error) {
	d := C.CString(device)
	defer C.free(unsafe.Pointer(d))
	out := &compiled{shared: c.shared}
	data := (*C.char)(unsafe.Pointer(unsafe.SliceData(exported)))
	rc := C.ov_core_import(c.functions, c.native, data, C.size_t(len(exported)), d, &out.native)
	if rc != C.OV_OK {
		return nil, c.failed(rc)
	}
	return out, nil
}

// export writes a compiled network. The library writes to a path only: it gets a file
// that is nowhere but in memory.
func (m *compiled) export() (data []byte, err error) {
	fd, err := unix.MemfdCreate("openvino", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("making a file in memory: %w", err)
	}
	f := os.NewFile(uintptr(fd), "openvino")
	defer f.Close()
	name := fmt.Sprintf("/proc/self/fd/%d", fd)
	path := C.CString(name)
	defer C.free(unsafe.Pointer(path))
	rc := C.ov_compiled_export(m.functions, m.native, path)
	runtime.KeepAlive(f)
	if rc != C.OV_OK {
		return nil, m.failed(rc)
	}
	return os.ReadFile(name)
}
