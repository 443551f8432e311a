package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"braid/accel"
	"braid/internal/frame"
	"braid/stages"
	"braid/stages/detect"
	"braid/stages/prep"
)

// around are prep and detect of a model on a picture of the recording's size, else
// of 1920x1080, as a camera delivers it: I420, BT.709. Both functions are nil where
// there is no card.
type around struct {
	prep, detect func(context.Context) error
	closers      []func() error
}

func (a *around) close() error {
	var errs []error
	for _, c := range slices.Backward(a.closers) {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}

// around makes the real stages, with a picture before prep and what the network
// makes of it before detect. Nothing is on the picture, so that few boxes pass:
// detect's time is that of a street without much traffic.
func (s *subject) around(ctx context.Context) (_ *around, err error) {
	a := &around{}
	if s.card == nil {
		s.env.Log.Info("prep and detect are not measured: the model has no card")
		return a, nil
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	whole, err := splitWith(ctx, s.runtime, s.network, nil)
	if err != nil {
		return nil, err
	}
	v := &verifier{rt: s.runtime, net: s.network, log: s.env.Log}
	b, err := v.bindings(0, whole)
	if err != nil {
		return nil, err
	}
	a.closers = append(a.closers, b.Close)
	m := &model{card: s.card, network: s.network}
	first, err := prep.New(prepConfig(m))
	if err != nil {
		return nil, as(ErrInvalid, err)
	}
	outputs := results(s.network, whole[0])
	last, err := detect.New(detectConfig(s.card, outputs, s.card.NMS.Score))
	if err != nil {
		return nil, as(ErrInvalid, err)
	}
	pool := frame.NewPool(1, frame.Heap)
	a.closers = append(a.closers, pool.Close)
	f, err := streetFrame(ctx, pool, cmp.Or(s.decoded.width, 1920), cmp.Or(s.decoded.height, 1080))
	if err != nil {
		return nil, err
	}
	a.closers = append(a.closers, func() error { f.Release(); return nil })
	j := stages.NewJob(b)
	j.Frame, j.Meta = f, f.Meta
	a.prep = func(ctx context.Context) error { return processed(first.Process(ctx, j), j) }
	a.detect = func(ctx context.Context) error { return processed(last.Process(ctx, j), j) }
	return a, errors.Join(a.prep(ctx), v.runSegment(ctx, whole[0], []*accel.Bindings{b}))
}

func processed(err error, j *stages.Job) error { return errors.Join(err, j.Err) }

// streetFrame is a picture with structure in every plane.
func streetFrame(ctx context.Context, pool *frame.Pool, width, height int) (*frame.Frame, error) {
	f, err := pool.Get(ctx)
	if err != nil {
		return nil, err
	}
	if err := f.Shape(frame.I420, width, height); err != nil {
		f.Release()
		return nil, fmt.Errorf("making a picture: %w", err)
	}
	f.Color = frame.Colorimetry{Matrix: frame.BT709}
	for p, plane := range f.Planes {
		for i := range plane.Data {
			x, y := i%plane.Stride, i/plane.Stride
			plane.Data[i] = byte(16 + (x*(p+1)+y*3+x*y/64)%220)
		}
	}
	return f, nil
}
