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
// copy. Several runs follow each other before the host waits, since waking it takes as long as a copy,
// and longer the longer it slept. The segment is on the device that makes the copy in a plan, the one that
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
	runs := int(max(1, min(mostInChain, chainBytes/max(1, bytes))))
	alone := map[accel.DeviceID][]accel.TensorDesc{at: {s.Inputs[0], s.Outputs[0]}}
	without, err := r.copying(e, runs, alone, func(*accel.Bindings) {})
	if err != nil {
		return 0, err
	}
	moved := s.Inputs[0]
	if to == host {
		moved = s.Outputs[0]
	}
	both := map[accel.DeviceID][]accel.TensorDesc{at: alone[at], other: {moved}}
	with, err := r.copying(e, runs, both, func(b *accel.Bindings) { b.SetRoute(moved.Name, []accel.DeviceID{from}, []accel.DeviceID{to}) })
	if err != nil {
		return 0, err
	}
	if err := settle(ctx, []*probe{without, with}, m.options.Interval, budget); err != nil {
		return 0, err
	}
	return max(0, middle(with)-middle(without)) / float64(runs), nil
}

// mostInChain is how many runs of a copying segment follow each other, of so large tensors that
// all of one side have chainBytes at most.
const (
	mostInChain = 8
	chainBytes  = 32 << 20
)

// copying binds an Exec of the copying segment to tensors in some memories, as many times as runs follow
// each other.
func (r *rig) copying(e accel.Engine, runs int, need map[accel.DeviceID][]accel.TensorDesc, route func(*accel.Bindings)) (*probe, error) {
	x, err := e.NewExec()
	if err != nil {
		return nil, err
	}
	r.closers = append(r.closers, x.Close)
	var c chain
	for i := range runs {
		b, err := r.tensors(i, need)
		if err != nil {
			return nil, err
		}
		route(b)
		call, err := x.Bind(b)
		if err != nil {
			return nil, err
		}
		r.closers = append(r.closers, call.Close)
		c = append(c, call)
	}
	return &probe{call: c}, nil
}

// tensors makes Bindings of tensors in some memories.
func (r *rig) tensors(index int, need map[accel.DeviceID][]accel.TensorDesc) (*accel.Bindings, error) {
	var memories []accel.Memory
	for d, list := range need {
		mem, err := r.backend.Alloc(d, list)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("allocating tensors on %s: %w", d, err), accel.NewBindings(index, memories...).Close())
		}
		memories = append(memories, mem)
	}
	b := accel.NewBindings(index, memories...)
	r.closers = append(r.closers, b.Close)
	return b, nil
}

// chain are Calls of one Exec that follow each other as one.
type chain []accel.Call

// Start starts each Call behind the one before it. What was started has ended where it fails.
func (c chain) Start(ctx context.Context, after accel.Event) (accel.Event, error) {
	for i, call := range c {
		next, err := call.Start(ctx, after)
		if err != nil {
			if i > 0 {
				err = errors.Join(err, after.Wait(ctx))
			}
			return nil, err
		}
		after = next
	}
	return after, nil
}

// Close does nothing: the rig closes the Calls.
func (c chain) Close() error { return nil }
