// Package ort runs Segments on the CPU through ONNX Runtime. It owns the
// library (opened at run time, one for the whole process), its sessions and the
// host memory that they work on. It knows no graph and no plan.
//
// The library is needed at run time only: Open says what is missing.
package ort

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"

	"braid/accel"
	"braid/accel/hostcpu"
)

// cpu is the one device. "cpu/ort" names it too, where several runtimes serve it.
const cpu accel.DeviceID = "cpu"

var _ accel.Backend = (*Backend)(nil)

// Backend is ONNX Runtime on the CPU. Its methods are safe for concurrent use.
type Backend struct {
	log     *slog.Logger
	version string

	mu       sync.Mutex
	closed   bool
	engines  int
	memories int
}

// Open loads the library at libPath (see Find) and starts the runtime. The
// process has one runtime: several Backends share it, all from the same file.
// Close it when its Engines and Memories are closed. Where the library is
// missing, no library or too old, the error wraps ErrUnavailable.
func Open(libPath string, log *slog.Logger) (*Backend, error) {
	version, err := acquire(libPath)
	if err != nil {
		return nil, fmt.Errorf("opening ONNX Runtime at %s: %w", libPath, err)
	}
	log.Debug("ONNX Runtime opened", "library", libPath, "version", version)
	return &Backend{log: log, version: version}, nil
}

// Name is "ort".
func (b *Backend) Name() string { return "ort" }

// Devices is the CPU, with the cores that this process may use.
func (b *Backend) Devices(context.Context) ([]accel.Device, error) {
	return []accel.Device{{
		ID:      cpu,
		Name:    hostcpu.Name(),
		Backend: b.Name(),
		Version: b.version,
		Cores:   runtime.GOMAXPROCS(0), // knows affinity and a container's limit
		Memory:  hostcpu.TotalMemory(),
	}}, nil
}

// Supports accepts every Segment on the CPU: which layers this version of the
// library lacks only a session can tell, and Load makes that one.
func (b *Backend) Supports(_ *accel.Segment, d accel.DeviceID, o accel.BuildOptions) error {
	if err := serves(d); err != nil {
		return err
	}
	if o.Precision != "" && o.Precision != "fp32" {
		return fmt.Errorf("ort runs a network in the precision that its file has: %s is not offered, only fp32", o.Precision)
	}
	return nil
}

func serves(d accel.DeviceID) error {
	if d != cpu && d != "cpu/ort" {
		return fmt.Errorf("ort serves cpu, not %s", d)
	}
	return nil
}

// Build checks what can be checked without a session and packs the Segment's
// ONNX bytes: ONNX Runtime optimises them in Load, for the processor at hand,
// faster than a kept result could be checked.
func (b *Backend) Build(ctx context.Context, s *accel.Segment, d accel.DeviceID, o accel.BuildOptions) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err := b.Supports(s, d, o); err != nil {
		return nil, fmt.Errorf("building %s for %s: %w", s.Name, d, err)
	}
	blob, err := pack(s)
	if err != nil {
		return nil, fmt.Errorf("building %s for %s: %w", s.Name, d, err)
	}
	return blob, nil
}

// Close ends the runtime, with the last Backend. It refuses while an Engine or
// a Memory is open. Closing twice does nothing.
func (b *Backend) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	if b.engines != 0 || b.memories != 0 {
		return fmt.Errorf("closing ort: %d engines and %d memories are still open", b.engines, b.memories)
	}
	b.closed = true
	return release()
}

// errClosed is what a method of something closed returns.
var errClosed = errors.New("already closed")

// hold counts up a counter of b, under its lock.
func (b *Backend) hold(counter *int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return fmt.Errorf("ort backend: %w", errClosed)
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

// oneLine makes an error of ONNX Runtime, which may span lines, fit a log line.
func oneLine(err error) error {
	text := err.Error()
	if flat := strings.Join(strings.Fields(text), " "); flat != text {
		return errors.New(flat)
	}
	return err
}
