package sim

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"unsafe"

	"go.uber.org/goleak"

	"braid/accel"
	"braid/accel/network"
	"braid/cuda/cudatest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeCPU is the Backend that computes, in plain Go.
type fakeCPU struct{ runs atomic.Int64 }

func (*fakeCPU) Name() string                                                      { return "fake" }
func (*fakeCPU) Devices(context.Context) ([]accel.Device, error)                   { return nil, nil }
func (*fakeCPU) Close() error                                                      { return nil }
func (*fakeCPU) Supports(*accel.Segment, accel.DeviceID, accel.BuildOptions) error { return nil }

// Build tries the network on zeros, to find operators that it does not know.
func (f *fakeCPU) Build(_ context.Context, s *accel.Segment, _ accel.DeviceID, _ accel.BuildOptions) ([]byte, error) {
	return s.ONNX, try(s.ONNX)
}

func try(onnx []byte) error {
	n, err := network.Parse(onnx)
	if err != nil {
		return err
	}
	zeros := func(list []accel.TensorDesc) map[string][]float32 {
		m := map[string][]float32{}
		for _, d := range list {
			m[d.Name] = make([]float32, d.Elems())
		}
		return m
	}
	return cudatest.Run(onnx, zeros(n.Inputs()), zeros(n.Outputs()))
}

func (f *fakeCPU) Load(_ context.Context, blob []byte, _ accel.DeviceID, _ accel.LoadOptions) (accel.Engine, error) {
	if err := try(blob); err != nil {
		return nil, err
	}
	return &fakeEngine{f, blob}, nil
}

func (*fakeCPU) Alloc(_ accel.DeviceID, t []accel.TensorDesc) (accel.Memory, error) {
	const alignment = 64
	offsets, total, err := accel.Arrange(t, alignment)
	if err != nil {
		return nil, err
	}
	data := make([]byte, total+alignment)
	skip := -uintptr(unsafe.Pointer(unsafe.SliceData(data))) % alignment
	var out view
	for i, d := range t {
		at := int64(skip) + offsets[i]
		out = append(out, accel.Tensor{TensorDesc: d, Device: host, Data: data[at : at+d.Bytes()]})
	}
	return out, nil
}

type fakeEngine struct {
	home *fakeCPU
	onnx []byte
}

func (*fakeEngine) Tensors() (in, out []accel.TensorDesc) { return nil, nil }
func (e *fakeEngine) NewExec() (accel.Exec, error)        { return e, nil }
func (*fakeEngine) Close() error                          { return nil }

func (e *fakeEngine) Bind(b *accel.Bindings) (accel.Call, error) {
	n, err := network.Parse(e.onnx)
	if err != nil {
		return nil, err
	}
	find := func(list []accel.TensorDesc) (map[string][]float32, error) {
		m := map[string][]float32{}
		for _, d := range list {
			t, ok := b.Tensor(d.Name, host)
			if !ok {
				return nil, fmt.Errorf("no tensor %q", d.Name)
			}
			m[d.Name] = t.Float32s()
		}
		return m, nil
	}
	in, err := find(n.Inputs())
	out, err2 := find(n.Outputs())
	return &fakeCall{e, in, out}, errors.Join(err, err2)
}

type fakeCall struct {
	home    *fakeEngine
	in, out map[string][]float32
}

func (c *fakeCall) Start(context.Context, accel.Event) (accel.Event, error) {
	c.home.home.runs.Add(1)
	return accel.Done, cudatest.Run(c.home.onnx, c.in, c.out)
}
func (*fakeCall) Close() error { return nil }
