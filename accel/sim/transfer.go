package sim

import (
	"cmp"
	"fmt"
	"slices"

	"braid/accel"
	"braid/accel/plan"
)

// copies is the time of a segment's copies. The replica that reads a tensor copies
// it, or the one that writes it where the reader is the CPU; of several replicas on
// the other side the slowest copy counts.
func (t *Times) copies(segment int, memory accel.DeviceID, units []plan.Unit, begin, end int) (float64, error) {
	if memory == host {
		return 0, nil
	}
	bytes, tensors := t.profile.Input, 1
	if begin > 0 {
		bytes, tensors = t.crossing(segment-1, begin, units)
	}
	var in, out float64
	for _, from := range t.memories(segment - 1) {
		ms, err := t.copy(from, memory, bytes, tensors)
		if err != nil {
			return 0, err
		}
		in = max(in, ms)
	}
	for _, to := range t.memories(segment + 1) {
		if to != host {
			continue
		}
		bytes, tensors := t.crossing(segment+1, end, units)
		ms, err := t.copy(memory, to, bytes, tensors)
		if err != nil {
			return 0, err
		}
		out = ms
	}
	return in + out, nil
}

// crossing is the size of what crosses behind so many units, between the series whose units
// are given and those of a neighbour, in the form of the one that needs more, and how many tensors that are.
func (t *Times) crossing(neighbour, behind int, units []plan.Unit) (most int64, tensors int) {
	for _, list := range t.units { // they are the same on every device
		tensors = max(1, tensors, list[behind-1].Tensors)
	}
	most = units[behind-1].Bytes
	if neighbour == len(t.plan.Segments) {
		return most, tensors // detect has no form of its own
	}
	for _, r := range t.plan.Replicas(neighbour) {
		if key, err := t.series(neighbour, r.Device, r.Threads); err == nil { // else NewTimes refuses the plan
			most = max(most, t.units[key][behind-1].Bytes)
		}
	}
	return most, tensors
}

// memories are those that a segment works on; in front of the first and behind the
// last is the host.
func (t *Times) memories(segment int) []accel.DeviceID {
	if segment < 0 || segment >= len(t.plan.Segments) {
		return []accel.DeviceID{host}
	}
	var list []accel.DeviceID
	for _, d := range t.plan.Segments[segment].Devices {
		list = append(list, d.ID.Memory())
	}
	return list
}

// copy is the time of a copy of so many tensors, ms, see plan.CopyMS. What the profile does not have goes over the
// host.
func (t *Times) copy(from, to accel.DeviceID, bytes int64, tensors int) (float64, error) {
	if from == to || bytes == 0 {
		return 0, nil
	}
	var line []plan.Transfer
	for _, tr := range t.profile.Transfers {
		if tr.From.Memory() == from && tr.To.Memory() == to {
			line = append(line, tr)
		}
	}
	if len(line) > 0 {
		slices.SortStableFunc(line, func(a, b plan.Transfer) int { return cmp.Compare(a.Bytes, b.Bytes) })
		return plan.CopyMS(line, bytes, tensors), nil
	}
	if from == host || to == host {
		return 0, fmt.Errorf("the profile has no transfers from %s to %s", from, to)
	}
	there, err := t.copy(from, host, bytes, tensors)
	if err != nil {
		return 0, err
	}
	on, err := t.copy(host, to, bytes, tensors)
	return there + on, err
}
