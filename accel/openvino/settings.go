package openvino

import "strconv"

// settings are the properties that a network is compiled and loaded with.
//
// On the CPU a network has one stream: its work is done by the thread that calls
// Start, and by threads-1 of TBB's. Several streams are several networks. OpenVINO's
// own pinning is off: it counts cores from the first for each network, so that two
// networks of one thread share a core (30 runs/s of yolox-nano on two cores, where 59
// are made without).
func settings(d device, hint string, threads int) []setting {
	list := []setting{{"INFERENCE_PRECISION_HINT", hint}}
	if !d.isCPU() {
		return list
	}
	return append(list, setting{"NUM_STREAMS", "1"}, setting{"ENABLE_CPU_PINNING", "NO"}, setting{"INFERENCE_NUM_THREADS", strconv.Itoa(threads)})
}

// timed asks for the times of layers: each is measured at every run, which costs.
var timed = setting{"PERF_COUNT", "YES"}
