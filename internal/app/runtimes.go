package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"

	"braid/accel"
	"braid/accel/enginecache"
	"braid/accel/ort"
	"braid/accel/sim"
	"braid/accel/trt"
	"braid/cuda"
)

// runtimes is one Backend of all that can execute here: each device goes to the
// runtime that serves it. TensorRT is opened when one of its devices is first
// named, since starting CUDA takes time and memory that a plan on the CPU does not
// need.
type runtimes struct {
	cpu      processor
	trt      onDemand[*trt.Backend]
	sim      onDemand[*sim.Backend]
	declared *sim.File // nil: no device is simulated
}

// processor is the runtime of the CPU, which every build has.
type processor interface {
	accel.Backend
	prober
}

// openRuntime opens the runtimes; name, where it is not "", is the one that must
// serve the devices of a plan.
func openRuntime(env *Env, name string) (accel.Backend, error) {
	if name != "" && name != "ort" && name != "trt" {
		return nil, invalidf("backend %q is not known: this build has ort and trt", name)
	}
	declared, err := readSimulated(env)
	if err != nil {
		return nil, err
	}
	lib, err := ort.Find(env.Getenv, env.Exe)
	if err != nil {
		return nil, as(ErrEnvironment, err)
	}
	cpu, err := ort.Open(lib, env.Log)
	if err != nil {
		return nil, as(ErrEnvironment, err)
	}
	if name == "ort" {
		return cpu, nil
	}
	r := &runtimes{cpu: cpu, declared: declared}
	r.trt.open = func() (*trt.Backend, error) { return openTRT(env) }
	r.sim.open = func() (*sim.Backend, error) { return openSimulated(env, declared, cpu) }
	return r, nil
}

// openTRT opens TensorRT, with the engines that were built before.
func openTRT(env *Env) (*trt.Backend, error) {
	level, err := optimisationLevel(env)
	if err != nil {
		return nil, err
	}
	var standIns []trt.StandIn
	if text := env.Getenv("BRAID_STAND_IN"); text != "" {
		if standIns, err = trt.ParseStandIns(text); err != nil {
			return nil, invalidf("BRAID_STAND_IN: %w", err)
		}
	}
	path, err := cuda.Find(env.Getenv, env.Exe)
	if err != nil {
		return nil, as(ErrEnvironment, err)
	}
	lib, err := cuda.Open(path)
	if err != nil {
		return nil, as(ErrEnvironment, err)
	}
	b, err := trt.Open(lib, trt.Options{Cache: &enginecache.Cache{Dir: filepath.Join(cacheDir(env), "engines"), Log: env.Log}, Level: level, Log: env.Log, StandIns: standIns})
	return b, as(ErrEnvironment, err)
}

// optimisationLevel is $BRAID_TENSORRT_LEVEL.
func optimisationLevel(env *Env) (int, error) {
	text := env.Getenv("BRAID_TENSORRT_LEVEL")
	if text == "" {
		return trt.DefaultLevel, nil
	}
	level, err := strconv.Atoi(text)
	if err != nil || level < 0 || level > 5 {
		return 0, invalidf("BRAID_TENSORRT_LEVEL is %q: want 0 (quick to build) to 5", text)
	}
	return level, nil
}

// Name is "any".
func (r *runtimes) Name() string { return "any" }

// serving is the runtime that serves a device.
func (r *runtimes) serving(d accel.DeviceID) (accel.Backend, error) {
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

// Devices are those of all runtimes that can be opened.
func (r *runtimes) Devices(ctx context.Context) ([]accel.Device, error) {
	list, err := r.cpu.Devices(ctx)
	if err != nil {
		return nil, err
	}
	for _, b := range []struct {
		get  func() (accel.Backend, error)
		none error
	}{
		{func() (accel.Backend, error) { return r.trt.get() }, cuda.ErrMissing},
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
	return errors.Join(append(errs, r.cpu.Close())...)
}
