package sim

import (
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
	bytes := t.profile.Input
	if begin > 0 {
		bytes = t.crossing(segment-1, begin, units)
	}
	var in, out float64
	for _, from := range t.memories(segment - 1) {
		ms, err := t.copy(from, memory, bytes)
		if err != nil {
			return 0, err
		}
		in = max(in, ms)
	}
	for _, to := range t.memories(segment + 1) {
		if to != host {
			continue
		}
		ms, err := t.copy(memory, to, t.crossing(segment+1, end, units))
		if err != nil {
			return 0, err
		}
		out = ms
	}
	return in + out, nil
}

// crossing is the size of what crosses behind so many units, between the series whose units
// are given and those of a neighbour: in the form of the one that needs more.
func (t *Times) crossing(neighbour, behind int, units []plan.Unit) int64 {
	most := units[behind-1].Bytes
	if neighbour == len(t.plan.Segments) {
		return most // detect has no form of its own
	}
	for _, r := range t.plan.Replicas(neighbour) {
		if key, err := t.series(neighbour, r.Device, r.Threads); err == nil { // else NewTimes refuses the plan
			most = max(most, t.units[key][behind-1].Bytes)
		}
	}
	return most
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

// copy is the time of one copy, ms: straight lines between the sizes of the profile
// and beyond them, in proportion where it has one. What it does not have goes over
// the host.
func (t *Times) copy(from, to accel.DeviceID, bytes int64) (float64, error) {
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
		return along(line, bytes), nil
	}
	if from == host || to == host {
		return 0, fmt.Errorf("the profile has no transfers from %s to %s", from, to)
	}
	there, err := t.copy(from, host, bytes)
	if err != nil {
		return 0, err
	}
	on, err := t.copy(host, to, bytes)
	return there + on, err
}

func along(line []plan.Transfer, bytes int64) float64 {
	slices.SortStableFunc(line, func(a, b plan.Transfer) int { return int(max(-1, min(1, a.Bytes-b.Bytes))) })
	if len(line) == 1 {
		return line[0].MS * float64(bytes) / float64(max(1, line[0].Bytes))
	}
	i := 1
	for i < len(line)-1 && line[i].Bytes < bytes {
		i++
	}
	a, b := line[i-1], line[i]
	if a.Bytes == b.Bytes {
		return b.MS
	}
	return max(0, a.MS+(b.MS-a.MS)*float64(bytes-a.Bytes)/float64(b.Bytes-a.Bytes))
}
