package search

import (
	"math"
	"slices"

	"braid/accel"
	"braid/accel/plan"
)

// machine is a profile in the form that the search counts in: devices and series
// by number, times as sums over the units.
type machine struct {
	cores    int
	units    int
	at       []string // the cut point behind each unit; "" behind the last
	cuttable []bool   // by unit: may a segment end behind it
	devices  []device
	series   []series
	copies   copies
	input    int64
	handOver float64
	cpu      plan.CPUTimes
	idle     float64       // watts of all devices at rest
	weights  []float64     // of several models that are planned together; nil: one
	rejected []Unavailable // devices that cannot be used, with the reason
	final    bool          // nobody gives a plan more frames in flight than the search did
}

// tensorsOf is how many tensors are in front of each unit, behind the last at the end. Prep writes one.
func tensorsOf(units map[plan.Series][]plan.Unit) []int {
	var out []int
	for _, list := range units {
		if out == nil {
			out = make([]int, len(list)+1)
		}
		for i, u := range list {
			out[i+1] = max(1, out[i+1], u.Tensors)
		}
	}
	out[0] = 1
	return out
}

// device is a processor of a machine.
type device struct {
	id        accel.DeviceID
	memory    accel.DeviceID
	cpu       bool
	series    []int     // its entries in machine.series
	slow      []float64 // by device: the time here with that one at work, over the time alone
	twin      int       // the nearest one before it that is like it in everything; -1: none
	dynamic   float64   // watts at work above those at rest
	bytes     int64     // of its memory; 0: unknown
	fifo      bool      // it works first in, first out
	simulated bool
}

// series is the network on a device, with a number of threads and a precision.
type series struct {
	device    int
	model     int // of several that are planned together
	threads   int
	precision plan.Precision
	sum       []float64 // sum[i]: ms of units [0,i)
	half      []float64 // half[i]: half of what a cut in front of unit i costs; 0 at the ends
	full      []float64 // as sum, of the full device; nil: not measured
	seam      []float64 // as half, of the full device that has both sides
	away      []float64 // what a cut in front of unit i costs the full device that has one side
	edge      []float64 // the lesser of seam and away
	bytes     []int64   // bytes[i]: of the tensors that cross in front of unit i
	tensors   []int     // tensors[i]: how many these are
	stop      []int     // stop[i]: the first unit from i on that it cannot run
	why       string    // the reason of the first of them
	gain      curve
	most      int // streams that can be at work at once
}

// least is the least time of a segment, ms: no division by nothing.
const least = 1e-6

// machineOf reads a profile. Only listed devices are used, all where none is listed, and
// only precisions that the goal lets them have.
func machineOf(p plan.Profile, listed []accel.Device, g *Goal) *machine {
	p = p.AtWork()
	m := &machine{cores: max(1, p.Cores), copies: copiesOf(p), input: p.Input, handOver: p.HandOver, cpu: p.CPU}
	order, units := p.BySeries()
	for _, u := range units[order[0]] {
		m.at, m.cuttable = append(m.at, u.At), append(m.cuttable, true)
	}
	tensors := tensorsOf(units)
	m.units = len(m.at)
	for _, key := range order {
		if why, is := g.tooLossy(p, key); is {
			m.reject(key.Device, why)
			continue
		}
		m.addSeries(p, key, units[key], tensors, listed)
	}
	m.slowDown(p.Corun)
	for _, w := range p.Watts {
		m.idle += w.Idle
		if i := m.find(w.Device); i >= 0 {
			m.devices[i].dynamic = w.Busy - w.Idle
		}
	}
	for i := range m.devices {
		m.devices[i].twin = m.twinOf(i)
	}
	return m
}

// slowDown fills in how much the devices slow one another down.
func (m *machine) slowDown(measured []plan.Corun) {
	for i := range m.devices {
		d := &m.devices[i]
		d.slow = make([]float64, len(m.devices))
		for j, other := range m.devices {
			d.slow[j] = max(slowdown(measured, d.id, other.id), m.crowd(i, j))
		}
	}
}

// crowd is what a stream of device i is slowed down at least by one of device j where these
// are two runtimes of the same processor: as by another of its own.
func (m *machine) crowd(i, j int) float64 {
	most := 1.0
	if i == j || m.devices[i].id.Processor() != m.devices[j].id.Processor() {
		return most
	}
	for _, n := range m.devices[i].series {
		if s := &m.series[n]; s.threads == 1 {
			most = max(most, s.stretch(2))
		}
	}
	return most
}

func (m *machine) find(id accel.DeviceID) int {
	return slices.IndexFunc(m.devices, func(d device) bool { return d.id == id })
}

func (m *machine) addSeries(p plan.Profile, key plan.Series, units []plan.Unit, tensors []int, listed []accel.Device) {
	at := slices.IndexFunc(listed, func(d accel.Device) bool { return d.ID.Same(key.Device) })
	if len(listed) > 0 && at < 0 {
		m.reject(key.Device, "is in the profile and not on this machine")
		return
	}
	if key.Device.Kind() == "cpu" && key.Threads > m.cores {
		return
	}
	i := m.find(key.Device)
	if i < 0 {
		i = len(m.devices)
		d := device{id: key.Device, memory: key.Device.Memory(), cpu: key.Device.Kind() == "cpu", fifo: p.IsFIFO(key.Device)}
		d.simulated = slices.ContainsFunc(p.Simulated, func(s plan.SimDevice) bool { return s.ID == key.Device })
		if at >= 0 {
			d.bytes = listed[at].Memory
		}
		m.devices = append(m.devices, d)
	}
	m.devices[i].series = append(m.devices[i].series, len(m.series))
	s := m.seriesOf(key, units)
	s.tensors = tensors
	s.device = i
	s.gain = m.gainOf(p, key, s)
	m.series = append(m.series, s)
}

