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
func (m *measurement) measureTransfers(ctx context.Context, from, to accel.DeviceID, budget time.Duration) error {
	if m.network.Copy == nil {
		return fmt.Errorf("no segment to copy with between %s and %s", from, to)
	}
	for _, bytes := range m.options.Copies {
		ms, err := m.transfer(ctx, from, to, bytes, budget/time.Duration(len(m.options.Copies)))
		if err != nil {
			return err
		}
		m.profile.Transfers = append(m.profile.Transfers, plan.Transfer{From: from, To: to, Bytes: bytes, MS: ms})
	}
	return nil
}

func (m *measurement) transfer(ctx context.Context, from, to accel.DeviceID, bytes int64, budget time.Duration) (_ float64, err error) {
	at, other := to, from
	if to == host {
		at, other = from, to
	}
	s, err := m.network.Copy(bytes)
	if err != nil {
		return 0, err
	}
	r := &rig{backend: m.backend, series: plan.Series{Device: at, Precision: plan.FP16}}
	defer r.closeInto(&err)
	e, err := r.load(ctx, s)
	if err != nil {
		return 0, err
	}
	alone := map[accel.DeviceID][]accel.TensorDesc{at: {s.Inputs[0], s.Outputs[0]}}
	without, err := r.copying(e, alone, func(*accel.Bindings) {})
	if err != nil {
		return 0, err
	}
	moved := s.Inputs[0]
	if to == host {
		moved = s.Outputs[0]
	}
	both := map[accel.DeviceID][]accel.TensorDesc{at: alone[at], other: {moved}}
	with, err := r.copying(e, both, func(b *accel.Bindings) { b.SetRoute(moved.Name, []accel.DeviceID{from}, []accel.DeviceID{to}) })
	if err != nil {
		return 0, err
	}
	if err := settle(ctx, []*probe{without, with}, m.options.Interval, budget); err != nil {
		return 0, err
	}
	return max(0, middle(with)-middle(without)), nil
}

// copying binds the copying segment to tensors in some memories.
func (r *rig) copying(e accel.Engine, need map[accel.DeviceID][]accel.TensorDesc, route func(*accel.Bindings)) (*probe, error) {
	var memories []accel.Memory
	for d, tensors := range need {
		mem, err := r.backend.Alloc(d, tensors)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("allocating tensors on %s: %w", d, err), accel.NewBindings(0, memories...).Close())
		}
		memories = append(memories, mem)
	}
	b := accel.NewBindings(0, memories...)
	r.closers = append(r.closers, b.Close)
	route(b)
	call, err := r.bind(e, b)
	return &probe{call: call}, err
}
