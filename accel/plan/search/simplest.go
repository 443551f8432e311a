package search

import (
	"math"
	"slices"

	"braid/accel/plan"
)

// Simplest is the first of plans, the simplest first, that is within Tolerance of the best. values
// are what the goal compares, more is better, of plans on the CPU alone in parts what Sure leaves.
// -1 where there is none.
func Simplest(values []float64) int {
	best := math.Inf(-1)
	for _, v := range values {
		best = max(best, v)
	}
	if math.IsInf(best, -1) {
		return -1
	}
	return slices.IndexFunc(values, func(v float64) bool { return v >= best-Tolerance*math.Abs(best) })
}

// Sure is what of a predicted value counts: all, but of parts on the CPU alone nine tenths.
func Sure(value float64, parts bool) float64 {
	if parts {
		return value - unsure*math.Abs(value)
	}
	return value
}

// unsure is the part of what is predicted of parts on the CPU alone that does not count. To NATS
// they were predicted 9 to 22 % too fast on one machine of two cores, -5 to 27 and 3 to 32 % on two
// others, since they wait for each other and for each other's caches (docs/results.md).
const unsure = 0.1

// CutOnCPU is whether a plan has several segments, and all of them run on the CPU.
func CutOnCPU(p plan.Plan) bool {
	for _, s := range p.Segments {
		if slices.ContainsFunc(s.Devices, func(d plan.Placement) bool { return d.ID.Kind() != "cpu" }) {
			return false
		}
	}
	return len(p.Segments) > 1
}

// sure is Sure of a layout's value.
func (m *machine) sure(l layout, value float64) float64 {
	return Sure(value, len(l) > 1 && m.onCPU(l))
}

// onCPU is whether all of a layout runs on the CPU.
func (m *machine) onCPU(l layout) bool {
	for _, seg := range l {
		if slices.ContainsFunc(seg.replicas, func(r replica) bool { return !m.devices[m.series[r.series].device].cpu }) {
			return false
		}
	}
	return true
}
