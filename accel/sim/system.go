package sim

import (
	"math"
	"slices"
	"strconv"
	"time"

	"braid/accel"
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
	if cpu.Publish > 0 { // by several threads, so that only the cores bound it
		s.Nodes = append(s.Nodes, t.pool("emit", max(1, t.profile.Cores), cpu.Publish))
	}
	return s, s.Validate()
}

func indexOf(devices []des.Device, d accel.DeviceID) int {
	return slices.IndexFunc(devices, func(o des.Device) bool { return o.Name == d.Processor() })
}

func milliseconds(ms float64) time.Duration {
	return time.Duration(math.Round(ms * float64(time.Millisecond)))
}

func (t *Times) dist(mean time.Duration) des.Dist { return des.Dist{Mean: mean, CV: t.extras.CV} }

// distOn is how long a segment takes on a device, see Extras.
func (t *Times) distOn(d accel.DeviceID, mean time.Duration) des.Dist {
	out := t.dist(mean)
	if kind := d.Kind(); kind != "cpu" && kind != "sim" {
		out.CV = max(out.CV, t.extras.Devices)
	}
	return out
}

// patience is that of the graph's spare workers, stages.Patience.
const patience = 100 * time.Microsecond

// pool is prep or detect.
func (t *Times) pool(name string, workers int, ms float64) des.Node {
	return des.Node{Name: name, Replicas: []des.Replica{{Device: 0, Streams: workers, Service: t.dist(milliseconds(ms)), Share: 1}}}
}

// node is a segment, of a kind of its own on a device where that was measured. Where its device chains by events, its streams are given
// frames ahead; the CPU's have run one before they take another.
func (t *Times) node(segment int, devices []des.Device) (des.Node, error) {
	n := des.Node{Name: "infer." + strconv.Itoa(segment), Handover: milliseconds(t.profile.HandOver)}
	for _, r := range t.plan.Replicas(segment) {
		took, err := t.Service(segment, r.Device, r.Threads)
		if err != nil {
			return n, err
		}
		copies, err := t.Copies(segment, r.Device, r.Threads)
		if err != nil {
			return n, err
		}
		at := indexOf(devices, r.Device)
		kind := 0 // that of the device
		own := des.Kind{Gain: t.kind(segment, r.Device, r.Threads, devices[at].Gain), Rank: t.rank(segment, r.Device)}
		if own.Gain != nil || own.Rank > 0 {
			same := func(o des.Kind) bool { return o.Rank == own.Rank && slices.Equal(o.Gain, own.Gain) } // another stream of the segment
			if kind = 1 + slices.IndexFunc(devices[at].Kinds, same); kind == 0 {
				devices[at].Kinds = append(devices[at].Kinds, own)
				kind = len(devices[at].Kinds)
			}
		}
		n.Replicas = append(n.Replicas, des.Replica{
			Copies: copies, Waits: t.waits(segment, r.Device), Kind: kind,
			Device: at, Streams: 1, Service: t.distOn(r.Device, took),
			Share: t.share(segment, r.Device, r.Threads), Ahead: r.Device.Memory() != host, Most: r.Depth, Spare: r.Spare, Patience: patience,
		})
	}
	return n, nil
}

// rank is a segment's on a GPU by TensorRT; other devices and runtimes do not tell them apart.
func (t *Times) rank(segment int, d accel.DeviceID) int {
	if runtime := d.Runtime(); d.Kind() != "gpu" || runtime != "" && runtime != "trt" || t.profile.IsFIFO(d) {
		return 0
	}
	return t.plan.Rank(segment, d)
}

// waits is whether the host waits for what comes before a segment: on a device that is a queue which
// several segments share it would keep the others back.
func (t *Times) waits(segment int, d accel.DeviceID) bool {
	return segment > 0 && t.plan.SegmentsOn(d) > 1 && t.profile.IsFIFO(d)
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
