// Package openvino runs Segments through OpenVINO: on the CPU, beside ONNX Runtime, and
// on Intel's GPUs and NPUs. It owns the library, whose C API it opens at run time, and
// the networks that are compiled there; it keeps compiled ones in a cache. It knows no
// graph and no plan.
//
// The library is needed at run time only: Open says what is missing. OpenVINO 2024.0 or
// newer will do.
package openvino

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"braid/accel"
	"braid/accel/enginecache"
	"braid/accel/hostcpu"
)

var _ accel.Backend = (*Backend)(nil)

// Options are what a Backend is opened with.
type Options struct {
	Cache *enginecache.Cache // of compiled networks; nil: none
	Log   *slog.Logger
}

// Backend is OpenVINO on all devices that it finds. Its methods are safe for concurrent
// use.
type Backend struct {
	core    *core // for questions; each compiled network has its own
	list    []device
	options Options

	mu       sync.Mutex
	closed   bool
	engines  int
	memories int
}

// Open loads the library at path (see Find) and asks for its devices. The process has
// one library, which several Backends may share. Close it when its Engines and Memories
// are closed. Where the library is missing, no library or too old, the error wraps
// ErrUnavailable.
func Open(path string, o Options) (*Backend, error) {
	l, err := load(path)
	if err != nil {
		return nil, err
	}
	c, err := l.newCore()
	if err != nil {
		return nil, err
	}
	b := &Backend{core: c, options: o}
	if err := b.find(); err != nil {
		c.close()
		return nil, err
	}
	o.Log.Debug("OpenVINO opened", "library", path, "version", l.version, "devices", len(b.list))
	return b, nil
}

// find asks for all devices and for what they are.
func (b *Backend) find() error {
	names, err := b.core.devices()
	if err != nil {
		return err
	}
	b.list = devicesOf(names)
	for i := range b.list {
		d := &b.list[i]
		if d.name, err = b.core.get(d.native, "FULL_DEVICE_NAME"); err != nil {
			return err
		}
		capabilities, err := b.core.get(d.native, "OPTIMIZATION_CAPABILITIES")
		if err != nil {
			return err
		}
		d.capabilities = strings.Fields(capabilities)
	}
	return nil
}

// Name is "openvino".
func (b *Backend) Name() string { return "openvino" }

// Devices are the CPU and Intel's GPUs and NPUs that have a driver here.
func (b *Backend) Devices(context.Context) (list []accel.Device, err error) {
	for _, d := range b.list {
		one := accel.Device{ID: d.id, Name: d.name, Backend: b.Name(), Version: b.core.version}
		if d.isCPU() {
			one.Cores, one.Memory = runtime.GOMAXPROCS(0), hostcpu.TotalMemory() // knows affinity and a container's limit
		} else {
			one.Memory = b.memoryOf(d)
		}
		list = append(list, one)
	}
	return list, nil
}

// memoryOf is a GPU's or NPU's memory in bytes, 0 where its plugin does not tell.
func (b *Backend) memoryOf(d device) int64 {
	text, err := b.core.get(d.native, d.kind()+"_DEVICE_TOTAL_MEM_SIZE")
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

// device is the one that a plan's name means.
func (b *Backend) device(id accel.DeviceID) (device, error) {
	return choose(b.list, id)
}

// Alloc makes zeroed host memory, which the CPU works on and which the plugins of the
// other devices copy from and to, or share: see accel.DeviceID's Memory.
func (b *Backend) Alloc(d accel.DeviceID, t []accel.TensorDesc) (accel.Memory, error) {
	if _, err := b.device(d); err != nil {
		return nil, fmt.Errorf("allocating tensors: %w", err)
	}
	if err := b.hold(&b.memories); err != nil {
		return nil, err
	}
	m, err := hostcpu.Alloc(t, func() { b.drop(&b.memories) })
	if err != nil {
		b.drop(&b.memories)
		return nil, fmt.Errorf("allocating tensors on %s: %w", d, err)
	}
	return m, nil
}

// Close ends the Backend; the library stays loaded. It refuses while an Engine or a
// Memory is open. Closing twice does nothing.
func (b *Backend) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	if b.engines != 0 || b.memories != 0 {
		return fmt.Errorf("closing openvino: %d engines and %d memories are still open", b.engines, b.memories)
	}
	b.closed = true
	b.core.close()
	return nil
}

// errClosed is what a method of something closed returns.
var errClosed = errors.New("already closed")

// hold counts up a counter of b, under its lock.
func (b *Backend) hold(counter *int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return fmt.Errorf("openvino backend: %w", errClosed)
	}
	*counter++
	return nil
}

// drop counts a counter of b down again.
func (b *Backend) drop(counter *int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	*counter--
}
