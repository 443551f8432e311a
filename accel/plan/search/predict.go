package search

import (
	"fmt"
	"math"
	"slices"

	"braid/accel/plan"
)

// loads is what a layout asks of the machine for one frame.
type loads struct {
	segments []segmentLoad
	device   []float64 // ms of each device, at its capacity
	cores    float64   // ms of one core, with decode, prep and detect
	streams  []int     // S_d
}

// segmentLoad is one segment, replica by replica.
type segmentLoad struct {
	together float64     // H: ms
	work     []plan.Work // T, and what is asked of the full device
	copies   []float64   // c: ms of copies, which a stream waits for and its device does not
	share    []float64   // of the frames
}

// loadsOf follows the formulae of the package's comment.
func (m *machine) loadsOf(l layout) loads {
	streams := m.streams(l)
	return m.loadsWith(l, streams, m.slowdowns(streams))
}

// loadsWith is the same with the streams and slowdowns of each device given.
func (m *machine) loadsWith(l layout, streams []int, sigma []float64) loads {
	out := loads{
		device: make([]float64, len(m.devices)), streams: streams,
		cores: m.cpu.All(),
	}
	for k, seg := range l {
		var s segmentLoad
		rate := 0.0
		for _, r := range seg.replicas {
			from := &m.series[r.series]
			copies := m.copyIn(r.series, l.producers(k), seg.from) + m.copyOut(r.series, l.consumers(k), seg.to)
			front, back := from.border(m.on(l.producers(k), from.device)), from.border(m.on(l.consumers(k), from.device))
			work, copies := m.inLine(from, from.work(seg.from, seg.to, sigma[from.device], front, back), copies)
			s.work = append(s.work, work)
			s.copies = append(s.copies, copies)
			rate += 1 / from.load(work, out.streams[from.device])
		}
		s.together = 1 / rate
		for i, r := range seg.replicas {
			from := &m.series[r.series]
			s.share = append(s.share, s.together/from.load(s.work[i], out.streams[from.device]))
			out.device[from.device] += m.weight(seg) * s.together
			out.cores += m.weight(seg) * m.coresOf(from, out.streams[from.device]) * s.together
		}
		out.segments = append(out.segments, s)
	}
	return out
}

// inLine are the times of a run and of its copies as they count: on a device that works first in,
// first out the copies are in its line, and it works on nothing else meanwhile. Copies that were not
// measured, which are infinite, stay apart.
func (m *machine) inLine(s *series, w plan.Work, copies float64) (run plan.Work, beside float64) {
	if m.devices[s.device].fifo && !math.IsInf(copies, 1) {
		return plan.Work{Alone: w.Alone + copies}, 0
	}
	return w, copies
}

// on is whether some of replicas are on a device.
func (m *machine) on(replicas []replica, device int) bool {
	return slices.ContainsFunc(replicas, func(r replica) bool { return m.series[r.series].device == device })
}

func (l layout) producers(k int) []replica {
	if k == 0 || l[k-1].model != l[k].model {
		return nil
	}
	return l[k-1].replicas
}

// weight is how many frames of a segment's model there are to one of the plan.
func (m *machine) weight(s segment) float64 {
	if m.weights == nil {
		return 1
	}
	return m.weights[s.model]
}

func (l layout) consumers(k int) []replica {
	if k == len(l)-1 || l[k+1].model != l[k].model {
		return nil
	}
	return l[k+1].replicas
}

// coresOf is how many cores a series on the CPU keeps busy with n streams.
func (m *machine) coresOf(s *series, n int) float64 {
	if !m.devices[s.device].cpu {
		return 0
	}
	return float64(min(n, s.most) * s.threads)
}

// stretch is the time of a frame with n at work on the device, over the time alone.
func (s *series) stretch(n int) float64 { return float64(min(n, s.most)) / s.gainAt(n) }

// maxWorkers is the most that a plan may have of prep and of detect.
const maxWorkers = 64

