//go:build cgo && linux

package cudatest

// #include "control.h"
import "C"

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"
)

// Evaluator computes a network's outputs from its inputs, all in row-major order
// whatever the layouts of the engine are. The slices are C's memory, and good
// until it returns. Several goroutines may call it at once.
type Evaluator func(onnx []byte, in, out map[string][]float32) error

// fakes are those that C may call back for. Package state, because C keeps no Go
// pointer: a stand-in hands back the number it was given.
var fakes struct {
	sync.Mutex
	last uint64
	by   map[uint64]*Fake
}

func register(f *Fake) uint64 {
	fakes.Lock()
	defer fakes.Unlock()
	if fakes.by == nil {
		fakes.by = map[uint64]*Fake{}
	}
	fakes.last++
	fakes.by[fakes.last] = f
	return fakes.last
}

func unregister(owner uint64) {
	fakes.Lock()
	defer fakes.Unlock()
	delete(fakes.by, owner)
}

//export braidCudaEvaluate
func braidCudaEvaluate(owner, id C.uint64_t, onnx unsafe.Pointer, size C.uint64_t, in *C.braid_cuda_fake_array, ins C.int32_t,
	out *C.braid_cuda_fake_array, outs C.int32_t, message *C.char, room C.uint64_t,
) C.int {
	fakes.Lock()
	f := fakes.by[uint64(owner)]
	fakes.Unlock()
	err := errors.New("the test of this stand-in has ended")
	if f != nil {
		err = f.evaluate(uint64(id), unsafe.Slice((*byte)(onnx), int(size)), arrays(in, ins), arrays(out, outs))
	}
	if err == nil {
		return 0
	}
	said := unsafe.Slice((*byte)(unsafe.Pointer(message)), int(room))
	said[copy(said[:len(said)-1], err.Error())] = 0
	return 1
}

// callBack does what C does, with no tensors; a test file has no place for C's types.
func callBack(owner uint64) (code int, message string) {
	var room [256]C.char
	rc := braidCudaEvaluate(C.uint64_t(owner), 0, nil, 0, nil, 0, nil, 0, &room[0], C.uint64_t(len(room)))
	return int(rc), C.GoString(&room[0])
}

// arrays are C's arrays by name, in place.
func arrays(first *C.braid_cuda_fake_array, n C.int32_t) map[string][]float32 {
	m := make(map[string][]float32, n)
	for _, a := range unsafe.Slice(first, int(n)) {
		m[C.GoString(a.name)] = unsafe.Slice((*float32)(a.values), int(a.count))
	}
	return m
}

// evaluate computes one run. A panic must not get into C.
func (f *Fake) evaluate(id uint64, onnx []byte, in, out map[string][]float32) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("evaluating a network: %v", p)
		}
	}()
	f.mu.Lock()
	e := f.evaluator
	f.mu.Unlock()
	if e != nil {
		return e(onnx, in, out)
	}
	n, err := f.network(id, onnx)
	if err != nil {
		return err
	}
	return n.run(in, out)
}

// network reads an engine's network once.
func (f *Fake) network(id uint64, onnx []byte) (*graph, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := f.networks[id]; n != nil {
		return n, nil
	}
	n, err := read(onnx)
	if err != nil {
		return nil, err
	}
	f.networks[id] = n
	return n, nil
}
