//go:build cgo && linux

package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"braid/accel"
	"braid/cuda/cudatest"
)

// goCPU is a runtime of the CPU that needs no library: Go computes the networks that
// cudatest.Run knows.
type goCPU struct{ open atomic.Int64 } // Engines and Memories

func (*goCPU) Name() string { return "go" }

func (*goCPU) Devices(context.Context) ([]accel.Device, error) {
	return []accel.Device{{ID: host, Name: "Go", Backend: "go", Version: "1", Cores: 1}}, nil
}

func (*goCPU) Supports(*accel.Segment, accel.DeviceID, accel.BuildOptions) error { return nil }

func (*goCPU) Build(_ context.Context, s *accel.Segment, _ accel.DeviceID, _ accel.BuildOptions) ([]byte, error) {
	return json.Marshal(s)
}

func (g *goCPU) Load(_ context.Context, blob []byte, _ accel.DeviceID, _ accel.LoadOptions) (accel.Engine, error) {
	e := &goEngine{home: g}
	if err := json.Unmarshal(blob, &e.segment); err != nil {
		return nil, err
	}
	g.open.Add(1)
	return e, nil
}

func (g *goCPU) Alloc(_ accel.DeviceID, t []accel.TensorDesc) (accel.Memory, error) {
	m := &goMemory{home: g}
	for _, d := range t {
		m.tensors = append(m.tensors, accel.Tensor{TensorDesc: d, Device: host, Data: make([]byte, d.Bytes())})
	}
	g.open.Add(1)
	return m, nil
}

func (*goCPU) Probe(context.Context, []byte, []string) ([]accel.TensorDesc, error) {
	return nil, errors.New("go knows no shapes")
}

func (g *goCPU) Close() error {
	if n := g.open.Load(); n != 0 {
		return fmt.Errorf("%d engines and memories of the CPU are still open", n)
	}
	return nil
}

type goMemory struct {
	home    *goCPU
	tensors []accel.Tensor
}

func (m *goMemory) Tensors() []accel.Tensor { return m.tensors }
func (m *goMemory) Close() error            { m.home.open.Add(-1); return nil }

type goEngine struct {
	home    *goCPU
	segment accel.Segment
}

func (e *goEngine) Tensors() (in, out []accel.TensorDesc) { return e.segment.Inputs, e.segment.Outputs }
func (e *goEngine) NewExec() (accel.Exec, error)          { return goExec{e}, nil }
func (e *goEngine) Close() error                          { e.home.open.Add(-1); return nil }

type goExec struct{ *goEngine }

func (x goExec) Bind(b *accel.Bindings) (accel.Call, error) { return goCall{&x.segment, b}, nil }
func (goExec) Close() error                                 { return nil }

type goCall struct {
	*accel.Segment
	b *accel.Bindings
}

func (c goCall) Start(ctx context.Context, after accel.Event) (accel.Event, error) {
	if after != nil {
		if err := after.Wait(ctx); err != nil {
			return nil, err
		}
	}
	values := map[string][]float32{}
	for _, d := range slices.Concat(c.Inputs, c.Outputs) {
		t, ok := c.b.Tensor(d.Name, host)
		if !ok {
			return nil, fmt.Errorf("tensor %q is not on the host", d.Name)
		}
		values[d.Name] = t.Float32s()
	}
	if err := cudatest.Run(c.ONNX, values, values); err != nil {
		return nil, err
	}
	for _, d := range c.Outputs {
		c.b.Route(d.Name).At = host
	}
	return accel.Done, nil
}

func (goCall) Close() error { return nil }
