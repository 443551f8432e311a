//go:build cgo && linux

package nvml

// #include "table.h"
import "C"

import (
	"encoding/binary"
	"time"
)

// GPU is one device of a Library that is open. What it tells is of the whole
// device, other programs' work included.
type GPU struct {
	functions *C.nvml_functions // the Library's
	device    C.nvmlDevice_t
}

// Energy is the counter of millijoules since the driver was loaded, memory
// included; false where the GPU has none: it came with Volta, and Jetson's has none.
func (g GPU) Energy() (millijoules uint64, ok bool) {
	var n C.ulonglong
	rc := C.nvml_energy(g.functions, g.device, &n)
	return uint64(n), rc == C.NVML_SUCCESS
}

// Busy is the share, 0 to 1, of the time between two moments in which a kernel was
// running, however little of the GPU it filled (NVML API Reference, nvmlUtilization_t).
// The driver keeps samples of the last seconds; where it has none of that time, it is
// asked for the share of the sixth of a second to one second before now. False where
// it tells neither.
func (g GPU) Busy(from, to time.Time) (share float64, ok bool) {
	if share, ok := mean(g.samples(from), from, to); ok {
		return share, true
	}
	var u C.nvmlUtilization_t
	rc := C.nvml_utilization(g.functions, g.device, &u)
	return float64(u.gpu) / 100, rc == C.NVML_SUCCESS
}

// samples are those that the driver keeps of the time after a moment, in percent;
// none where it keeps them as another type. Since it is asked for their number first,
// the list may end in empty ones, of time 0.
func (g GPU) samples(after time.Time) []C.nvmlSample_t {
	since := C.ulonglong(after.UnixMicro())
	var kind C.int
	var n C.uint
	rc := C.nvml_samples(g.functions, g.device, C.NVML_GPU_UTILIZATION_SAMPLES, since, &kind, &n, nil)
	if rc != C.NVML_SUCCESS || n == 0 {
		return nil
	}
	samples := make([]C.nvmlSample_t, n)
	rc = C.nvml_samples(g.functions, g.device, C.NVML_GPU_UTILIZATION_SAMPLES, since, &kind, &n, &samples[0])
	if rc != C.NVML_SUCCESS || kind != C.NVML_VALUE_TYPE_UNSIGNED_INT {
		return nil
	}
	return samples
}

// mean of those samples that are of a time. They are evenly spaced.
func mean(samples []C.nvmlSample_t, from, to time.Time) (share float64, ok bool) {
	sum, n := 0.0, 0
	for _, s := range samples {
		if at := int64(s.timeStamp); at > from.UnixMicro() && at <= to.UnixMicro() {
			sum += float64(binary.NativeEndian.Uint32(s.sampleValue[:])) / 100
			n++
		}
	}
	if n == 0 {
		return 0, false
	}
	return sum / float64(n), true
}
