package gpustat

import (
	"encoding/binary"
	"time"

	"github.com/NVIDIA/go-nvml/pkg/nvml"
)

// GPU is one device. What it tells is of the whole device, other programs' work
// included.
type GPU struct{ device nvml.Device }

// Energy is the counter of millijoules since the driver was loaded, memory
// included; false where the GPU has none: it came with Volta, and Jetson's has none.
func (g GPU) Energy() (millijoules uint64, ok bool) {
	n, ret := g.device.GetTotalEnergyConsumption()
	return n, ret == nvml.SUCCESS
}

// Busy is the share, 0 to 1, of the time between two moments in which a kernel was
// running, however little of the GPU it filled (NVML API Reference, nvmlUtilization_t).
// The driver keeps samples of the last seconds; where it has none of that time, it is
// asked for the share of the sixth of a second to one second before now. False where
// it tells neither.
func (g GPU) Busy(from, to time.Time) (share float64, ok bool) {
	kind, samples, ret := g.device.GetSamples(nvml.GPU_UTILIZATION_SAMPLES, uint64(from.UnixMicro()))
	if ret == nvml.SUCCESS && kind == nvml.VALUE_TYPE_UNSIGNED_INT {
		if share, ok := mean(samples, from, to); ok {
			return share, true
		}
	}
	rates, ret := g.device.GetUtilizationRates()
	return float64(rates.Gpu) / 100, ret == nvml.SUCCESS
}

// mean of samples in percent, which are evenly spaced. The list may end in empty
// ones, of time 0: the driver was asked for their number before.
func mean(samples []nvml.Sample, from, to time.Time) (share float64, ok bool) {
	sum, n := 0.0, 0
	for _, s := range samples {
		if s.TimeStamp > uint64(from.UnixMicro()) && s.TimeStamp <= uint64(to.UnixMicro()) {
			sum += float64(binary.NativeEndian.Uint32(s.SampleValue[:])) / 100
			n++
		}
	}
	if n == 0 {
		return 0, false
	}
	return sum / float64(n), true
}
