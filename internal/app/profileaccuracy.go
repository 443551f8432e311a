package app

import (
	"context"
	"fmt"
	"slices"

	"braid/accel/plan"
	"braid/internal/accuracy"
	"braid/internal/coco"
	"braid/source"
)

// judge reads the truth that precisions are judged by, before minutes are spent; nil where
// none is asked for.
func (s *subject) judge(o ProfileOptions) (*evaluator, error) {
	if o.Images == "" {
		return nil, nil //nolint:nilnil // nothing asked for, nothing wrong
	}
	if s.card == nil {
		return nil, invalidf("--images: %s has no card, so that nobody knows what its outputs mean", s.ref)
	}
	truth, err := coco.ReadFile(o.Annotations)
	if err != nil {
		return nil, as(ErrInvalid, err)
	}
	frames := func() (source.Source, error) { return pictures(truth, o.Images, s.env.Log) }
	if _, err := frames(); err != nil {
		return nil, as(ErrInvalid, err)
	}
	m := &model{card: s.card, network: s.network}
	e := &evaluator{env: s.env, rt: s.runtime, model: m.forEvaluation(), truth: truth, frames: frames}
	if known := s.card.Labels.Names; len(known) != len(truth.Categories) {
		e.only = accuracy.Shared(known, truth.Categories) // a model of few classes on a truth of many
	}
	return e, nil
}

// losses are what the precisions of a profile lose, each with the whole network on its
// device, against fp32 on the CPU. A device that cannot run the whole is left out.
func (e *evaluator) losses(ctx context.Context, p plan.Profile) (list []plan.Accuracy, err error) {
	lossy := lossySeries(p)
	if len(lossy) == 0 {
		e.env.Log.Info("every device was measured in fp32: there is nothing that a precision could lose")
		return nil, nil
	}
	base, err := e.of(ctx, plan.Series{Device: host, Precision: plan.FP32, Threads: 1}, p.Cores)
	if err != nil {
		return nil, err
	}
	for _, s := range lossy {
		ap, err := e.of(ctx, s, p.Cores)
		if err != nil {
			return nil, err
		}
		list = append(list, plan.Accuracy{Device: s.Device, Precision: s.Precision, Drop: base - ap, Images: len(e.truth.Images)})
	}
	return list, nil
}

// lossySeries are the devices with each of their precisions but fp32 that run the whole
// network.
func lossySeries(p plan.Profile) (list []plan.Series) {
	order, units := p.BySeries()
	for _, s := range order {
		known := slices.ContainsFunc(list, func(k plan.Series) bool { return k.Device == s.Device && k.Precision == s.Precision })
		part := slices.ContainsFunc(units[s], func(u plan.Unit) bool { return u.Why != "" })
		if s.Precision != plan.FP32 && !known && !part {
			list = append(list, s)
		}
	}
	return list
}

// of is the mAP of the model on one device, as fast as the host's cores allow.
func (e *evaluator) of(ctx context.Context, s plan.Series, cores int) (float64, error) {
	p := plan.Auto(planRef(e.model.card), max(1, cores))
	p.Precision = s.Precision
	p.Segments[0].Devices[0].ID = s.Device
	if s.Device.Memory() != host {
		p.Segments[0].Devices[0].Threads, p.Segments[0].Streams = 0, 1
		p.InFlight = p.UsualInFlight()
	}
	r, err := e.under(ctx, p)
	if err != nil {
		return 0, fmt.Errorf("judging %s in %s: %w", s.Device, s.Precision, err)
	}
	return r.AP, nil
}
