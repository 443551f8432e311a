package profile

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"braid/accel"
	"braid/accel/plan"
)

// rig is a network on one series, and what was built of it. Closing it frees all,
// last made first.
type rig struct {
	backend accel.Backend
	network Network
	units   units
	series  plan.Series
	loaded  int64 // bytes of all engine blobs
	closers []func() error
}

func (r *rig) close() error {
	var errs []error
	for _, c := range slices.Backward(r.closers) {
		errs = append(errs, c())
	}
	r.closers, r.loaded = nil, 0
	return errors.Join(errs...)
}

func (r *rig) closeInto(err *error) { *err = errors.Join(*err, r.close()) }

func (r *rig) options() accel.BuildOptions {
	return accel.BuildOptions{Precision: string(r.series.Precision)}
}

// cut cuts the network behind the units before each of borders and gives the
// segments with the span that each is.
func (r *rig) cut(ctx context.Context, borders []int) (*Cutting, []span, error) {
	var at []string
	var spans []span
	first := 0
	for _, b := range borders {
		at = append(at, r.units.borders[b-1].At)
		spans = append(spans, span{first, b})
		first = b
	}
	c, err := r.network.Cut(ctx, at, r.series)
	if err != nil {
		return nil, nil, fmt.Errorf("cutting the network for %s: %w", r.series.Device, err)
	}
	return c, append(spans, span{first, r.units.n()}), nil
}

// ends are the borders at the ends of a span that are inside of the network.
func (r *rig) ends(s span) (borders []int) {
	for _, b := range []int{s.first, s.end} {
		if b > 0 && b < r.units.n() {
			borders = append(borders, b)
		}
	}
	return borders
}

// refusals are the reasons why the device cannot run each unit, nil where it can.
func (r *rig) refusals(ctx context.Context) ([]error, error) {
	c, spans, err := r.cut(ctx, r.allBorders())
	if err != nil {
		return nil, err
	}
	refused := make([]error, len(spans))
	for i, s := range c.Segments {
		refused[i] = r.backend.Supports(s, r.series.Device, r.options())
	}
	return refused, nil
}

func (r *rig) allBorders() (borders []int) {
	for i := 1; i < r.units.n(); i++ {
		borders = append(borders, i)
	}
	return borders
}

// build cuts the network behind the units before each of borders and builds those
// of the segments that wanted asks for. They share one Bindings: run in order, each
// reads what the one before it wrote.
func (r *rig) build(ctx context.Context, borders []int, wanted func(span) bool) ([]*probe, error) {
	c, spans, err := r.cut(ctx, borders)
	if err != nil {
		return nil, err
	}
	b, err := c.Bind(0)
	if err != nil {
		return nil, fmt.Errorf("allocating tensors on %s: %w", r.series.Device, err)
	}
	r.closers = append(r.closers, b.Close)
	var probes []*probe
	for i, s := range c.Segments {
		if !wanted(spans[i]) {
			continue
		}
		e, err := r.load(ctx, s)
		if err != nil {
			return nil, err
		}
		call, err := r.bind(e, b)
		if err != nil {
			return nil, fmt.Errorf("binding %s on %s: %w", s.Name, r.series.Device, err)
		}
		probes = append(probes, &probe{span: spans[i], call: call})
	}
	return probes, nil
}

// span builds one stretch of the network as a segment.
func (r *rig) span(ctx context.Context, s span) (*probe, error) {
	probes, err := r.build(ctx, r.ends(s), func(is span) bool { return is == s })
	if err != nil {
		return nil, err
	}
	return probes[0], nil
}

// load builds and loads a segment as a plan's is: without spinning.
func (r *rig) load(ctx context.Context, s *accel.Segment) (accel.Engine, error) {
	blob, e, err := accel.BuildAndLoad(ctx, r.backend, s, r.series.Device, r.options(), accel.LoadOptions{Threads: r.series.Threads})
	if err != nil {
		return nil, fmt.Errorf("preparing %s for %s: %w", s.Name, r.series.Device, err)
	}
	s.ONNX = nil // the blob has it, and a network may be large
	r.loaded += int64(len(blob))
	r.closers = append(r.closers, e.Close)
	return e, nil
}

// bind makes a Call on an Exec of its own.
func (r *rig) bind(e accel.Engine, b *accel.Bindings) (accel.Call, error) {
	x, err := e.NewExec()
	if err != nil {
		return nil, err
	}
	r.closers = append(r.closers, x.Close)
	c, err := x.Bind(b)
	if err != nil {
		return nil, err
	}
	r.closers = append(r.closers, c.Close)
	return c, nil
}

// keeper decides where an Exec runs; nil: anywhere.
type keeper func(accel.Exec) (accel.Exec, error)

// streams builds a span of the network, cut at borders, once and makes a stream of it for each
// of keepers, with an Exec of its own.
func (r *rig) streams(ctx context.Context, borders []int, s span, keepers ...keeper) ([]stream, error) {
	b, err := r.built(ctx, borders, s)
	if err != nil {
		return nil, err
	}
	return r.streamsOf(b, keepers...)
}

// built is a span of the network that is loaded.
type built struct {
	engine  accel.Engine
	cutting *Cutting
}

// built builds and loads a span of the network, cut at borders.
func (r *rig) built(ctx context.Context, borders []int, s span) (built, error) {
	c, spans, err := r.cut(ctx, borders)
	if err != nil {
		return built{}, err
	}
	e, err := r.load(ctx, c.Segments[slices.Index(spans, s)])
	return built{e, c}, err
}

// streamsOf makes streams of what is built, which close with r.
func (r *rig) streamsOf(b built, keepers ...keeper) (list []stream, err error) {
	list = make([]stream, len(keepers))
	for i, keep := range keepers {
		if list[i], err = r.stream(b.engine, b.cutting, i, keep); err != nil {
			return nil, fmt.Errorf("making stream %d on %s: %w", i+1, r.series.Device, err)
		}
	}
	return list, nil
}

// stream binds an Exec to tensors of its own: for a device two sets, so that it has
// the next frame's work before the host has seen the end of the last one's.
func (r *rig) stream(e accel.Engine, c *Cutting, index int, keep keeper) (s stream, err error) {
	x, err := e.NewExec()
	if err != nil {
		return nil, err
	}
	r.closers = append(r.closers, x.Close)
	if keep != nil {
		if x, err = keep(x); err != nil {
			return nil, err
		}
	}
	sets := 2
	if r.series.Device.Memory() == host {
		sets = 1
	}
	for range sets {
		b, err := c.Bind(index)
		if err != nil {
			return nil, err
		}
		r.closers = append(r.closers, b.Close)
		call, err := x.Bind(b)
		if err != nil {
			return nil, err
		}
		r.closers = append(r.closers, call.Close)
		s = append(s, call)
	}
	return s, nil
}
