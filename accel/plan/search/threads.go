package search

import "braid/accel"

// sole is the series of the only stream that a layout has on the CPU, over all of its
// segments and models.
func (m *machine) sole(l layout) (s *series, is bool) {
	streams := 0
	for _, seg := range l {
		for _, r := range seg.replicas {
			if from := &m.series[r.series]; m.devices[from.device].cpu {
				s, streams = from, streams+r.streams
			}
		}
	}
	return s, streams == 1
}

// threadBound is what bounds the rate where the only stream on the CPU has several threads: f/1000*ms
// is at most limit. The threads wait for one another at the end of each layer. While other work
// has one of their cores, the rest of these cores do nothing, so that such work costs the stream
// its own time; what runs on the cores that the stream leaves free costs it none. Another stream would
// use the cores meanwhile. ms is 0 where no such stream is.
func (m *machine) threadBound(l layout, w loads) (limit, ms float64, id accel.DeviceID) {
	s, is := m.sole(l)
	if !is || s.threads < 2 {
		return 0, 0, ""
	}
	return float64(1 + m.cores - s.threads), w.device[s.device] + m.cpu.All(), m.devices[s.device].id
}
