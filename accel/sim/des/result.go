package des

import (
	"slices"
	"time"
)

// Result is what a run showed. Rates, shares and latencies are those of the
// measurement, counts those of the whole run.
type Result struct {
	FPS     float64       // frames emitted a second, without those that failed
	Window  time.Duration // simulated time of the measurement
	Latency Quantiles     // from admission to emit
	Age     Quantiles     // from arrival at the camera to emit
	Devices []DeviceUse
	Nodes   []NodeUse
	Counts  Counts
	Lost    string // the device whose loss ended the graph, or ""
	Trace   []Interval
	Events  int
}

// Quantiles of a time.
type Quantiles struct{ Mean, P50, P99 time.Duration }

// DeviceUse is a device's busy share: 1 is all of its capacity, all the time.
type DeviceUse struct {
	Name string
	Busy float64
}

// NodeUse says how a node's streams spent the time; the three add up to 1.
type NodeUse struct {
	Name     string
	Occupied float64 // with a frame: at work, waiting for the device, or handing over
	Starved  float64 // without one: none has come
	Blocked  float64 // a frame waits, and has no room: slots behind, or bindings in front of the first node
}

// Counts are frames. Arrived is the sum of Dropped, Admitted and what waits at the
// cameras; Admitted that of Emitted, Failed, Cancelled and InFlight.
type Counts struct {
	Arrived, Dropped, Admitted, Emitted, Failed, Cancelled, InFlight int
}

// Interval is a frame's service by a device.
type Interval struct {
	Node, Stream, Device, Frame int
	Start, End                  time.Duration
}

// measure is the measurement at work.
type measure struct {
	on           bool
	start        time.Duration
	frames       int // emitted later than start, without failed ones
	all          int // with failed ones
	latency, age []time.Duration
	used         []float64 // by each device at start, ns
	areas        [][2]time.Duration
	trace        []Interval
}

// begin starts the measurement.
func (s *sim) begin() {
	m := &s.measure
	m.on, m.start = true, s.now
	for i := range s.Devices {
		m.used = append(m.used, s.work.Used(s.now, i))
	}
	for _, n := range s.stations {
		n.account(s.now)
		m.areas = append(m.areas, n.area)
	}
}

// emit counts a frame at its end.
func (s *sim) emit(f *frame) {
	m := &s.measure
	switch {
	case f.failed:
		s.counts.Failed++
	default:
		s.counts.Emitted++
	}
	if !m.on {
		if s.counts.Emitted+s.counts.Failed >= s.Warmup {
			s.begin()
		}
		return
	}
	if s.now == m.start {
		return // it ended together with the last one of the warm-up
	}
	m.all++
	if !f.failed {
		m.frames++
		m.latency = append(m.latency, s.now-f.admitted)
		m.age = append(m.age, s.now-f.arrived)
	}
	s.stopping = m.all >= s.Frames
}

// record keeps an interval of the trace.
func (s *sim) record(st *stream, start time.Duration) {
	if start >= s.TraceFrom && start < s.TraceTo {
		s.measure.trace = append(s.measure.trace, Interval{st.node, st.index, st.replica.Device, (*st.serving.at(0)).index, start, s.now})
	}
}

func (s *sim) result() *Result {
	m := &s.measure
	r := &Result{Window: s.now - m.start, Counts: s.counts, Trace: m.trace, Events: s.events}
	if s.dead >= 0 {
		r.Lost = s.Devices[s.dead].Name
		r.Counts.Cancelled = s.inside
	} else {
		r.Counts.InFlight = s.inside
	}
	if !m.on || r.Window <= 0 {
		r.Window = 0
		return r
	}
	r.FPS = float64(m.frames) / r.Window.Seconds()
	r.Latency, r.Age = quantiles(m.latency), quantiles(m.age)
	window := float64(r.Window)
	for i, d := range s.Devices {
		r.Devices = append(r.Devices, DeviceUse{d.Name, (s.work.Used(s.now, i) - m.used[i]) / window})
	}
	for k, n := range s.stations {
		n.account(s.now)
		all := window * float64(n.streams)
		u := NodeUse{Name: n.Name, Occupied: float64(n.area[0]-m.areas[k][0]) / all, Blocked: float64(n.area[1]-m.areas[k][1]) / all}
		u.Starved = 1 - u.Occupied - u.Blocked
		r.Nodes = append(r.Nodes, u)
	}
	return r
}

// quantiles sorts times.
func quantiles(times []time.Duration) Quantiles {
	if len(times) == 0 {
		return Quantiles{}
	}
	slices.Sort(times)
	var sum float64
	for _, t := range times {
		sum += float64(t)
	}
	at := func(q float64) time.Duration { return times[min(len(times)-1, int(q*float64(len(times))))] }
	return Quantiles{time.Duration(sum / float64(len(times))), at(0.5), at(0.99)}
}
