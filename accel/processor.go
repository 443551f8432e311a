package accel

import "strings"

// Processor is the device without its runtime. Several runtimes may serve one processor,
// which they then share.
func (d DeviceID) Processor() string {
	name, _, _ := strings.Cut(string(d), "/")
	return name
}

// Same says whether two names are of one device under one runtime: cpu is cpu/ort, and a
// gpu or dla is TensorRT's where none is named.
func (d DeviceID) Same(other DeviceID) bool { return d.plain() == other.plain() }

func (d DeviceID) plain() DeviceID {
	name, runtime, _ := strings.Cut(string(d), "/")
	switch kind := d.Kind(); {
	case runtime == "ort" && kind == "cpu", runtime == "trt" && (kind == "gpu" || kind == "dla"):
		return DeviceID(name)
	}
	return d
}
