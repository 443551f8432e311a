package sim

import (
	"slices"
	"strconv"
	"time"

	"braid/accel"
	"braid/accel/plan"
	"braid/accel/sim/des"
)

// host is the device of the memory that prep writes and detect reads.
const host accel.DeviceID = "cpu"

// System is the plan on the profile's devices, for the simulator. source says how
// frames come; decoding is filled in. A plan that is serial decodes in prep, since it does
// all on one goroutine.
func (t *Times) System(source des.Source) (des.System, error) {
	s := des.System{InFlight: t.plan.InFlight, Source: source}
	s.Devices = append(s.Devices, t.device(host))
	for i := range t.plan.Segments {
		for _, d := range t.plan.Segments[i].Devices {
			if indexOf(s.Devices, d.ID) < 0 {
				s.Devices = append(s.Devices, t.device(d.ID))
			}
		}
	}
	for i := range s.Devices {
		for j := range s.Devices {
			s.Devices[i].Slow = append(s.Devices[i].Slow, t.slowdown(s.Devices[i].Name, s.Devices[j].Name))
		}
	}
	cpu := t.profile.CPU
	prep := cpu.Prep
	if t.plan.Serial {
		prep += cpu.Decode
	} else {
		s.Source.Decode, s.Source.Device, s.Source.Share = t.dist(milliseconds(cpu.Decode)), 0, 1
	}
	s.Nodes = append(s.Nodes, t.pool("prep", t.plan.Prep.Workers, prep))
	for i := range t.plan.Segments {
		n, err := t.node(i, s.Devices)
		if err != nil {
			return des.System{}, err
		}
		s.Nodes = append(s.Nodes, n)
	}
	s.Nodes = append(s.Nodes, t.pool("detect", t.plan.Detect.Workers, cpu.Detect))
	return s, s.Validate()
}

func indexOf(devices []des.Device, d accel.DeviceID) int {
	return slices.IndexFunc(devices, func(o des.Device) bool { return o.Name == plain(d) })
}

func milliseconds(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

func (t *Times) dist(mean time.Duration) des.Dist { return des.Dist{Mean: mean, CV: t.extras.CV} }

// pool is prep or detect.
func (t *Times) pool(name string, workers int, ms float64) des.Node {
	return des.Node{Name: name, Replicas: []des.Replica{{Device: 0, Streams: workers, Service: t.dist(milliseconds(ms)), Share: 1}}}
}

// node is a segment. Where its device chains by events, its streams are given
// frames ahead; the CPU's have run one before they take another.
func (t *Times) node(segment int, devices []des.Device) (des.Node, error) {
	n := des.Node{Name: "infer." + strconv.Itoa(segment), Handover: t.extras.HandOver}
	for _, r := range t.plan.Replicas(segment) {
		took, err := t.Service(segment, r.Device, r.Threads)
		if err != nil {
			return n, err
		}
		n.Replicas = append(n.Replicas, des.Replica{
			Device: indexOf(devices, r.Device), Streams: 1, Service: t.dist(took),
			Share: t.share(segment, r.Device, r.Threads), Ahead: r.Device.Memory() != host,
		})
	}
	return n, nil
}

// share is what a segment uses of its device: its threads of the CPU's cores, one
// context of another device.
func (t *Times) share(segment int, d accel.DeviceID, threads int) float64 {
	if d.Kind() != "cpu" {
		return 1
	}
	key, err := t.series(segment, d, threads)
	if err != nil || key.Threads == 0 {
		return float64(max(1, t.profile.Cores))
	}
	return float64(key.Threads)
}

// device is a device as the simulator sees it. The capacity of one that streams
// share is counted in contexts: as many as there were when more were measured to
// add nothing.
func (t *Times) device(d accel.DeviceID) des.Device {
	out := des.Device{Name: plain(d), Capacity: 1}
	switch {
	case d.Kind() == "cpu":
		out.Capacity = float64(max(1, t.profile.Cores))
		out.Gain = t.gain(d)
	case t.fifo(d):
		out.Servers = 1
	default:
		out.Gain = t.gain(d)
		out.Capacity = float64(max(1, len(out.Gain)))
	}
	return out
}

func (t *Times) fifo(d accel.DeviceID) bool {
	return d.Kind() == "dla" || slices.ContainsFunc(t.profile.Simulated, func(s plan.SimDevice) bool {
		return plain(s.ID) == plain(d) && s.FIFO
	})
}

// gain is the rate of 1, 2, … streams over that of one, with straight lines
// between the measured numbers; nil where nothing was measured. It is that of the
// first segment's series on the device. Streams that wait do not slow the others
// down, so that it never falls.
func (t *Times) gain(d accel.DeviceID) []float64 {
	key, ok := t.seriesOn(d)
	if !ok {
		return nil
	}
	rates := map[int]float64{}
	most := 1
	for _, s := range t.profile.Streams {
		precision := plan.Unit{Precision: s.Precision}.Series().Precision
		if s.Device == key.Device && s.Threads == key.Threads && precision == key.Precision && s.Rate > 0 {
			rates[s.N] = s.Rate
			most = max(most, s.N)
		}
	}
	if most == 1 {
		return nil
	}
	if rates[1] == 0 {
		rates[1] = 1000 / t.whole(key)
	}
	if d.Kind() == "cpu" {
		most = min(most, max(1, t.profile.Cores/max(1, key.Threads)))
	}
	gains := []float64{1}
	for n := 2; n <= most; n++ {
		gains = append(gains, max(gains[n-2], min(float64(n), between(rates, n)/rates[1])))
	}
	return gains
}

// between is the rate at n, or on the line between its neighbours.
func between(rates map[int]float64, n int) float64 {
	low, high := n, n
	for rates[low] == 0 {
		low--
	}
	for rates[high] == 0 {
		high++
	}
	if low == high {
		return rates[n]
	}
	return rates[low] + (rates[high]-rates[low])*float64(n-low)/float64(high-low)
}

// whole is the time of the whole network, ms.
func (t *Times) whole(key plan.Series) float64 {
	ms := 1e-6
	for _, u := range t.units[key] {
		ms += u.MS
	}
	return ms
}

// seriesOn is the series of the first segment on a device.
func (t *Times) seriesOn(d accel.DeviceID) (plan.Series, bool) {
	for i := range t.plan.Segments {
		for _, r := range t.plan.Replicas(i) {
			if plain(r.Device) != plain(d) {
				continue
			}
			key, err := t.series(i, r.Device, r.Threads)
			return key, err == nil
		}
	}
	return plan.Series{}, false
}

// slowdown is the time on a with b at work over the time alone; 1 where nothing was
// measured.
func (t *Times) slowdown(a, b string) float64 {
	for _, c := range t.profile.Corun {
		switch {
		case plain(c.A) == a && plain(c.B) == b:
			return max(1, c.SlowdownA)
		case plain(c.A) == b && plain(c.B) == a:
			return max(1, c.SlowdownB)
		}
	}
	return 1
}
