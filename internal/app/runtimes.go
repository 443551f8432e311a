package app

import (
	"context"
	"errors"
	"fmt"

	"braid/accel"
	"braid/accel/openvino"
	"braid/accel/sim"
	"braid/accel/trt"
	"braid/cuda"
)

// runtimes is one Backend of all that can execute here: each device goes to the
// runtime that serves it. TensorRT and OpenVINO are opened when one of their devices is
// first named, since starting them takes time and memory that a plan on the CPU does
// not need.
type runtimes struct {
	cpu      processor
	trt      onDemand[*trt.Backend]
	openvino onDemand[*openvino.Backend]
	sim      onDemand[*sim.Backend]
	declared *sim.File // nil: no device is simulated
	only     string    // the one runtime that serves every device, cpu too: "openvino", or "trt", which has no cpu
}

// processor is the runtime of the CPU, which every build has.
type processor interface {
	accel.Backend
	prober
}

// Name is "any".
func (r *runtimes) Name() string { return "any" }

// serving is the runtime that serves a device.
func (r *runtimes) serving(d accel.DeviceID) (accel.Backend, error) {
	if r.only == "trt" && d.Kind() != "gpu" && d.Kind() != "dla" {
		return nil, as(ErrInvalid, fmt.Errorf("TensorRT does not serve %s: with --backend trt a plan has gpu:N and dla:N", d))
	}
	if r.only == "openvino" || d.Runtime() == "openvino" || d.Kind() == "npu" {
		b, err := r.openvino.get()
		if err != nil {
			return nil, fmt.Errorf("%s needs OpenVINO: %w", d, err)
		}
		return b, nil
	}
	switch d.Kind() {
	case "gpu", "dla":
		b, err := r.trt.get()
		if err != nil {
			return nil, fmt.Errorf("%s needs TensorRT: %w", d, err)
		}
		return b, nil
	case "sim":
		b, err := r.sim.get()
		if err != nil {
			return nil, err
		}
		return b, nil
	}
	return r.cpu, nil
}

// Devices are those of all runtimes that can be opened. One processor that several serve is
// there once for each.
func (r *runtimes) Devices(ctx context.Context) ([]accel.Device, error) {
	switch r.only {
	case "openvino":
		return devicesOf(ctx, func() (accel.Backend, error) { return r.openvino.get() })
	case "trt":
		return devicesOf(ctx, func() (accel.Backend, error) { return r.trt.get() })
	}
	list, err := r.cpu.Devices(ctx)
	if err != nil {
		return nil, err
	}
	for _, b := range []struct {
		get  func() (accel.Backend, error)
		none error
	}{
		{func() (accel.Backend, error) { return r.trt.get() }, cuda.ErrMissing},
		{func() (accel.Backend, error) { return r.openvino.get() }, openvino.ErrUnavailable},
		{func() (accel.Backend, error) { return r.sim.get() }, errUndeclared},
	} {
		more, err := devicesOf(ctx, b.get)
		if err != nil && !errors.Is(err, b.none) {
			return nil, err
		}
		list = append(list, more...)
	}
	return list, nil
}

func devicesOf(ctx context.Context, get func() (accel.Backend, error)) ([]accel.Device, error) {
	b, err := get()
	if err != nil {
		return nil, err
	}
	return b.Devices(ctx)
}

// Supports asks the runtime that serves d.
func (r *runtimes) Supports(s *accel.Segment, d accel.DeviceID, o accel.BuildOptions) error {
	b, err := r.serving(d)
	if err != nil {
		return err
	}
	return b.Supports(s, d, o)
}

// Build asks the runtime that serves d.
func (r *runtimes) Build(ctx context.Context, s *accel.Segment, d accel.DeviceID, o accel.BuildOptions) ([]byte, error) {
	b, err := r.serving(d)
	if err != nil {
		return nil, err
	}
	return b.Build(ctx, s, d, o)
}

// EndBuilds unloads what the builds of TensorRT have in common.
func (r *runtimes) EndBuilds() error {
	if b := r.trt.opened(); b != nil {
		return b.EndBuilds()
	}
	return nil
}

// endBuilds has what builds have in common unloaded, before frames flow.
func endBuilds(env *Env, rt accel.Backend) {
	if err := accel.EndBuilds(rt); err != nil {
		env.Log.Warn("what builds of engines have in common is still loaded", "error", err)
	}
}

// Load asks the runtime that serves d.
func (r *runtimes) Load(ctx context.Context, blob []byte, d accel.DeviceID, o accel.LoadOptions) (accel.Engine, error) {
	b, err := r.serving(d)
	if err != nil {
		return nil, err
	}
	return b.Load(ctx, blob, d, o)
}

// Alloc asks the runtime that serves d. Once TensorRT is open the host's memory is
// page-locked, since devices copy from and to it.
func (r *runtimes) Alloc(d accel.DeviceID, t []accel.TensorDesc) (accel.Memory, error) {
	if b := r.trt.opened(); b != nil && d.Memory() == host {
		return b.Alloc(host, t)
	}
	b, err := r.serving(d)
	if err != nil {
		return nil, err
	}
	return b.Alloc(d, t)
}

// Probe asks the CPU's runtime.
func (r *runtimes) Probe(ctx context.Context, onnx []byte, tensors []string) ([]accel.TensorDesc, error) {
	return r.cpu.Probe(ctx, onnx, tensors)
}

// Close ends all that was opened, the CPU's last: simulated devices compute there.
func (r *runtimes) Close() error {
	var errs []error
	if b := r.sim.opened(); b != nil {
		errs = append(errs, b.Close())
	}
	if b := r.trt.opened(); b != nil {
		errs = append(errs, b.Close())
	}
	if b := r.openvino.opened(); b != nil {
		errs = append(errs, b.Close())
	}
	return errors.Join(append(errs, r.cpu.Close())...)
}