func (m *machine) reject(id accel.DeviceID, why string) {
	u := Unavailable{Device: id, Why: why}
	if !slices.Contains(m.rejected, u) {
		m.rejected = append(m.rejected, u)
	}
}

func (m *machine) seriesOf(key plan.Series, units []plan.Unit) series {
	n := len(units)
	s := series{
		threads: max(1, key.Threads), precision: key.Precision,
		sum: make([]float64, n+1), half: make([]float64, n+1), bytes: make([]int64, n+1), stop: make([]int, n+1),
		most: math.MaxInt,
	}
	if key.Device.Kind() == "cpu" {
		if key.Threads == 0 { // the runtime's choice: all cores
			s.threads = m.cores
		}
		s.most = m.cores / s.threads
	}
	s.bytes[0] = m.input
	for i, u := range units {
		s.sum[i+1] = s.sum[i] + u.MS
		s.bytes[i+1] = u.Bytes
		if i < n-1 {
			s.half[i+1] = max(0, u.CutMS) / 2
		}
	}
	s.fill(units)
	s.stop[n] = n
	for i := n - 1; i >= 0; i-- {
		s.stop[i] = s.stop[i+1]
		if units[i].Why != "" {
			s.stop[i], s.why = i, units[i].Why
		}
	}
	return s
}

func (m *machine) gainOf(p plan.Profile, key plan.Series, s series) curve {
	if p.IsFIFO(key.Device) {
		return flat
	}
	var measured []plan.Streams
	for _, r := range p.Streams {
		if r.Device == key.Device && r.Threads == key.Threads && (plan.Unit{Precision: r.Precision}).Series().Precision == key.Precision {
			measured = append(measured, r)
		}
	}
	if len(measured) == 0 && key.Device.Kind() == "cpu" {
		return linear(s.most)
	}
	return curveOf(measured, 1000/max(least, s.sum[len(s.sum)-1]))
}

// fill takes over what the units ask of the full device, where that was measured.
func (s *series) fill(units []plan.Unit) {
	if !plan.HasFull(units) {
		return
	}
	n := len(units) + 1
	s.full, s.seam, s.away, s.edge = make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i, u := range units {
		s.full[i+1] = s.full[i] + u.FullMS
		if i < len(units)-1 {
			s.seam[i+1], s.away[i+1] = u.FullCutMS/2, u.FullAwayMS
			s.edge[i+1] = min(s.seam[i+1], s.away[i+1])
		}
	}
}

// unit is unit u by itself, at slowdown sigma; infinite where it cannot run.
func (s *series) unit(u int, sigma float64) plan.Work {
	if s.stop[u] == u {
		return plan.Work{Alone: math.Inf(1)}
	}
	return s.inner(u, u+1, sigma)
}

// border is what a cut costs the full device at a segment's end, by the unit in front of which it is: near says
// whether the neighbour is on the device too.
func (s *series) border(near bool) []float64 {
	if near {
		return s.seam
	}
	return s.away
}

// gainAt is the gain of a series at n streams of its device.
func (s *series) gainAt(n int) float64 { return s.gain.at(min(n, s.most)) }

// load is the device's time for a frame, ms, with n at work there.
func (s *series) load(w plan.Work, n int) float64 {
	return w.At(s.atOnce(n), s.gainAt(n), s.fullness(n))
}

// atOnce is n, or as many as were measured at most: of more no more are at work at once.
func (s *series) atOnce(n int) int { return min(n, int(s.gain[len(s.gain)-1].n)) }

// unitTimes are the ms of each unit, so many frames of which make one, and what each asks of the device at best.
func (s *series) unitTimes(weight float64) (alone, load []float64) {
	for u := range len(s.stop) - 1 {
		w := s.unit(u, weight)
		alone, load = append(alone, w.Alone), append(load, s.leastLoad(w, math.MaxInt))
	}
	return alone, load
}

// leastLoad is a bound from below of load with up to n at work.
func (s *series) leastLoad(w plan.Work, n int) float64 {
	if w.Full == 0 {
		return w.Alone / s.gainAt(n)
	}
	return w.Alone + min(0, w.Full-w.Alone)*s.fullness(n)
}

// fullness is how full the device is with n at work.
func (s *series) fullness(n int) float64 { return plan.Fullness(s.gainAt(n), s.gain.top()) }

// spell is how long a frame is at work with n at work on the device, ms.
func (s *series) spell(w plan.Work, n int) float64 { return float64(min(n, s.most)) * s.load(w, n) }

// slowdown is the time on a with b at work, over the time alone: 1 where nothing
// was measured.
func slowdown(corun []plan.Corun, a, b accel.DeviceID) float64 {
	for _, c := range corun {
		switch {
		case c.A == a && c.B == b:
			return max(1, c.SlowdownA)
		case c.A == b && c.B == a:
			return max(1, c.SlowdownB)
		}
	}
	return 1
}
