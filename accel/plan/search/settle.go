package search

import "math"

// maxInFlight is the most that a plan may have.
const maxInFlight = 4096

// outcome is what a layout does under a goal.
type outcome struct {
	value      float64 // what the goal compares: more is better; -Inf: the goal cannot be met
	fps        float64
	latency    float64 // ms
	inFlight   int
	bytes      int64 // of all bindings
	bottleneck string
	joules     float64 // of a frame; 0 without watts
}

// settle finds the frames in flight of a layout, and with them its rate.
func (m *machine) settle(l layout, g *Goal) outcome {
	w := m.loadsOf(l)
	f, bottleneck := m.rate(l, w, maxWorkers, maxWorkers)
	most := m.mostInFlight(l)
	o := outcome{fps: f, bottleneck: bottleneck, inFlight: m.enough(l, w, f)}
	if o.inFlight > most {
		o.inFlight, o.bottleneck = most, "in_flight"
		o.fps = m.rateWithin(l, w, f, most)
	}
	switch {
	case most < 1:
		o.value = math.Inf(-1)
		return o
	case g.Objective == Cameras:
		m.settleCameras(&o, l, w, g)
	default:
		m.settleBudget(&o, l, w, g)
	}
	o.bytes = int64(o.inFlight) * m.bytesOf(l)
	o.joules = m.joules(w, o.fps)
	switch {
	case math.IsInf(o.value, -1):
	case g.Objective == Energy:
		o.value = -o.joules
	case g.Objective == leastLatency:
		o.value = -m.residence(l, w, 0)
	}
	return o
}

// enough is in_flight for rate f: what residence fills, and one that waits in
// front of the bottleneck.
func (m *machine) enough(l layout, w loads, f float64) int {
	return 1 + max(1, int(math.Ceil(f/1000*m.residence(l, w, f)-1e-6)))
}

// rateWithin is the highest rate up to f that n frames in flight carry.
func (m *machine) rateWithin(l layout, w loads, f float64, n int) float64 {
	fits := func(f float64) bool { return f/1000*m.residence(l, w, f) <= float64(n)+1e-6 }
	if fits(f) {
		return f
	}
	low, high := 0.0, f
	for range 60 {
		if mid := (low + high) / 2; fits(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// settleBudget takes the most frames in flight whose latency is within the budget.
func (m *machine) settleBudget(o *outcome, l layout, w loads, g *Goal) {
	top := o.fps
	if g.Budget > 0 {
		o.inFlight = max(1, min(o.inFlight, int(g.Budget*top/1000+1e-6)))
	}
	for ; o.inFlight > 0; o.inFlight-- {
		o.fps = m.rateWithin(l, w, top, o.inFlight)
		o.latency = float64(o.inFlight) * 1000 / o.fps
		if g.Budget == 0 || o.latency <= g.Budget*(1+1e-6) {
			break
		}
	}
	if o.fps < top*(1-1e-9) {
		o.bottleneck = "in_flight"
	}
	o.value = o.fps
	if o.inFlight == 0 || m.sure(l, o.fps) < g.MinFPS*(1-1e-9) {
		o.inFlight = max(1, o.inFlight)
		o.value = math.Inf(-1)
	}
}

// settleCameras takes the latency of the last frame when all cameras deliver at
// the same instant, and the rate is theirs.
func (m *machine) settleCameras(o *outcome, l layout, w loads, g *Goal) {
	demand, cameras := g.demand()
	o.latency = m.residence(l, w, min(demand, o.fps)) + float64(cameras-1)*1000/o.fps
	o.value = o.fps
	if g.Budget > 0 && o.latency > g.Budget*(1+1e-6) || m.sure(l, o.fps) < g.MinFPS*(1-1e-9) {
		o.value = math.Inf(-1)
	}
}

// bytesOf is the size of the bindings of one frame: the tensors at the borders, in
// each memory that writes or reads them. (What is inside a segment is its engine's.)
func (m *machine) bytesOf(l layout) int64 {
	var sum int64
	for _, b := range m.bytesBy(l) {
		sum += b
	}
	return sum
}

func (m *machine) bytesBy(l layout) map[string]int64 {
	by := map[string]int64{"cpu": m.input}
	for k := 0; k <= len(l); k++ {
		var sides []replica
		at, here := m.units, map[string]int64{}
		if k > 0 {
			sides = append(sides, l[k-1].replicas...)
		}
		if k < len(l) {
			sides, at = append(sides, l[k].replicas...), l[k].from
		} else {
			here["cpu"] = m.series[sides[0].series].bytes[at]
		}
		for _, r := range sides {
			s := &m.series[r.series]
			here[string(m.devices[s.device].memory)] = s.bytes[at]
		}
		for memory, b := range here {
			if k > 0 || memory != "cpu" {
				by[memory] += b
			}
		}
	}
	return by
}

// mostInFlight is how many bindings fit in the memory of every device of a layout.
func (m *machine) mostInFlight(l layout) int {
	most := maxInFlight
	by := m.bytesBy(l)
	for _, seg := range l {
		for _, r := range seg.replicas {
			d := m.devices[m.series[r.series].device]
			if b := by[string(d.memory)]; d.bytes > 0 && b > 0 {
				most = int(min(int64(most), d.bytes/b))
			}
		}
	}
	return most
}

// joules is the energy of a frame at rate f: watts at rest of all devices, and of
// those at work what they take above that for as long as they work.
func (m *machine) joules(w loads, f float64) float64 {
	sum := m.idle / f
	for i, d := range m.devices {
		busy := w.device[i] / 1000
		if d.cpu {
			busy = w.cores / 1000 / float64(m.cores)
		}
		sum += d.dynamic * busy
	}
	return sum
}

// workers are those of prep or detect that rate f needs at ms a frame.
func (m *machine) workers(f, ms float64) int {
	return max(1, min(int(math.Ceil(f*ms/1000-1e-6)), m.cores, maxWorkers))
}
