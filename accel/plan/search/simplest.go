package search

import (
	"math"
	"slices"

	"braid/accel/plan"
)

// Simplest is the first of plans, the simplest first, that no other is ahead of by more than
// Tolerance, or CutTolerance where the other is in parts on the CPU alone and it is not. values are
// what the goal compares, more is better; parts says of each plan whether it is CutOnCPU.
// -1 where there is none.
func Simplest(values []float64, parts []bool) int {
	whole, cut := math.Inf(-1), math.Inf(-1) // what a plan is to reach: one that is not in such parts, and one that is
	for i, v := range values {
		if math.IsInf(v, -1) {
			continue
		}
		cut = max(cut, v-Tolerance*math.Abs(v))
		if parts[i] {
			whole = max(whole, v-CutTolerance*math.Abs(v))
		} else {
			whole = max(whole, v-Tolerance*math.Abs(v))
		}
	}
	for i, v := range values {
		if !math.IsInf(v, -1) && (v >= cut || !parts[i] && v >= whole) {
			return i
		}
	}
	return -1
}

// CutOnCPU is whether a plan has several segments, and all of them run on the CPU.
func CutOnCPU(p plan.Plan) bool {
	for _, s := range p.Segments {
		if slices.ContainsFunc(s.Devices, func(d plan.Placement) bool { return d.ID.Kind() != "cpu" }) {
			return false
		}
	}
	return len(p.Segments) > 1
}

// cutOnCPU is CutOnCPU of a layout.
func (m *machine) cutOnCPU(l layout) bool {
	for _, seg := range l {
		if slices.ContainsFunc(seg.replicas, func(r replica) bool { return !m.devices[m.series[r.series].device].cpu }) {
			return false
		}
	}
	return len(l) > 1
}
