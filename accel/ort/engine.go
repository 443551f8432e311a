package ort

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	onnx "github.com/yalue/onnxruntime_go"

	"braid/accel"
	"braid/accel/hostcpu"
)

// engine is a loaded Segment. With one thread all Execs share one session, which
// runs on their own goroutines; a session with a thread pool serves one Exec.
type engine struct {
	home    *Backend
	header  header
	network []byte // for the sessions still to make; nil where the session is shared
	options accel.LoadOptions
	pin     *hostcpu.Pin // of the threads that call Start; nil: they run anywhere

	mu     sync.Mutex
	shared *onnx.DynamicAdvancedSession
	spare  *onnx.DynamicAdvancedSession // Load's, for the first Exec
	execs  int
	closed bool
}

// Load makes a session of the blob, which reports a layer that this version of
// the library does not have. LoadOptions.Cores, counted from 0, holds all threads
// that run operators: the session's own, Threads-1 of them, which stay there, and
// the one that calls Start, as long as that runs. Cores without Threads mean one
// thread for each; neither means one for each core that this process may use.
func (b *Backend) Load(ctx context.Context, blob []byte, d accel.DeviceID, o accel.LoadOptions) (accel.Engine, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	h, network, err := unpack(blob)
	if err == nil {
		err = serves(d)
	}
	if err != nil {
		return nil, fmt.Errorf("loading a segment on %s: %w", d, err)
	}
	if err := b.hold(&b.engines); err != nil {
		return nil, err
	}
	if o.Threads == 0 {
		o.Threads = len(o.Cores)
	}
	if o.Threads == 0 { // the library would count those that belong to others too
		o.Threads = runtime.GOMAXPROCS(0)
	}
	e := &engine{home: b, header: h, options: o}
	first, err := e.open(network)
	if err != nil {
		b.drop(&b.engines)
		return nil, fmt.Errorf("loading %s on %s: %w", h.Segment, d, err)
	}
	if o.Threads == 1 {
		e.shared = first
	} else {
		e.spare, e.network = first, network
	}
	return e, nil
}

// open finds the engine's cores and makes its first session.
func (e *engine) open(network []byte) (s *onnx.DynamicAdvancedSession, err error) {
	if e.pin, err = hostcpu.NewPin(e.options.Cores); err != nil {
		return nil, err
	}
	return newSession(network, e.options)
}

// Tensors lists the Segment's inputs and outputs.
func (e *engine) Tensors() (in, out []accel.TensorDesc) {
	return slices.Clone(e.header.Inputs), slices.Clone(e.header.Outputs)
}

// NewExec makes an Exec, with a session of its own unless they share one.
func (e *engine) NewExec() (accel.Exec, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, fmt.Errorf("engine %s: %w", e.header.Segment, errClosed)
	}
	x := &exec{home: e, session: e.shared}
	if x.session == nil {
		x.session, e.spare = e.spare, nil
	}
	if x.session == nil {
		own, err := newSession(e.network, e.options)
		if err != nil {
			return nil, fmt.Errorf("loading %s again: %w", e.header.Segment, err)
		}
		x.session = own
	}
	e.execs++
	return x, nil
}

// leave ends an Exec's hold on the engine and on its session.
func (e *engine) leave(x *exec) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.execs--
	if x.session == e.shared {
		return nil
	}
	return x.session.Destroy()
}

// Close refuses while an Exec is open. Closing twice does nothing.
func (e *engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil
	}
	if e.execs > 0 {
		return fmt.Errorf("closing engine %s: %d execs are still open", e.header.Segment, e.execs)
	}
	e.closed = true
	var errs []error
	for _, s := range []*onnx.DynamicAdvancedSession{e.shared, e.spare} {
		if s != nil {
			errs = append(errs, s.Destroy())
		}
	}
	e.network = nil
	e.home.drop(&e.home.engines)
	return errors.Join(errs...)
}

// newSession makes a session of an ONNX file's bytes, which it does not keep.
func newSession(network []byte, o accel.LoadOptions) (*onnx.DynamicAdvancedSession, error) {
	options, err := sessionOptions(o)
	if err != nil {
		return nil, err
	}
	s, err := onnx.NewDynamicAdvancedSessionWithONNXData(network, nil, nil, options)
	if err = errors.Join(err, options.Destroy()); err != nil {
		return nil, oneLine(err)
	}
	return s, nil
}

// sessionOptions says how sessions run. Left at ONNX Runtime's default, because
// measured: the arena (without it a quarter slower, a third more memory).
// Left out on purpose: session.set_denormal_as_zero, which changes only the
// thread that makes the process's first session, and Go's code on it too.
func sessionOptions(o accel.LoadOptions) (*onnx.SessionOptions, error) {
	if o.Threads < 0 {
		return nil, fmt.Errorf("%d threads: may not be negative", o.Threads)
	}
	s, err := onnx.NewSessionOptions()
	if err != nil {
		return nil, oneLine(err)
	}
	spin := "0"
	if o.Spin {
		spin = "1"
	}
	errs := []error{
		s.SetIntraOpNumThreads(o.Threads),
		s.SetInterOpNumThreads(1),
		s.SetExecutionMode(onnx.ExecutionModeSequential),
		s.SetGraphOptimizationLevel(onnx.GraphOptimizationLevelEnableAll), // a third faster than "extended"
		s.SetMemPattern(false),                                            // same speed, less memory per Exec
		s.AddSessionConfigEntry("session.intra_op.allow_spinning", spin),
	}
	if len(o.Cores) > 0 && o.Threads > 1 {
		errs = append(errs, s.AddSessionConfigEntry("session.intra_op_thread_affinities", affinities(o.Threads, o.Cores)))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, errors.Join(oneLine(err), s.Destroy())
	}
	return s, nil
}

// affinities lets each of the session's own threads run on any of the cores:
// "1,2;1,2" for three threads on the cores 0 and 1. ONNX Runtime counts
// processors from 1.
func affinities(threads int, cores []int) string {
	ids := make([]string, len(cores))
	for i, c := range cores {
		ids[i] = strconv.Itoa(c + 1)
	}
	one := strings.Join(ids, ",")
	return strings.TrimSuffix(strings.Repeat(one+";", threads-1), ";")
}
