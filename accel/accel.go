// Package accel says what a device runtime must offer to run sub-networks, and
// names what they work on: Model, Segment, Tensor, Bindings, Device. It holds
// types and interfaces only; the runtimes are its sub-packages.
package accel

import (
	"context"
	"errors"
	"strings"
)

// DeviceID names what executes: "cpu", "gpu:0", "dla:1", "npu:0", "sim:x". A
// device that several runtimes serve may carry the runtime: "cpu/ort", "cpu/openvino".
type DeviceID string

// Kind is the part before the number and the runtime: "cpu", "gpu", "dla" …
func (d DeviceID) Kind() string {
	kind, _, _ := strings.Cut(string(d), "/")
	kind, _, _ = strings.Cut(kind, ":")
	return kind
}

// Runtime is the part behind the slash, "openvino" of "cpu/openvino"; "" where there is
// none.
func (d DeviceID) Runtime() string {
	_, runtime, _ := strings.Cut(string(d), "/")
	return runtime
}

// Memory is the device whose memory a Segment on d reads and writes: the runtime makes
// no difference, but for OpenVINO, which takes the host's for all of its devices and
// moves it to a GPU or NPU by itself. A DLA uses that of the GPU beside it, gpu:0.
func (d DeviceID) Memory() DeviceID {
	id, _, _ := strings.Cut(string(d), "/")
	switch {
	case d.Runtime() == "openvino":
		return "cpu"
	case d.Kind() == "dla":
		return "gpu:0"
	}
	return DeviceID(id)
}

// Device is one processor as a Backend lists it.
type Device struct {
	ID      DeviceID `json:"id"`
	Name    string   `json:"name"`    // the maker's name of it
	Backend string   `json:"backend"` // the runtime that serves it
	Version string   `json:"version"` // of that runtime
	Cores   int      `json:"cores"`   // CPU cores, or 0
	Memory  int64    `json:"memory"`  // bytes, or 0 where unknown
	// FIFO: it runs one Segment at a time, in the order in which they were started, as a
	// DLA does; else its streams share it.
	FIFO bool `json:"fifo,omitempty"`
}

// Backend is a runtime that serves devices. Its methods are safe for concurrent use.
type Backend interface {
	Name() string
	Devices(ctx context.Context) ([]Device, error)
	// Supports returns nil, or the reason why s cannot run on d, naming the layer.
	Supports(s *Segment, d DeviceID, o BuildOptions) error
	// Build compiles a Segment to an engine blob, which may be kept.
	Build(ctx context.Context, s *Segment, d DeviceID, o BuildOptions) ([]byte, error)
	// Load makes an Engine of a blob that Build made for the same device.
	Load(ctx context.Context, blob []byte, d DeviceID, o LoadOptions) (Engine, error)
	// Alloc makes zeroed memory for one set of tensors: host memory for cpu,
	// device or page-locked memory for the rest.
	Alloc(d DeviceID, t []TensorDesc) (Memory, error)
	// Close unloads the runtime. Every Engine and Memory must be closed before.
	Close() error
}

// BuildOptions are fixed when a Segment is compiled.
type BuildOptions struct {
	Precision string // "fp32", "fp16", "int8"; "" means fp32
	Fallback  bool   // layers that the device cannot run may run on the GPU beside it
}

// ErrCores is wrapped by Load where the runtime cannot keep a Segment on
// LoadOptions.Cores, and could load it without them.
var ErrCores = errors.New("the threads cannot be kept on given cores")

// ErrStale is wrapped by Load where the runtime does not take a blob that was kept, though it looked like one of its
// own. It is kept no longer: Build makes it anew.
var ErrStale = errors.New("what was kept is of no use to this runtime")

// BuildAndLoad compiles a Segment and makes an Engine of it. A blob that was kept and that the runtime does not
// take is made anew, once.
func BuildAndLoad(ctx context.Context, b Backend, s *Segment, d DeviceID, o BuildOptions, l LoadOptions) (blob []byte, e Engine, err error) {
	for _, again := range []bool{true, false} {
		if blob, err = b.Build(ctx, s, d, o); err != nil {
			return nil, nil, err
		}
		if e, err = b.Load(ctx, blob, d, l); !again || !errors.Is(err, ErrStale) {
			break
		}
	}
	return blob, e, err
}

// BuildKeeper is what a Backend may be too: it keeps loaded what its builds have in common, since loading that takes
// longer than many a build.
type BuildKeeper interface {
	// EndBuilds unloads it. The next Build loads it again.
	EndBuilds() error
}

// EndBuilds tells a Backend that nothing is built for some time. It is for whoever has frames to come, which
// unloading would hold up, and memory to spare for them only.
func EndBuilds(b Backend) error {
	if k, ok := b.(BuildKeeper); ok {
		return k.EndBuilds()
	}
	return nil
}

// LoadOptions are fixed when an engine blob is loaded.
type LoadOptions struct {
	Threads int   // CPU threads of one Exec; 0: one for each core that this process may use
	Cores   []int // CPU cores to stay on; nil: any
	Spin    bool  // busy-wait, for operators or for a device: faster where cores are not shared
	Eager   bool  // a device gets one launch after the other, and no captured graph of them
	// Shared says that other Segments at work beside this one are on the device too. Where that works
	// first in, first out, a run is given to it when its input is there: it would keep theirs back.
	Shared bool
	// Rank is which of the Segments on a device it works for first, where it can tell: those of a higher rank; 0 is the last.
	Rank int
}

// Engine is a built Segment on one device. NewExec is safe for concurrent use;
// Close comes after every Exec was closed.
type Engine interface {
	Tensors() (in, out []TensorDesc)
	NewExec() (Exec, error)
	Close() error
}

// Exec is an execution context with a stream of its own. One goroutine uses it.
type Exec interface {
	// Bind fixes the tensors of b as the Segment's inputs and outputs, by name,
	// with the copies between memories that b's Routes ask for, and warms up. It is called for every pair at start, never per frame. Both
	// Exec and Bindings must outlive the Call.
	Bind(b *Bindings) (Call, error)
	Close() error
}

// Call is an Exec bound to a Bindings: everything that Start needs is looked up.
type Call interface {
	// Start runs the Segment after the event `after` (nil: now). A CPU backend
	// has run it when Start returns; a device backend has only enqueued it. An
	// error, from Start or from the Event, is the frame's; where it wraps
	// ErrDeviceLost it is the graph's.
	Start(ctx context.Context, after Event) (Event, error)
	Close() error
}

// Event is a point in a stream that one can wait for. Once Wait has returned, with an
// error or without, nothing of that work runs any more: the Bindings are used again.
// Only a lost device, which ends the graph, may leave some.
type Event interface {
	Wait(ctx context.Context) error
}

// OwnEvent is what the Event of a Call that only enqueues offers beside: WaitOwn waits
// for that Call alone, whatever came before it, and may run while somebody else is in
// Wait. Who started the Call may use it until it is started again. What went wrong is
// told by Wait too.
type OwnEvent interface {
	WaitOwn(ctx context.Context) error
}

type done struct{}

func (done) Wait(context.Context) error { return nil }

// Done is the Event of work that has ended.
var Done Event = done{}
