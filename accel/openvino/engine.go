package openvino

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"braid/accel"
	"braid/accel/hostcpu"
)

// engine is a loaded Segment. Each Exec has a network of its own: requests of one
// network wait for each other.
type engine struct {
	home     *Backend
	header   header
	at       device
	exported []byte // for the networks still to load
	settings []setting
	pin      *hostcpu.Pin // of the threads that call Start; nil: they run anywhere

	mu     sync.Mutex
	spare  *network // Load's, for the first Exec
	timing *network // takes the times of layers; nil until they are asked for
	execs  int
	closed bool
}

// network is a compiled network with the settings that it was loaded with.
type network struct {
	core *core
	*compiled
}

func (n *network) close() {
	n.compiled.close()
	n.core.close()
}

// Load loads the blob, which must be of this version of OpenVINO. On the CPU
// LoadOptions.Threads are those of one Exec, the one that calls Start among them; 0:
// as many as the CPU has cores. LoadOptions.Cores hold the thread that calls Start,
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
	if e.header, e.exported, err = unpack(blob); err != nil {
		return nil, fmt.Errorf("loading a segment on %s: %w", d, err)
	}
	if err := b.hold(&b.engines); err != nil {
		return nil, err
	}
	if err := e.open(o); err != nil {
		b.drop(&b.engines)
		return nil, fmt.Errorf("loading %s on %s: %w", e.header.Segment, d, err)
	}
	return e, nil
}

// open loads the engine's first network.
func (e *engine) open(o accel.LoadOptions) (err error) {
	switch h := e.header; {
	case h.Device != e.at.kind():
		return fmt.Errorf("it was built for a %s", h.Device)
	case h.Version != e.home.core.version:
		return fmt.Errorf("it was built by OpenVINO %s, this is %s", h.Version, e.home.core.version)
	case o.Threads < 0:
		return fmt.Errorf("%d threads: may not be negative", o.Threads)
	}
	if e.at.isCPU() {
		if err := e.keepOn(&o); err != nil {
			return err
		}
	}
	e.settings = settings(e.at, e.header.Precision, o.Threads)
	e.spare, err = e.load()
	return err
}

// keepOn finds the engine's cores. Two things would leave them without a word: threads
// of TBB's, and libtbbbind, through which TBB lets a thread run on all cores as soon as
// it enters a network.
func (e *engine) keepOn(o *accel.LoadOptions) (err error) {
	if len(o.Cores) == 0 {
		return nil
	}
	if o.Threads == 0 && len(o.Cores) == 1 {
		o.Threads = 1
	}
	if o.Threads != 1 {
		return errors.New("OpenVINO keeps a stream on given cores only where it has one thread: give it threads: 1, or no cores")
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err == nil && strings.Contains(string(maps), "libtbbbind") {
		return errors.New("this OpenVINO keeps no thread on given cores, because of the libtbbbind beside it: use the one of make setup, or give no cores")
	}
	e.pin, err = hostcpu.NewPin(o.Cores)
	return err
}

// load makes a network of the blob.
func (e *engine) load(more ...setting) (*network, error) {
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
	return &network{c, n}, nil
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
	for _, n := range []*network{e.spare, e.timing} {
		if n != nil {
			n.close()
		}
	}
	e.exported = nil
	e.home.drop(&e.home.engines)
	return nil
}