// rate is the highest rate of all bounds but in_flight, with so many workers of prep
// and detect, and what sets it.
func (m *machine) rate(l layout, w loads, prep, detect int) (f float64, bottleneck string) {
	f = math.Inf(1)
	bound := func(limit, ms float64, name string) {
		if ms > 0 && 1000*limit/ms < f {
			f, bottleneck = 1000*limit/ms, name
		}
	}
	for i, d := range m.devices {
		bound(1, w.device[i], string(d.id))
	}
	bound(float64(m.cores), w.cores, "cores")
	if limit, ms, id := m.threadBound(l, w); ms > 0 {
		bound(limit, ms, "threads of "+string(id))
	}
	bound(float64(prep), m.cpu.Prep, "prep")
	bound(float64(detect), m.cpu.Detect, "detect")
	for _, way := range m.ways(l, w) {
		bound(1, way.ms, fmt.Sprintf("copies from %s to %s", way.from, way.to))
	}
	for k, seg := range l {
		for i, r := range seg.replicas {
			if most := m.streamRate(l, w, f, k, i); most < f {
				f, bottleneck = most, "streams of "+string(m.devices[m.series[r.series].device].id)
			}
		}
	}
	return f, bottleneck
}

// streamRate is the highest rate up to f at which the streams of replica i of segment
// k have time for their frames. The more frames are at work on a device at that
// rate, the longer each takes.
func (m *machine) streamRate(l layout, w loads, f float64, k, i int) float64 {
	r, seg := l[k].replicas[i], &w.segments[k]
	s := &m.series[r.series]
	rate := func(n int) float64 {
		held := m.weight(l[k]) * seg.share[i] * (s.spell(seg.work[i], n) + seg.copies[i] + m.handOverOf(s))
		return 1000 * float64(r.streams) / held
	}
	if m.devices[s.device].cpu {
		return min(f, rate(w.streams[s.device]))
	}
	best := 0.0
	for n := 1; n <= w.streams[s.device] && best < f; n++ {
		best = max(best, min(f, 1000/m.atWork(l, w, s.device, n), rate(n)))
	}
	return best
}

// handOverOf is how long a stream of a series is held behind each frame: not at all on a device that works
// first in, first out, which has its next frame by then.
func (m *machine) handOverOf(s *series) float64 {
	if m.devices[s.device].fifo {
		return 0
	}
	return m.handOver
}

// residence is how long a frame is inside the graph at rate f, ms.
func (m *machine) residence(l layout, w loads, f float64) float64 {
	return m.cpu.Prep + m.cpu.Detect + m.path(l, w, f, 0)
}

// path is how long a frame of a model is in its segments at rate f, ms.
func (m *machine) path(l layout, w loads, f float64, model int) float64 {
	active := m.active(l, w, f)
	sum := 0.0
	for k, seg := range l {
		if seg.model != model {
			continue
		}
		slowest := 0.0
		for i, r := range seg.replicas {
			s := &m.series[r.series]
			slowest = max(slowest, s.spell(w.segments[k].work[i], active[s.device])+w.segments[k].copies[i]+m.handOver)
		}
		sum += slowest
	}
	return sum
}

// active is how many frames are at work at once on each device at rate f.
func (m *machine) active(l layout, w loads, f float64) []int {
	n := make([]int, len(m.devices))
	for d := range m.devices {
		n[d] = min(1, w.streams[d])
		if m.devices[d].cpu {
			n[d] = w.streams[d]
		}
		for n[d] < w.streams[d] && f/1000*m.atWork(l, w, d, n[d]) > 1+1e-9 {
			n[d]++
		}
	}
	return n
}

// atWork is the time of a frame on device d with n at work there, ms.
func (m *machine) atWork(l layout, w loads, d, n int) (sum float64) {
	for k, seg := range l {
		for i, r := range seg.replicas {
			if s := &m.series[r.series]; s.device == d {
				sum += m.weight(seg) * w.segments[k].share[i] * s.load(w.segments[k].work[i], n)
			}
		}
	}
	return sum
}
