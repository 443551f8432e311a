package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"

	"braid/accel"
	"braid/accel/ort"
	"braid/accel/trt"
	"braid/accel/trt/enginecache"
	"braid/cuda"
)

// runtimes is one Backend of all that can execute here: each device goes to the
// runtime that serves it. TensorRT is opened when one of its devices is first
// named, since starting CUDA takes time and memory that a plan on the CPU does not
// need.
type runtimes struct {
	cpu     processor
	openTRT func() (*trt.Backend, error)

	mu     sync.Mutex
	trt    *trt.Backend
	trtErr error
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
	return &runtimes{cpu: cpu, openTRT: func() (*trt.Backend, error) { return openTRT(env) }}, nil
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

// accelerators is TensorRT, opened at the first call.
func (r *runtimes) accelerators() (*trt.Backend, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.trt == nil && r.trtErr == nil {
		r.trt, r.trtErr = r.openTRT()
	}
	return r.trt, r.trtErr
}

// opened is TensorRT where it is open.
func (r *runtimes) opened() *trt.Backend {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.trt
}

// serving is the runtime that serves a device.
func (r *runtimes) serving(d accel.DeviceID) (accel.Backend, error) {
	switch d.Kind() {
	case "gpu", "dla":
		b, err := r.accelerators()
		if err != nil {
			return nil, fmt.Errorf("%s needs TensorRT: %w", d, err)
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
	b, err := r.accelerators()
	if errors.Is(err, cuda.ErrMissing) {
		return list, nil
	}
	if err != nil {
		return nil, err
	}
	more, err := b.Devices(ctx)
	return append(list, more...), err
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
	if b := r.opened(); b != nil && d.Memory() == host {
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

// Close ends all that was opened.
func (r *runtimes) Close() error {
	var err error
	if b := r.opened(); b != nil {
		err = b.Close()
	}
	return errors.Join(err, r.cpu.Close())
}
