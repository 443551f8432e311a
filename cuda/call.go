//go:build cgo && linux

package cuda

// #include "table.h"
import "C"

import (
	"fmt"
	"unsafe"
)

// Call is an Exec bound to tensors, with an event at its end: Tensor for each
// tensor of the engine, CopyBefore and CopyAfter for what is to be copied, then
// Ready, then Start and Wait as often as wanted.
type Call struct {
	home   *Library
	table  C.table_t
	handle *C.braid_cuda_call // nil: closed
	// err is in C's memory, so that Start and Wait need none of Go's.
	err *C.braid_cuda_error
}

// NewCall makes a Call. With spin Wait spins instead of sleeping.
func (x *Exec) NewCall(spin bool) (*Call, error) {
	const doing = "making a call"
	if x.handle == nil {
		return nil, invalid(doing, "the execution context is closed")
	}
	spins := C.int32_t(0)
	if spin {
		spins = 1
	}
	c := &Call{home: x.home, table: x.home.table}
	err := x.home.do(doing, func(e *C.braid_cuda_error) C.int {
		return C.call_call_new(c.table, x.handle, spins, &c.handle, e)
	})
	if err != nil {
		return nil, err
	}
	c.err = (*C.braid_cuda_error)(C.calloc(1, C.sizeof_braid_cuda_error))
	return c, nil
}

// do makes one native call on the open call.
func (c *Call) do(doing string, f func(*C.braid_cuda_error) C.int) error {
	if c.handle == nil {
		return invalid(doing, "the call is closed")
	}
	return c.home.do(doing, f)
}

// Tensor binds a tensor of the engine to memory of its GPU, of a GPU that it
// reaches (see Peer) or page-locked memory, which must outlive the Call.
func (c *Call) Tensor(name string, p Address) error {
	text := C.CString(name)
	defer C.free(unsafe.Pointer(text))
	return c.do(fmt.Sprintf("binding tensor %q", name), func(e *C.braid_cuda_error) C.int {
		return C.call_call_tensor(c.table, c.handle, text, C.uintptr_t(p), e)
	})
}

// CopyBefore copies bytes before the network runs, in the order of the calls.
// Both memories must outlive the Call.
func (c *Call) CopyBefore(dst, src Place, bytes int64) error {
	return c.copy("adding a copy before a network", C.BRAID_CUDA_BEFORE, dst, src, bytes)
}

// CopyAfter copies bytes behind the network's run, in the order of the calls.
// Both memories must outlive the Call.
func (c *Call) CopyAfter(dst, src Place, bytes int64) error {
	return c.copy("adding a copy behind a network", C.BRAID_CUDA_AFTER, dst, src, bytes)
}

// CopyOnDemand copies bytes before the network runs in a Start that asks for it:
// the first one added is bit 0 of Start's wanted. There can be 64. Both memories
// must outlive the Call.
func (c *Call) CopyOnDemand(dst, src Place, bytes int64) error {
	return c.copy("adding a copy on demand", C.BRAID_CUDA_ON_DEMAND, dst, src, bytes)
}

func (c *Call) copy(doing string, when C.int32_t, dst, src Place, bytes int64) error {
	if bytes <= 0 {
		return invalid(doing, fmt.Sprintf("%d bytes are nothing to copy", bytes))
	}
	return c.do(doing, func(e *C.braid_cuda_error) C.int {
		return C.call_call_copy(c.table, c.handle, when, C.uintptr_t(dst.Address), C.int32_t(dst.GPU),
			C.uintptr_t(src.Address), C.int32_t(src.GPU), C.uint64_t(bytes), e)
	})
}

// Ready runs the Call once, waits for it, and with graph captures a CUDA graph of
// all that Start does from then on.
func (c *Call) Ready(graph bool) error {
	captures := C.int32_t(0)
	if graph {
		captures = 1
	}
	return c.do("readying a call", func(e *C.braid_cuda_error) C.int {
		return C.call_call_ready(c.table, c.handle, captures, e)
	})
}

// Start enqueues copies and network behind the end of after, which may be of
// another Exec (nil: nothing to wait for). Bit i of wanted asks for the i-th copy on
// demand. It does not block and allocates nothing.
func (c *Call) Start(after *Call, wanted uint64) error {
	const doing = "starting a call"
	var behind *C.braid_cuda_call
	if after != nil {
		if after.handle == nil {
			return invalid(doing, "the call before it is closed")
		}
		behind = after.handle
	}
	if c.handle == nil {
		return invalid(doing, "the call is closed")
	}
	if rc := C.call_call_start(c.table, c.handle, behind, C.uint64_t(wanted), c.err); rc != 0 {
		return native(doing, rc, c.err)
	}
	return nil
}

// Profile runs a ready Call as a whole and layer after layer, these on a context of their
// own with as much memory as the Exec for as long, and waits: how long each took on the
// device, JSON {"run_ms":…,"at_once":true,"layers":[{"layer":…,"ms":…}]} in the order of
// the run, named as Inspect does. A DLA is one layer. Not at once: a layer may have waited
// for its launch.
func (c *Call) Profile() ([]byte, error) {
	const doing = "profiling a call"
	if c.handle == nil {
		return nil, invalid(doing, "the call is closed")
	}
	return c.home.blob(doing, func(out **C.braid_cuda_blob, e *C.braid_cuda_error) C.int {
		return C.call_call_profile(c.table, c.handle, out, e)
	})
}

// Wait waits for what the last Start enqueued, and allocates nothing. An error of
// the run comes back here; nothing of it runs any more then either, unless the device
// is lost.
func (c *Call) Wait() error {
	const doing = "waiting for a call"
	if c.handle == nil {
		return invalid(doing, "the call is closed")
	}
	if rc := C.call_call_wait(c.table, c.handle, c.err); rc != 0 {
		return native(doing, rc, c.err)
	}
	return nil
}

// Close waits for what was started and drops the Call.
func (c *Call) Close() error {
	if c == nil || c.handle == nil {
		return nil
	}
	err := c.do("closing a call", func(e *C.braid_cuda_error) C.int {
		return C.call_call_close(c.table, c.handle, e)
	})
	C.free(unsafe.Pointer(c.err))
	c.handle, c.err = nil, nil
	return err
}
