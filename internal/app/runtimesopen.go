package app

import (
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"braid/accel"
	"braid/accel/enginecache"
	"braid/accel/openvino"
	"braid/accel/ort"
	"braid/accel/sim"
	"braid/accel/trt"
	"braid/cuda"
	"braid/internal/config"
)

// openRuntime opens the runtimes; name, where it is not "", is the one that must
// serve the devices of a plan.
func openRuntime(env *Env, name string) (accel.Backend, error) {
	if name != "" && !slices.Contains(config.Backends(), name) {
		return nil, invalidf("backend %q is not known: want one of %s", name, strings.Join(config.Backends(), ", "))
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
	r := &runtimes{cpu: cpu, declared: declared, only: name}
	r.openvino.open = func() (*openvino.Backend, error) { return openOpenVINO(env) }
	r.trt.open = func() (*trt.Backend, error) { return openTRT(env) }
	r.sim.open = func() (*sim.Backend, error) { return openSimulated(env, declared, cpu) }
	switch name {
	case "openvino":
		_, err = r.openvino.get()
	case "trt":
		_, err = r.trt.get()
	}
	if err != nil {
		return nil, errors.Join(err, cpu.Close())
	}
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
	b, err := trt.Open(lib, trt.Options{Cache: engineCache(env), Level: level, Log: env.Log, StandIns: standIns})
	return b, as(ErrEnvironment, err)
}

// openOpenVINO opens OpenVINO, with the networks that were compiled before.
func openOpenVINO(env *Env) (*openvino.Backend, error) {
	path, err := openvino.Find(env.Getenv, env.Exe)
	if err != nil {
		return nil, as(ErrEnvironment, err)
	}
	b, err := openvino.Open(path, openvino.Options{Cache: engineCache(env), Log: env.Log})
	return b, as(ErrEnvironment, err)
}

// engineCache is the folder of engines that all runtimes share.
func engineCache(env *Env) *enginecache.Cache {
	return &enginecache.Cache{Dir: filepath.Join(cacheDir(env), "engines"), Log: env.Log}
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
