package profile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"braid/accel"
	"braid/accel/plan"
)

// ways are the pairs of memories that tensors can change between.
func (m *measurement) ways() (list [][2]accel.DeviceID) {
	var memories []accel.DeviceID
	for _, s := range m.series {
		if d := s.Device.Memory(); !slices.Contains(memories, d) {
			memories = append(memories, d)
		}
	}
	if len(memories) > 0 && !slices.Contains(memories, host) {
		memories = append(memories, host)
	}
	for _, from := range memories {
		for _, to := range memories {
			if from != to {
				list = append(list, [2]accel.DeviceID{from, to})
			}
		}
	}
	return list
}

// measureTransfers times a segment that only copies, once with its tensors in its
// device's memory and once with one of them in the other: the difference is the
// copy. The segment is on the device that makes the copy in a plan, the one that
// reads; the host has no stream to copy with, so that what goes there is copied by
// the device that writes.
func (m *measurement) measureTransfers(ctx context.Context, from, to accel.DeviceID, until time.Time) error {
	if m.network.Copy == nil {
		return fmt.Errorf("no segment to copy with between %s and %s", from, to)
	}
	for _, bytes := range m.options.Copies {
		ms, err := m.transfer(ctx, from, to, bytes, until)
		if err != nil {
			return err
		}
		m.profile.Transfers = append(m.profile.Transfers, plan.Transfer{From: from, To: to, Bytes: bytes, MS: ms})
	}
	return nil
}

func (m *measurement) transfer(ctx context.Context, from, to accel.DeviceID, bytes int64, until time.Time) (_ float64, err error) {
	at := to
	if to == host {
		at = from
	}
	s, err := m.network.Copy(bytes)
	if err != nil {
		return 0, err
	}
	r := &rig{backend: m.backend, series: plan.Series{Device: at, Precision: plan.FP32}}
	defer r.closeInto(&err)
	e, err := r.load(ctx, s)
	if err != nil {
		return 0, err
	}
	var probes []*probe
	for _, other := range []accel.DeviceID{at, from, to} {
		if len(probes) > 0 && other == at {
			continue
		}
		b, err := m.between(s, at, other, to == host && other != at)
		if err != nil {
			return 0, err
		}
		r.closers = append(r.closers, b.Close)
		call, err := r.bind(e, b)
		if err != nil {
			return 0, err
		}
		probes = append(probes, &probe{call: call})
	}
	if err := settle(ctx, probes, m.options.Interval, time.Now().Add(time.Until(until)/2)); err != nil {
		return 0, err
	}
	return max(0, middle(probes[1])-middle(probes[0])), nil
}

// between makes the tensors of the copying segment on device at. The input is
// written in the memory other, or, where out, the output is read there too.
func (m *measurement) between(s *accel.Segment, at, other accel.DeviceID, out bool) (*accel.Bindings, error) {
	need := map[accel.DeviceID][]accel.TensorDesc{at: {s.Inputs[0], s.Outputs[0]}}
	write, read := other, []accel.DeviceID{at}
	moved := s.Inputs[0]
	if out {
		write, read, moved = at, []accel.DeviceID{at, other}, s.Outputs[0]
	}
	if other != at {
		need[other] = append(need[other], moved)
	}
	var memories []accel.Memory
	for d, tensors := range need {
		mem, err := m.backend.Alloc(d, tensors)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("allocating %d bytes on %s: %w", moved.Bytes(), d, err), accel.NewBindings(0, memories...).Close())
		}
		memories = append(memories, mem)
	}
	b := accel.NewBindings(0, memories...)
	b.SetRoute(s.Inputs[0].Name, []accel.DeviceID{at}, []accel.DeviceID{at})
	b.SetRoute(s.Outputs[0].Name, []accel.DeviceID{at}, []accel.DeviceID{at})
	if out {
		b.SetRoute(moved.Name, []accel.DeviceID{at}, read)
	} else {
		b.SetRoute(moved.Name, []accel.DeviceID{write}, read)
	}
	return b, nil
}
