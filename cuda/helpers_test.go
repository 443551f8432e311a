//go:build cgo && linux

package cuda_test

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"braid/accel"
	"braid/accel/network"
	"braid/cuda"
	"braid/cuda/cudatest"
)

// rig is a stand-in, opened.
type rig struct {
	*testing.T
	*cudatest.Fake
	*cuda.Library
}

func newRig(t *testing.T) *rig {
	f := cudatest.New(t)
	return &rig{t, f, f.Open()}
}

// check stops the test on an error.
func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused holds an error to its sentinel, one line, a gerund first and a word.
func refused(t *testing.T, err, sentinel error, word string) {
	t.Helper()
	switch {
	case !errors.Is(err, sentinel):
		t.Errorf("error %v does not wrap %v", err, sentinel)
	case strings.Contains(err.Error(), "\n"), !strings.Contains(strings.Fields(err.Error())[0], "ing"):
		t.Errorf("error %q is not one line that begins with what was done", err)
	case !strings.Contains(err.Error(), word):
		t.Errorf("error %q lacks %q", err, word)
	}
}

// closing closes c when the test ends. Where the test has lost the device, that says
// so.
func (r *rig) closing(c interface{ Close() error }) {
	r.Cleanup(func() {
		if err := c.Close(); err != nil && !errors.Is(err, cuda.ErrDeviceLost) {
			r.Error(err)
		}
	})
}

// double is a network y = relu(x + x) with x of 1 x c x h x w.
func double(t *testing.T, c, h, w int64) []byte {
	b := network.NewBuilder("double", 13)
	shape := []int64{1, c, h, w}
	b.Input(accel.TensorDesc{Name: "x", Type: accel.Float32, Shape: shape})
	b.Node("Add", []string{"x", "x"}, []string{"s"})
	b.Node("Relu", []string{"s"}, []string{"y"})
	b.Output(accel.TensorDesc{Name: "y", Type: accel.Float32, Shape: shape})
	onnx, err := b.Bytes()
	check(t, err)
	return onnx
}

// builder has a parsed network.
func (r *rig) builder(onnx []byte) *cuda.Builder {
	r.Helper()
	b, err := r.NewBuilder(0)
	check(r.T, err)
	r.closing(b)
	check(r.T, b.Parse(onnx))
	return b
}

// engine builds a network as it is and loads it on a GPU.
func (r *rig) engine(gpu int, onnx []byte) *cuda.Engine {
	r.Helper()
	blob, err := r.builder(onnx).Build()
	check(r.T, err)
	e, err := r.Load(gpu, cuda.NoDLA, blob)
	check(r.T, err)
	r.closing(e)
	return e
}

func (r *rig) exec(e *cuda.Engine) *cuda.Exec {
	r.Helper()
	x, err := e.NewExec(0)
	check(r.T, err)
	r.closing(x)
	return x
}

func (r *rig) call(x *cuda.Exec) *cuda.Call {
	r.Helper()
	c, err := x.NewCall(false)
	check(r.T, err)
	r.closing(c)
	return c
}

func (r *rig) device(gpu int, bytes int64) cuda.Address {
	r.Helper()
	p, err := r.AllocDevice(gpu, bytes)
	check(r.T, err)
	r.Cleanup(func() {
		if err := r.FreeDevice(gpu, p); err != nil && !errors.Is(err, cuda.ErrDeviceLost) {
			r.Error(err)
		}
	})
	return p
}

func (r *rig) host(bytes int64) ([]byte, cuda.Address) {
	r.Helper()
	b, p, err := r.AllocHost(bytes)
	check(r.T, err)
	r.Cleanup(func() {
		if err := r.FreeHost(p); err != nil {
			r.Error(err)
		}
	})
	return b, p
}

// stage is a double network on a GPU, bound to tensors of its own.
type stage struct {
	*cuda.Call
	gpu   int
	x, y  cuda.Address
	bytes int64
}

func (r *rig) stage(gpu int) stage {
	r.Helper()
	s := stage{gpu: gpu, bytes: 4 * 2 * 3}
	s.x, s.y = r.device(gpu, s.bytes), r.device(gpu, s.bytes)
	s.Call = r.call(r.exec(r.engine(gpu, double(r.T, 1, 2, 3))))
	check(r.T, s.Tensor("x", s.x))
	check(r.T, s.Tensor("y", s.y))
	return s
}

// from adds a copy to the input, to one from the output.
func (s stage) from(t *testing.T, p cuda.Place) {
	t.Helper()
	check(t, s.CopyBefore(cuda.Place{GPU: s.gpu, Address: s.x}, p, s.bytes))
}

func (s stage) to(t *testing.T, p cuda.Place) {
	t.Helper()
	check(t, s.CopyAfter(p, cuda.Place{GPU: s.gpu, Address: s.y}, s.bytes))
}

func onHost(p cuda.Address) cuda.Place { return cuda.Place{GPU: cuda.Host, Address: p} }

func put(b []byte, v ...float32) {
	for i, f := range v {
		binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(f))
	}
}

func floats(b []byte) []float32 {
	v := make([]float32, len(b)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v
}

func equal(t *testing.T, got []float32, want ...float32) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
