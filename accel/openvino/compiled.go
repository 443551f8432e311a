package openvino

// #include "table.h"
import "C"

import (
	"fmt"
	"slices"
	"time"
	"unsafe"

	"braid/accel"
)

// compiled is a network that is ready to run on a device.
type compiled struct {
	*shared
	native *C.ov_compiled_model
	own    *core // that it was loaded with, and which nobody else uses; nil: it is somebody else's
}

func (m *compiled) close() {
	C.ov_compiled_free(m.functions, m.native)
	if m.own != nil {
		m.own.close()
	}
}

// get is a property of the compiled network.
func (m *compiled) get(key string) (string, error) {
	k := C.CString(key)
	defer C.free(unsafe.Pointer(k))
	var value *C.char
	if rc := C.ov_compiled_get(m.functions, m.native, k, &value); rc != C.OV_OK {
		return "", fmt.Errorf("asking for %s: %w", key, m.failed(rc))
	}
	return m.text(value), nil
}

// checkAll holds a network's inputs and outputs against what the Segment says of them.
func (m *compiled) checkAll(in, out []accel.TensorDesc) error {
	for _, d := range in {
		if err := m.check(d, true); err != nil {
			return err
		}
	}
	for _, d := range out {
		if err := m.check(d, false); err != nil {
			return err
		}
	}
	return nil
}

// check holds an input or output against what the Segment says of it.
func (m *compiled) check(d accel.TensorDesc, input bool) error {
	name := C.CString(d.Name)
	defer C.free(unsafe.Pointer(name))
	isInput := C.int(0)
	if input {
		isInput = 1
	}
	var port *C.ov_const_port
	if rc := C.ov_compiled_port(m.functions, m.native, isInput, name, &port); rc != C.OV_OK {
		return fmt.Errorf("tensor %q: the network does not have it: %w", d.Name, m.failed(rc))
	}
	defer C.ov_port_free(m.functions, port)
	var number C.int
	if rc := C.ov_port_type(m.functions, port, &number); rc != C.OV_OK {
		return fmt.Errorf("tensor %q: asking for its type: %w", d.Name, m.failed(rc))
	}
	var shape C.ov_shape
	if rc := C.ov_port_shape(m.functions, port, &shape); rc != C.OV_OK {
		return fmt.Errorf("tensor %q: asking for its shape: %w", d.Name, m.failed(rc))
	}
	defer C.ov_shape_free(m.functions, &shape)
	has := accel.TensorDesc{Name: d.Name, Type: m.types.typed(int(number)), Shape: make([]int64, int(shape.rank))}
	for i, n := range unsafe.Slice(shape.dims, int(shape.rank)) {
		has.Shape[i] = int64(n)
	}
	if !has.Equal(d) {
		return fmt.Errorf("tensor %q: the network has %v %v, the segment says %v %v", d.Name, has.Type, has.Shape, d.Type, d.Shape)
	}
	return nil
}

// request is one inference at a time on tensors that are set once.
type request struct {
	*shared
	native  *C.ov_infer_request
	tensors []*C.ov_tensor
}

func (m *compiled) request() (*request, error) {
	r := &request{shared: m.shared}
	if rc := C.ov_compiled_request(m.functions, m.native, &r.native); rc != C.OV_OK {
		return nil, fmt.Errorf("making an infer request: %w", m.failed(rc))
	}
	return r, nil
}

// tie makes a tensor's memory, which lies outside of Go's heap, an input or output.
func (r *request) tie(t accel.Tensor) error {
	name := C.CString(t.Name)
	defer C.free(unsafe.Pointer(name))
	dims := append(slices.Clone(t.Shape), 0) // never empty
	var tensor *C.ov_tensor
	rc := C.ov_tensor_on(r.functions, C.int(r.types[t.Type]), C.int64_t(len(t.Shape)), (*C.int64_t)(&dims[0]), unsafe.Pointer(unsafe.SliceData(t.Data)), &tensor)
	if rc != C.OV_OK {
		return r.failed(rc)
	}
	r.tensors = append(r.tensors, tensor)
	return r.failed(C.ov_request_set(r.functions, r.native, name, tensor))
}

// infer runs on the thread that calls it and, where the network was compiled for
// several, on TBB's.
func (r *request) infer() error {
	if rc := C.ov_request_infer(r.functions, r.native); rc != C.OV_OK {
		return r.failed(rc)
	}
	return nil
}

// start enqueues a run; wait waits for its end.
func (r *request) start() error {
	if rc := C.ov_request_start(r.functions, r.native); rc != C.OV_OK {
		return r.failed(rc)
	}
	return nil
}

func (r *request) wait() error {
	if rc := C.ov_request_wait(r.functions, r.native); rc != C.OV_OK {
		return r.failed(rc)
	}
	return nil
}

// layers are the times of the last run, in the order of execution, where the network
// was compiled to take them.
func (r *request) layers() (times []accel.LayerTime, err error) {
	var l C.ov_layers
	if rc := C.ov_request_layers(r.functions, r.native, &l); rc != C.OV_OK {
		return nil, r.failed(rc)
	}
	defer C.ov_layers_free(r.functions, &l)
	const ran = 2
	for _, layer := range unsafe.Slice(l.layers, int(l.size)) {
		if layer.status == ran {
			times = append(times, accel.LayerTime{Name: C.GoString(layer.node), Time: time.Duration(layer.real_time) * time.Microsecond})
		}
	}
	return times, nil
}

func (r *request) close() {
	C.ov_request_free(r.functions, r.native)
	for _, t := range r.tensors {
		C.ov_tensor_free(r.functions, t)
	}
}
