//go:build cgo && linux

package trt

import (
	"bytes"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"braid/accel"
	"braid/accel/enginecache"
	"braid/cuda"
	"braid/cuda/cudatest"
)

// keeping opens the stand-in with a cache in a folder, and a log; its caller closes it.
func keeping(t *testing.T, f *cudatest.Fake, dir string) (*Backend, *bytes.Buffer) {
	t.Helper()
	lib, err := cuda.Open(f.Path)
	must(t, err)
	var text bytes.Buffer
	log := slog.New(slog.NewTextHandler(&text, nil))
	b, err := Open(lib, Options{Level: DefaultLevel, Log: log, Cache: &enginecache.Cache{Dir: dir, Log: log}})
	must(t, err)
	return b, &text
}

func engines(t *testing.T, dir string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "*.engine"))
	must(t, err)
	return list
}

// TestKeptEngineThatTensorRTRefuses is built anew, once: the key does not have all that TensorRT compares.
func TestKeptEngineThatTensorRTRefuses(t *testing.T) {
	f := cudatest.New(t)
	dir := t.TempDir()
	b, log := keeping(t, f, dir)
	t.Cleanup(func() { must(t, b.Close()) })
	s := conv(t, tensor("x", 3, accel.Float32, ""), tensor("y", 4, accel.Float32, ""))
	load := func() error {
		_, e, err := accel.BuildAndLoad(t.Context(), b, s, "gpu:0", accel.BuildOptions{}, accel.LoadOptions{})
		if err == nil {
			must(t, e.Close())
		}
		return err
	}
	must(t, load())
	f.Fail("engine_load", 1, cuda.ErrInvalid)
	must(t, load())
	if text := log.String(); strings.Count(text, "TensorRT does not take a kept engine") != 1 || len(engines(t, dir)) != 1 {
		t.Errorf("%d engines are kept, log:\n%s", len(engines(t, dir)), text)
	}
	must(t, b.EndBuilds()) // which would make room
	for _, fault := range []error{cuda.ErrOutOfMemory, cuda.ErrDeviceLost} {
		f.Fail("engine_load", 1, fault)
		if err := load(); !errors.Is(err, fault) || errors.Is(err, accel.ErrStale) || len(engines(t, dir)) != 1 {
			t.Errorf("%v: %v, %d engines are kept", fault, err, len(engines(t, dir)))
		}
	}
}

// TestRefusedWithoutCache is an error, not a loop.
func TestRefusedWithoutCache(t *testing.T) {
	f := cudatest.New(t)
	b := onFake(t, f)
	t.Cleanup(func() { must(t, b.Close()) })
	f.Fail("engine_load", 1, cuda.ErrInvalid)
	s := conv(t, tensor("x", 3, accel.Float32, ""), tensor("y", 4, accel.Float32, ""))
	if _, _, err := accel.BuildAndLoad(t.Context(), b, s, "gpu:0", accel.BuildOptions{}, accel.LoadOptions{}); !errors.Is(err, cuda.ErrInvalid) || errors.Is(err, accel.ErrStale) {
		t.Errorf("error %v", err)
	}
}

// TestGPUThatCannotBeUsed costs its own plans and no others.
func TestGPUThatCannotBeUsed(t *testing.T) {
	f := cudatest.New(t)
	f.Fail("device", 2, cuda.ErrDeviceLost)
	b, log := keeping(t, f, t.TempDir())
	t.Cleanup(func() { must(t, b.Close()) })
	list, err := b.Devices(t.Context())
	must(t, err)
	for _, d := range list {
		if d.ID == "gpu:1" {
			t.Errorf("gpu:1 is listed: %+v", d)
		}
	}
	if len(list) == 0 || list[0].ID != "gpu:0" || strings.Count(log.String(), "a GPU cannot be used") != 1 || !strings.Contains(log.String(), "device=gpu:1") {
		t.Errorf("%v, log:\n%s", list, log)
	}
	x, y := tensor("x", 3, accel.Float32, ""), tensor("y", 4, accel.Float32, "")
	if _, err := b.Build(t.Context(), conv(t, x, y), "gpu:1", accel.BuildOptions{}); !errors.Is(err, cuda.ErrDeviceLost) || !strings.Contains(err.Error(), "gpu:1 cannot be used") {
		t.Errorf("building for it: %v", err)
	}
	_, e, err := accel.BuildAndLoad(t.Context(), b, conv(t, x, y), "gpu:0", accel.BuildOptions{}, accel.LoadOptions{})
	must(t, err)
	must(t, e.Close())
}

// TestIdentity: an engine is of as many multiprocessors as it was built for, and so are the timings of kernels.
func TestIdentity(t *testing.T) {
	w := func(sms int) *work {
		return &work{Backend: &Backend{gpus: []cuda.Device{{Name: "Orin", ComputeCapability: 87, Multiprocessors: sms}}}, segment: &accel.Segment{}, device: "gpu:0"}
	}
	if w(8).identity().Key() == w(16).identity().Key() || w(8).chip() == w(16).chip() {
		t.Error("two power modes of a Jetson share their engines or timings")
	}
	b := &Backend{gpus: []cuda.Device{{Name: "Orin", Multiprocessors: 8, Integrated: true}, {Name: "NVIDIA H200", Multiprocessors: 132}}}
	if b.nameOf(0) != "Orin with 8 multiprocessors" || b.nameOf(1) != "NVIDIA H200" {
		t.Errorf("they are called %q and %q", b.nameOf(0), b.nameOf(1))
	}
}

// TestLoadables: an engine of several is as many on its core, and leaves as many.
func TestLoadables(t *testing.T) {
	q := &queue{}
	q.loadables.Add(1)
	q.more(2)
	if n := q.loadables.Load(); n != 3 {
		t.Errorf("%d loadables, want 3", n)
	}
	q.leave(3)
	q.more(-1)
	if n := q.loadables.Load(); n != 0 {
		t.Errorf("%d loadables, want none", n)
	}
	(*queue)(nil).more(3)
	(*queue)(nil).leave(3)
}
