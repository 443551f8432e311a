package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"braid/accel"
)

var _ accel.Backend = (*Backend)(nil)

// Options are what a Backend is opened with.
type Options struct {
	File  File          // the devices; those that are not sim:NAME cannot be run on
	Pace  Pace          // nil: what File declares
	CPU   accel.Backend // computes the results, on "cpu"; its owner closes it after the Backend
	Cache int64         // most bytes of results that are kept; 0: 256 MiB
	Clock Clock         // nil: SystemClock
	Log   *slog.Logger
}

// Backend serves sim:NAME. Its methods are safe for concurrent use.
type Backend struct {
	options Options
	machine *machine
	results *results
	devices []served

	mu       sync.Mutex
	closed   bool
	engines  int
	memories int
}

// served is a device that can be run on.
type served struct {
	Device
	rules rules
}

// Open makes a Backend of a file's simulated devices.
func Open(o Options) (*Backend, error) {
	if o.CPU == nil || o.Log == nil {
		return nil, errors.New("opening simulated devices: a backend that computes and a log are needed")
	}
	if o.Pace == nil {
		o.Pace = declared{o.File}
	}
	if o.Clock == nil {
		o.Clock = SystemClock{}
	}
	if o.Cache == 0 {
		o.Cache = 256 << 20
	}
	b := &Backend{options: o, results: newResults(o.Cache)}
	var ids []accel.DeviceID
	for _, d := range o.File.Runnable() {
		r, err := parseRules(d.Rules)
		if err != nil {
			return nil, fmt.Errorf("opening simulated device %s: %w", d.ID, err)
		}
		b.devices = append(b.devices, served{d, r})
		ids = append(ids, d.ID)
		o.Log.Info("device is simulated: no figure of it is a measurement", "device", d.ID, "kind", d.Kind, "source", o.File.Source)
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("opening simulated devices: %s declares none that is sim:NAME", o.File.Name)
	}
	b.machine = newMachine(o.Clock, o.Pace.Devices(ids))
	return b, nil
}

// Name is "sim".
func (b *Backend) Name() string { return "sim" }

// Devices are the declared devices that can be run on. Their names change with
// whatever is declared, so that nothing that was kept for others passes for theirs.
func (b *Backend) Devices(context.Context) (list []accel.Device, err error) {
	for _, d := range b.devices {
		out := accel.Device{
			ID: d.ID, Name: fmt.Sprintf("simulated %s of %s, declared %s", d.Kind, b.options.File.Name, b.options.File.id()),
			Backend: b.Name(), Version: "declared", FIFO: d.FIFO,
		}
		if d.Kind == CPU {
			out.Cores = b.options.File.Cores
		}
		list = append(list, out)
	}
	return list, nil
}

// find is the index of a device, with or without the runtime in its name.
func (b *Backend) find(d accel.DeviceID) (int, error) {
	id, runtime, named := strings.Cut(string(d), "/")
	i := slices.IndexFunc(b.devices, func(s served) bool { return string(s.ID) == id })
	if i < 0 || named && runtime != b.Name() {
		var ids []string
		for _, s := range b.devices {
			ids = append(ids, string(s.ID))
		}
		return 0, fmt.Errorf("%s declares the simulated devices %s, not %s", b.options.File.Name, strings.Join(ids, " "), d)
	}
	return i, nil
}

// Supports knows the rules that the device was declared with.
func (b *Backend) Supports(s *accel.Segment, d accel.DeviceID, o accel.BuildOptions) error {
	i, err := b.find(d)
	if err != nil {
		return err
	}
	if o.Precision == "" {
		o.Precision = "fp32"
	}
	if !slices.Contains([]string{"fp32", "fp16", "int8"}, o.Precision) {
		return fmt.Errorf("sim knows fp32, fp16 and int8, not %s", o.Precision)
	}
	for _, t := range slices.Concat(s.Inputs, s.Outputs) {
		if t.Layout != accel.Linear {
			return fmt.Errorf("tensor %q is laid out as %s: sim computes on the CPU, which has no such layout", t.Name, t.Layout)
		}
	}
	if err := b.devices[i].rules.check(s, o.Precision); err != nil {
		return fmt.Errorf("%s, a simulated device: %w", d, err)
	}
	return nil
}

// Build has the segment built by the Backend that computes: simulated devices have
// the results of fp32 on the CPU whatever their precision is.
func (b *Backend) Build(ctx context.Context, s *accel.Segment, d accel.DeviceID, o accel.BuildOptions) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err := b.Supports(s, d, o); err != nil {
		return nil, fmt.Errorf("building %s for %s: %w", s.Name, d, err)
	}
	inner, err := b.options.CPU.Build(ctx, s, host, accel.BuildOptions{})
	if err != nil {
		return nil, err
	}
	service, err := b.options.Pace.Segment(s, d)
	if err != nil {
		return nil, fmt.Errorf("building %s for %s: %w", s.Name, d, err)
	}
	blob, err := pack(s, d, service, inner)
	if err != nil {
		return nil, fmt.Errorf("building %s for %s: %w", s.Name, d, err)
	}
	return blob, nil
}

// Lose ends a device, as a device is lost: what it works on and all that comes
// later fails with accel.ErrDeviceLost.
func (b *Backend) Lose(d accel.DeviceID) error {
	i, err := b.find(d)
	if err != nil {
		return err
	}
	b.machine.lose(i, d)
	return nil
}

// Computed is how often a result was computed, and not in the cache.
func (b *Backend) Computed() int64 { return b.results.computed.Load() }

// Stood is for how long the time of the devices has stood still, since a result that
// was due had not been computed yet: on devices that were there this time would not have
// passed.
func (b *Backend) Stood() time.Duration { return b.machine.stood() }

// Close ends the devices. It refuses while an Engine or a Memory is open. Closing
// twice does nothing.
func (b *Backend) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	if b.engines != 0 || b.memories != 0 {
		return fmt.Errorf("closing sim: %d engines and %d memories are still open", b.engines, b.memories)
	}
	b.closed = true
	b.machine.stop()
	return nil
}

// errClosed is what a method of something closed returns.
var errClosed = errors.New("already closed")

// hold counts up a counter of b, under its lock.
func (b *Backend) hold(counter *int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return fmt.Errorf("sim backend: %w", errClosed)
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
