package search

import "braid/accel"

// way is from one memory to another, and for how many ms a frame's copies keep it.
type way struct {
	from, to accel.DeviceID
	ms       float64
}

// ways are those that a layout copies on.
func (m *machine) ways(l layout, w loads) (list []way) {
	add := func(from, to accel.DeviceID, bytes int64, share float64) {
		ms := share * m.copies.busy(from, to, bytes)
		if ms == 0 {
			return
		}
		for i := range list {
			if list[i].from == from && list[i].to == to {
				list[i].ms += ms
				return
			}
		}
		list = append(list, way{from, to, ms})
	}
	for k, seg := range l {
		for i, r := range seg.replicas {
			s := &m.series[r.series]
			here, share := m.devices[s.device].memory, m.weight(seg)*w.segments[k].share[i]
			producers := l.producers(k)
			if producers == nil {
				add("cpu", here, s.bytes[seg.from], share)
			}
			for n, p := range producers {
				add(m.devices[m.series[p.series].device].memory, here, m.crossing(r.series, p.series, seg.from), share*w.segments[k-1].share[n])
			}
			if l.consumers(k) == nil {
				add(here, "cpu", s.bytes[seg.to], share)
			}
		}
	}
	return list
}
