package app

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"braid/accel"
	"braid/accel/plan"
)

// lane is one network that is ready to run on a device.
type lane struct {
	call    accel.Call
	closers []func() error
}

func (l *lane) close() error {
	var errs []error
	for _, c := range slices.Backward(l.closers) {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}

// time is one run in milliseconds. One before it, which is not timed, brings its
// weights back into the caches.
func (l *lane) time(ctx context.Context) (float64, error) {
	var began time.Time
	for range 2 {
		began = time.Now()
		done, err := l.call.Start(ctx, nil)
		if err != nil {
			return 0, err
		}
		if err := done.Wait(ctx); err != nil {
			return 0, err
		}
	}
	return time.Since(began).Seconds() * 1e3, nil
}

// lane builds a network for a device and binds it to noise.
func (c contest) lane(ctx context.Context, m *model, d accel.DeviceID, precision plan.Precision) (_ *lane, err error) {
	l := &lane{}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.close())
		}
	}()
	segments, err := splitWith(ctx, c.rt, m.network, nil)
	if err != nil {
		return nil, err
	}
	s := segments[0]
	p := plan.Serial(planRef(m.card))
	p.Segments[0].Devices[0].ID, p.Precision = d, precision
	bind, err := newTraffic(m.network.Inputs(), s.Outputs, segments, p).bindings(c.rt, 0)
	if err != nil {
		return nil, err
	}
	l.closers = append(l.closers, bind.Close)
	inputs, err := randomInputs(m.network, m.card, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		return nil, err
	}
	pour(bind, inputs)
	blob, err := c.rt.Build(ctx, s, d, accel.BuildOptions{Precision: p.PrecisionOf(0), Fallback: true})
	if err != nil {
		return nil, err
	}
	engine, err := c.rt.Load(ctx, blob, d, accel.LoadOptions{Threads: 1})
	if err != nil {
		return nil, err
	}
	l.closers = append(l.closers, engine.Close)
	exec, err := engine.NewExec()
	if err != nil {
		return nil, err
	}
	l.closers = append(l.closers, exec.Close)
	if l.call, err = exec.Bind(bind); err != nil {
		return nil, err
	}
	l.closers = append(l.closers, l.call.Close)
	return l, nil
}
