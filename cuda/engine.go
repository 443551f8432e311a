//go:build cgo && linux

package cuda

// #include "table.h"
import "C"

import (
	"fmt"
	"unsafe"
)

// Engine is a network, ready on a device.
type Engine struct {
	home   *Library
	handle *C.braid_cuda_engine // nil: closed
}

// Load makes an Engine of a blob that Build made, on a GPU or, where dlaCore is
// not NoDLA, on a DLA core of that GPU. The blob is not kept.
func (l *Library) Load(gpu, dlaCore int, blob []byte) (*Engine, error) {
	n := &Engine{home: l}
	err := l.do(on("loading an engine on", gpu), func(e *C.braid_cuda_error) C.int {
		return C.call_engine_load(l.table, l.runtime, C.int32_t(gpu), C.int32_t(dlaCore),
			(*C.uint8_t)(unsafe.SliceData(blob)), C.uint64_t(len(blob)), &n.handle, e)
	})
	if err != nil {
		return nil, err
	}
	return n, nil
}

// do makes one native call on the open engine.
func (n *Engine) do(doing string, f func(C.table_t, *C.braid_cuda_error) C.int) error {
	if n.handle == nil {
		return invalid(doing, "the engine is closed")
	}
	return n.home.do(doing, func(e *C.braid_cuda_error) C.int { return f(n.home.table, e) })
}

// Tensors are the inputs and outputs.
func (n *Engine) Tensors() ([]Tensor, error) {
	var count C.int32_t
	err := n.do("counting an engine's tensors", func(t C.table_t, e *C.braid_cuda_error) C.int {
		return C.call_engine_tensor_count(t, n.handle, &count, e)
	})
	if err != nil {
		return nil, err
	}
	tensors := make([]Tensor, count)
	for i := range tensors {
		if tensors[i], err = n.tensor(i); err != nil {
			return nil, err
		}
	}
	return tensors, nil
}

func (n *Engine) tensor(i int) (Tensor, error) {
	doing := fmt.Sprintf("reading tensor %d of an engine", i)
	var d C.braid_cuda_tensor
	err := n.do(doing, func(t C.table_t, e *C.braid_cuda_error) C.int {
		return C.call_engine_tensor(t, n.handle, C.int32_t(i), &d, e)
	})
	if err != nil {
		return Tensor{}, err
	}
	if d.rank < 0 || d.rank > C.BRAID_CUDA_MAX_DIMS {
		return Tensor{}, failure(doing, C.BRAID_CUDA_INTERNAL, fmt.Sprintf("it has rank %d", d.rank))
	}
	out := Tensor{
		Name: C.GoString(d.name), Input: d.input != 0, Type: Type(d._type), Format: Format(d.format),
		Shape: make([]int64, d.rank), Bytes: int64(d.bytes),
	}
	for i := range out.Shape {
		out.Shape[i] = int64(d.shape[i])
	}
	return out, nil
}

// Memory is the bytes of device memory that one Exec needs besides tensors.
func (n *Engine) Memory() (int64, error) {
	var bytes C.uint64_t
	err := n.do("reading an engine's memory", func(t C.table_t, e *C.braid_cuda_error) C.int {
		return C.call_engine_memory(t, n.handle, &bytes, e)
	})
	return int64(bytes), err
}

// Inspect is TensorRT's description of the engine: JSON with which layer runs
// where, reformats too.
func (n *Engine) Inspect() ([]byte, error) {
	const doing = "inspecting an engine"
	if n.handle == nil {
		return nil, invalid(doing, "the engine is closed")
	}
	return n.home.blob(doing, func(out **C.braid_cuda_blob, e *C.braid_cuda_error) C.int {
		return C.call_engine_inspect(n.home.table, n.handle, out, e)
	})
}

// Close unloads the engine. Every Exec must be closed before.
func (n *Engine) Close() error {
	if n == nil || n.handle == nil {
		return nil
	}
	err := n.do("closing an engine", func(t C.table_t, e *C.braid_cuda_error) C.int {
		return C.call_engine_close(t, n.handle, e)
	})
	n.handle = nil
	return err
}

// Exec is an execution context with a stream of its own.
type Exec struct {
	home   *Library
	handle *C.braid_cuda_exec // nil: closed
}

// NewExec makes an execution context, with Memory bytes of its own. A GPU does what Execs of a higher rank ask for
// first, as far as it tells ranks apart; 0 is the last.
func (n *Engine) NewExec(rank int) (*Exec, error) {
	x := &Exec{home: n.home}
	err := n.do("making an execution context", func(t C.table_t, e *C.braid_cuda_error) C.int {
		return C.call_exec_new(t, n.handle, C.int32_t(rank), &x.handle, e)
	})
	if err != nil {
		return nil, err
	}
	return x, nil
}

// Stretch makes each run of the network take factor times as long as it does, from 1
// to 1000, before any Call is made. All stretched Execs of a GPU share one stream,
// first in first out: the GPU stands in for a slower processor.
func (x *Exec) Stretch(factor float64) error {
	const doing = "stretching an execution context"
	if x.handle == nil {
		return invalid(doing, "the execution context is closed")
	}
	return x.home.do(doing, func(e *C.braid_cuda_error) C.int {
		return C.call_exec_stretch(x.home.table, x.handle, C.double(factor), e)
	})
}

// Close waits for what runs and ends the stream. Every Call must be closed before.
func (x *Exec) Close() error {
	if x == nil || x.handle == nil {
		return nil
	}
	err := x.home.do("closing an execution context", func(e *C.braid_cuda_error) C.int {
		return C.call_exec_close(x.home.table, x.handle, e)
	})
	x.handle = nil
	return err
}
