package search

import (
	"math"
	"slices"

	"braid/accel"
	"braid/accel/plan"
)

// copies knows how long a copy between two memories takes.
type copies map[[2]accel.DeviceID][]plan.Transfer

func copiesOf(p plan.Profile) copies {
	c := copies{}
	for _, t := range p.Transfers {
		key := [2]accel.DeviceID{t.From.Memory(), t.To.Memory()}
		c[key] = append(c[key], t)
	}
	for _, line := range c {
		slices.SortStableFunc(line, func(a, b plan.Transfer) int { return int(max(-1, min(1, a.Bytes-b.Bytes))) })
	}
	return c
}

// ms is the time of a copy of so many tensors, see plan.CopyMS. What was not measured is taken over the host, and
// is infinite where that was not measured either.
func (c copies) ms(from, to accel.DeviceID, bytes int64, tensors int) float64 {
	if from == to || bytes == 0 {
		return 0
	}
	if line := c[[2]accel.DeviceID{from, to}]; line != nil {
		return plan.CopyMS(line, bytes, tensors)
	}
	if from == "cpu" || to == "cpu" {
		return math.Inf(1)
	}
	return c.ms(from, "cpu", bytes, tensors) + c.ms("cpu", to, bytes, tensors)
}

// busy is for how long a copy keeps the way between two memories from other copies: its
// time without what starting it costs, since the next can be started meanwhile. What goes over
// the CPU, since the direct copy was not measured, is not counted.
func (c copies) busy(from, to accel.DeviceID, bytes int64) float64 {
	line := c[[2]accel.DeviceID{from, to}]
	if from == to || line == nil {
		return 0
	}
	last := line[len(line)-1]
	if len(line) > 1 {
		a := line[len(line)-2]
		if a.Bytes < last.Bytes {
			return max(0, last.MS-a.MS) / float64(last.Bytes-a.Bytes) * float64(bytes)
		}
	}
	return last.MS / float64(max(1, last.Bytes)) * float64(bytes)
}
