package sim

import (
	"fmt"
	"slices"
	"time"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/sim/des"
)

// Pace is how fast simulated devices are.
type Pace interface {
	// Segment is the time of a Segment alone on a device, without copies.
	Segment(s *accel.Segment, d accel.DeviceID) (time.Duration, error)
	// Copy is the time of a copy between two memories.
	Copy(bytes int64) time.Duration
	// Devices are devices as the simulator sees them, in the same order.
	Devices(ids []accel.DeviceID) []des.Device
}

// declared is the Pace that a file says: a Segment takes the time of its work at the
// device's speed, 10^9 operations in a millisecond, and whatever has no work takes none.
type declared struct{ file File }

func (p declared) find(d accel.DeviceID) Device {
	i := slices.IndexFunc(p.file.Devices, func(o Device) bool { return o.ID.Processor() == d.Processor() })
	return p.file.Devices[i]
}

func (p declared) Segment(s *accel.Segment, d accel.DeviceID) (time.Duration, error) {
	n, err := network.Parse(s.ONNX)
	if err != nil {
		return 0, fmt.Errorf("counting the operations of %s: %w", s.Name, err)
	}
	var work int64
	for _, l := range n.Layers() {
		work += l.Work
	}
	return milliseconds(2 * float64(work) / 1e9 / p.find(d).Speed), nil // two for each multiply-add
}

func (p declared) Copy(bytes int64) time.Duration {
	ms := p.file.Transfer.MS
	if p.file.Transfer.GBPerS > 0 {
		ms += float64(bytes) / 1e6 / p.file.Transfer.GBPerS
	}
	return milliseconds(ms)
}

func (p declared) Devices(ids []accel.DeviceID) (list []des.Device) {
	for _, id := range ids {
		d := p.find(id)
		out := des.Device{Name: id.Processor(), Gain: d.StreamsGain, Capacity: float64(max(1, len(d.StreamsGain)))}
		if d.FIFO {
			out.Servers, out.Gain, out.Capacity = 1, nil, 1
		}
		list = append(list, out)
	}
	return list
}
