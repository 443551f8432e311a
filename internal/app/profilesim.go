package app

import (
	"context"
	"errors"
	"slices"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/plan"
	"braid/accel/plan/whatif"
	"braid/accel/sim"
)

// errNothingMeasured is for a profile of simulated devices alone.
var errNothingMeasured = errors.New("simulated devices are declared, there is nothing to measure: name cpu too, or leave out --devices")

// declare adds simulated devices to a profile of others, by what their file says: a
// stopwatch would see this machine compute for them.
func (s *subject) declare(ctx context.Context, p *plan.Profile, devices []accel.Device, precisions []plan.Precision) error {
	rt, ok := s.runtime.(*runtimes)
	if !ok || len(devices) == 0 {
		return nil
	}
	if !slices.Contains(precisions, plan.FP32) { // beside a CPU
		precisions = append(slices.Clip(precisions), plan.FP32)
	}
	order, units := p.BySeries()
	work := workAlong(s.network, units[order[0]])
	segments, err := splitWith(ctx, s.runtime, s.network, borders(work))
	if err != nil {
		return err
	}
	work[len(work)-1].Bytes = sum(results(s.network, segments[len(segments)-1]))
	m := machineOf(*rt.declared)
	for _, d := range rt.declared.Runnable() {
		if !slices.ContainsFunc(devices, func(o accel.Device) bool { return o.ID == d.ID }) {
			continue
		}
		for _, precision := range precisions {
			m.Devices = append(m.Devices, declared(d, precision, segments))
		}
	}
	q, err := whatif.Of(s.ref, work, m)
	if err != nil {
		return as(ErrInvalid, err)
	}
	p.Units, p.Streams, p.Transfers = append(p.Units, q.Units...), append(p.Streams, q.Streams...), append(p.Transfers, q.Transfers...)
	p.FIFO = append(p.FIFO, q.FIFO...)
	p.Input = sum(s.network.Inputs())
	for _, d := range q.Simulated { // once for each precision
		if !slices.Contains(p.Simulated, d) {
			p.Simulated = append(p.Simulated, d)
		}
	}
	return nil
}

// workAlong is the work of a network between the cut points of a measured series, in
// 10^9 operations.
func workAlong(n *network.Network, units []plan.Unit) (list []whatif.Work) {
	before, total := map[string]float64{}, 0.0
	for _, l := range n.Layers() {
		total += operations(l.Work)
	}
	for _, c := range n.Cuts() {
		before[c.At] = operations(c.WorkBefore)
	}
	before[""] = total
	done := 0.0
	for _, u := range units {
		list = append(list, whatif.Work{At: u.At, Amount: before[u.At] - done, Bytes: u.Bytes, Tensors: u.Tensors})
		done = before[u.At]
	}
	return list
}

// sum is the size of tensors, bytes.
func sum(tensors []accel.TensorDesc) (n int64) {
	for _, t := range tensors {
		n += t.Bytes()
	}
	return n
}

// operations are those of so many multiply-adds, 10^9.
func operations(work int64) float64 { return 2 * float64(work) / 1e9 }

// machineOf is what a file declares beside the devices.
func machineOf(f sim.File) whatif.Machine {
	return whatif.Machine{Cores: f.Cores, CopyMS: f.Transfer.MS, GBPerS: f.Transfer.GBPerS, Source: f.Source}
}
