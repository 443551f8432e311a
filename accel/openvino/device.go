package openvino

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"braid/accel"
)

// device is one of OpenVINO's.
type device struct {
	id           accel.DeviceID
	native       string // as OpenVINO calls it: CPU, GPU, GPU.1
	name         string // the maker's
	capabilities []string
}

// kind is the name of OpenVINO's plugin: CPU, GPU, NPU.
func (d device) kind() string {
	kind, _, _ := strings.Cut(d.native, ".")
	return kind
}

func (d device) isCPU() bool { return d.kind() == "CPU" }

// enqueues says that Start of a Call only enqueues a run.
func (d device) enqueues() bool { return d.id.Kind() != "cpu" }

// devicesOf gives OpenVINO's devices their names in plans, which carry its name: gpu:N of
// another runtime may be another processor, and has another memory. Where there is one
// device of a kind OpenVINO gives it no number.
func devicesOf(names []string) (list []device) {
	next := map[string]int{}
	for _, name := range names {
		d := device{native: name}
		switch kind := d.kind(); kind {
		case "CPU":
			d.id = "cpu/openvino"
		case "GPU", "NPU":
			d.id = accel.DeviceID(strings.ToLower(kind) + ":" + strconv.Itoa(next[kind]) + "/openvino")
		default: // a plugin of somebody else's
			continue
		}
		next[d.kind()]++
		list = append(list, d)
	}
	return list
}

// choose finds the device that an id means. cpu is meant too: who asks this Backend for
// it wants OpenVINO's. gpu:N and npu:N are not, since they have memory of their own.
func choose(list []device, id accel.DeviceID) (device, error) {
	want := id
	if id == host {
		want = "cpu/openvino"
	}
	i := slices.IndexFunc(list, func(d device) bool { return d.id == want })
	if i >= 0 {
		return list[i], nil
	}
	ids := make([]string, len(list))
	for k, d := range list {
		ids[k] = string(d.id)
	}
	err := fmt.Errorf("openvino serves %s here, not %s", strings.Join(ids, ", "), id)
	if id.Kind() == "npu" || id.Runtime() == "openvino" {
		err = fmt.Errorf("%w: docs/intel.md says which driver a GPU and an NPU need", err)
	}
	return device{}, err
}
