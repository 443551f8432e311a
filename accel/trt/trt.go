// Package trt runs Segments on NVIDIA GPUs and on the DLAs beside them: TensorRT,
// reached through package cuda. It decides what an engine is to be (recipe), keeps
// engines in a cache, and chains Calls on devices by events, so that the host waits
// for the last of them only.
package trt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"braid/accel"
	"braid/accel/enginecache"
	"braid/cuda"
)

// host is the device of page-locked memory.
const host accel.DeviceID = "cpu"

// Options are what a Backend is opened with.
type Options struct {
	Cache *enginecache.Cache // of built engines; nil: none
	Level int                // TensorRT's optimisation level, 0 to 5: how long it may look for faster kernels
	Log   *slog.Logger

	StandIns []StandIn
}

// DefaultLevel is TensorRT's own.
const DefaultLevel = 3

// Backend serves gpu:N and dla:N.
type Backend struct {
	lib      *cuda.Library
	versions cuda.Versions
	gpus     []cuda.Device
	options  Options
	builds   sync.Mutex // one at a time: builds that share a GPU spoil each other's timings
	builders builders   // under builds
	closings atomic.Int64

	mu       sync.Mutex
	engines  int
	memories int
	queues   map[place]*queue
	closed   bool

	waits atomic.Int64
}

// Open makes a Backend of an opened library, which it owns from then on: where Open
// fails it has closed it.
func Open(lib *cuda.Library, o Options) (_ *Backend, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, lib.Close())
		}
	}()
	b := &Backend{lib: lib, options: o, queues: map[place]*queue{}}
	if b.versions, err = lib.Versions(); err != nil {
		return nil, err
	}
	if b.gpus, err = lib.Devices(); err != nil {
		return nil, err
	}
	for i, g := range b.gpus {
		if g.Err != nil {
			o.Log.Warn("a GPU cannot be used", "device", fmt.Sprintf("gpu:%d", i), "error", g.Err)
		}
	}
	if err := b.sayStandIns(); err != nil {
		return nil, err
	}
	o.Log.Debug("TensorRT opened", "tensorrt", b.versions.TensorRT, "cuda", b.versions.CUDA, "driver", b.versions.Driver, "gpus", len(b.gpus))
	return b, nil
}

// Name is "trt".
func (b *Backend) Name() string { return "trt" }

// Devices are the GPUs that can be used and, on a chip that has them, the DLAs beside gpu:0.
func (b *Backend) Devices(context.Context) (list []accel.Device, err error) {
	for i, g := range b.gpus {
		if g.Err != nil {
			continue
		}
		list = append(list, accel.Device{
			ID: accel.DeviceID("gpu:" + strconv.Itoa(i)), Name: b.nameOf(i),
			Backend: b.Name(), Version: b.versions.TensorRT.String(), Memory: g.Memory,
			FIFO: b.isFIFO(place{gpu: i, dla: cuda.NoDLA}),
		})
	}
	for i := range b.dlaCores() {
		list = append(list, accel.Device{
			ID: accel.DeviceID("dla:" + strconv.Itoa(i)), Name: "DLA of " + b.gpus[0].Name,
			Backend: b.Name(), Version: b.versions.TensorRT.String(), FIFO: true,
		})
	}
	return list, nil
}

func (b *Backend) dlaCores() int {
	if len(b.gpus) == 0 {
		return 0
	}
	return b.gpus[0].DLACores
}

// UUID is the maker's number of the GPU that a device is or stands beside, "GPU-…";
// "" where there is no such device.
func (b *Backend) UUID(d accel.DeviceID) string {
	p, err := b.find(d)
	if err != nil {
		return ""
	}
	return b.gpus[p.gpu].UUID
}

// HostWaits is how often a Call had to wait on the host for the one before it,
// because that was no device's.
func (b *Backend) HostWaits() int64 { return b.waits.Load() }

// place is a device as the library counts.
type place struct{ gpu, dla int }

func (p place) isDLA() bool { return p.dla != cuda.NoDLA }

// find says where a device is.
func (b *Backend) find(d accel.DeviceID) (place, error) {
	id, runtime, named := strings.Cut(string(d), "/")
	kind, number, _ := strings.Cut(id, ":")
	n, err := strconv.Atoi(number)
	switch {
	case named && runtime != b.Name(), kind != "gpu" && kind != "dla", err != nil:
		return place{}, fmt.Errorf("trt serves gpu:N and dla:N, not %s", d)
	case kind == "gpu" && n >= len(b.gpus):
		return place{}, fmt.Errorf("there is no %s: this machine has %s", d, count(len(b.gpus), "GPU"))
	case kind == "gpu" && b.gpus[n].Err != nil:
		return place{}, fmt.Errorf("%s cannot be used: %w", d, b.gpus[n].Err)
	case kind == "gpu":
		return place{gpu: n, dla: cuda.NoDLA}, nil
	case n >= b.dlaCores():
		return place{}, fmt.Errorf("there is no %s: this machine has %s", d, count(b.dlaCores(), "DLA core"))
	}
	return place{gpu: 0, dla: n}, nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Close ends the runtime, behind a Build that is at work. It refuses while an Engine or a Memory is open. Closing
// twice does nothing.
func (b *Backend) Close() error {
	b.builds.Lock()
	defer b.builds.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	if b.engines != 0 || b.memories != 0 {
		return fmt.Errorf("closing trt: %d engines and %d memories are still open", b.engines, b.memories)
	}
	b.closed = true
	return errors.Join(b.closeBuilders(), b.lib.Close())
}

// errClosed is what a method of something closed returns.
var errClosed = errors.New("already closed")

func (b *Backend) isOpen() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return fmt.Errorf("trt backend: %w", errClosed)
	}
	return nil
}

// hold counts up a counter of b, under its lock.
func (b *Backend) hold(counter *int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return fmt.Errorf("trt backend: %w", errClosed)
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
