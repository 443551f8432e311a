package openvino

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"braid/accel"
	"braid/accel/hostcpu"
)

// engine is a loaded Segment. Each Exec has a network of its own: requests of one
// network wait for each other.
type engine struct {
	home     *Backend
	header   header
	at       device
	exported []byte // mapped: networks read their constants there as long as they live
	settings []setting
	pin      *hostcpu.Pin // of the threads that call Start; nil: they run anywhere

	mu     sync.Mutex
	spare  *compiled // Load's, for the first Exec
	timing *compiled // takes the times of layers; nil until they are asked for
	execs  int
	closed bool
}

// Load loads the blob, which must be of this version of OpenVINO. On the CPU
// LoadOptions.Threads are those of one Exec, the one that calls Start among them; 0:
// as many as there are cores that this process may use. LoadOptions.Cores hold the thread that calls Start,
// as long as that runs, and so want Threads to be 1: the others are TBB's, which all
// networks share. Spin makes no difference.
func (b *Backend) Load(ctx context.Context, blob []byte, d accel.DeviceID, o accel.LoadOptions) (_ accel.Engine, err error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	at, err := b.device(d)
	if err != nil {
		return nil, fmt.Errorf("loading a segment: %w", err)
	}
	e := &engine{home: b, at: at}
	var exported []byte
	if e.header, exported, err = unpack(blob); err != nil {
		return nil, fmt.Errorf("loading a segment on %s: %w", d, err)
	}
	if err := b.hold(&b.engines); err != nil {
		return nil, err
	}
	if err := e.open(exported, o); err != nil {
		b.drop(&b.engines)
		return nil, fmt.Errorf("loading %s on %s: %w", e.header.Segment, d, err)
	}
	return e, nil
}

// open loads the engine's first network.
func (e *engine) open(exported []byte, o accel.LoadOptions) (err error) {
	if err := e.accepts(&o); err != nil {
		return err
	}
	if e.exported, err = unix.Mmap(-1, 0, len(exported), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE); err != nil {
		return fmt.Errorf("allocating %d bytes: %w", len(exported), err)
	}
	copy(e.exported, exported)
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	e.settings = settings(e.at, e.header.Precision, o.Threads)
	e.spare, err = e.load()
	if err == nil && e.pin != nil && bound() {
		e.spare.close()
		err = fmt.Errorf("%w: this OpenVINO has libtbbbind beside it, which lets them go: use the one of make setup, or give no cores", accel.ErrCores)
	}
	if err != nil {
		err = errors.Join(err, unix.Munmap(e.exported))
	}
	return err
}

// accepts says why the blob cannot be loaded so, and finds the engine's cores.
func (e *engine) accepts(o *accel.LoadOptions) error {
	switch h := e.header; {
	case h.Device != e.at.kind():
		return fmt.Errorf("it was built for a %s", h.Device)
	case h.Version != e.home.core.version:
		return fmt.Errorf("it was built by OpenVINO %s, this is %s", h.Version, e.home.core.version)
	case o.Threads < 0:
		return fmt.Errorf("%d threads: may not be negative", o.Threads)
	}
	if e.at.isCPU() && len(o.Cores) > 0 {
		return e.keepOn(o)
	}
	return nil
}

// keepOn finds the engine's cores. Threads of TBB's cannot be kept there: they are one
// pool for all networks.
func (e *engine) keepOn(o *accel.LoadOptions) (err error) {
	if o.Threads == 0 && len(o.Cores) == 1 {
		o.Threads = 1
	}
	if o.Threads != 1 {
		return fmt.Errorf("%w: OpenVINO's second thread of a stream is of a pool that all networks share: give it threads: 1, or no cores", accel.ErrCores)
	}
	e.pin, err = hostcpu.NewPin(o.Cores)
	return err
}

// bound says that libtbbbind is in the process, with which TBB lets a thread run on all
// cores as soon as it enters a network. It is loaded with the first network.
func bound() bool {
	maps, err := os.ReadFile("/proc/self/maps")
	return err == nil && strings.Contains(string(maps), "libtbbbind")
}

// load makes a network of the blob.
func (e *engine) load(more ...setting) (*compiled, error) {
	c, err := e.home.core.newCore()
	if err != nil {
		return nil, err
	}
	if err := c.set(e.at.kind(), slices.Concat(e.settings, more)...); err != nil {
		c.close()
		return nil, err
	}
	n, err := c.load(e.exported, e.at.native)
	if err != nil {
		c.close()
		return nil, err
	}
	n.own = c
	return n, nil
}

// Tensors lists the Segment's inputs and outputs.
func (e *engine) Tensors() (in, out []accel.TensorDesc) {
	return slices.Clone(e.header.Inputs), slices.Clone(e.header.Outputs)
}

// NewExec makes an Exec with a network of its own.
func (e *engine) NewExec() (accel.Exec, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, fmt.Errorf("engine %s: %w", e.header.Segment, errClosed)
	}
	x := &exec{home: e, network: e.spare}
	e.spare = nil
	if x.network == nil {
		own, err := e.load()
		if err != nil {
			return nil, fmt.Errorf("loading %s again: %w", e.header.Segment, err)
		}
		x.network = own
	}
	e.execs++
	return x, nil
}

// leave ends an Exec's hold on the engine.
func (e *engine) leave() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.execs--
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
	for _, n := range []*compiled{e.spare, e.timing} {
		if n != nil {
			n.close()
		}
	}
	e.home.drop(&e.home.engines)
	if err := unix.Munmap(e.exported); err != nil {
		return fmt.Errorf("closing engine %s: %w", e.header.Segment, err)
	}
	return nil
}
