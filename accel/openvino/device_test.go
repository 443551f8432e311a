package openvino

import (
	"slices"
	"strings"
	"testing"

	"braid/accel"
)

func TestDevicesOf(t *testing.T) {
	for _, c := range []struct {
		names string
		want  []accel.DeviceID
	}{
		{"", nil},
		{"CPU", []accel.DeviceID{"cpu/openvino"}},
		{"CPU GPU NPU", []accel.DeviceID{"cpu/openvino", "gpu:0/openvino", "npu:0/openvino"}},
		{"CPU GPU.0 GPU.1 NPU", []accel.DeviceID{"cpu/openvino", "gpu:0/openvino", "gpu:1/openvino", "npu:0/openvino"}},
		{"GPU.1 TEMPLATE NPU.0 NPU.1 CPU", []accel.DeviceID{"gpu:0/openvino", "npu:0/openvino", "npu:1/openvino", "cpu/openvino"}},
	} {
		var got []accel.DeviceID
		for _, d := range devicesOf(strings.Fields(c.names)) {
			got = append(got, d.id)
			if d.id.Memory() != host {
				t.Errorf("%s works on the memory of %s, want the host's", d.id, d.id.Memory())
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: %v, want %v", c.names, got, c.want)
		}
	}
}

func TestChoose(t *testing.T) {
	list := devicesOf([]string{"CPU", "GPU.0", "GPU.1", "NPU"})
	for id, want := range map[accel.DeviceID]string{
		"cpu": "CPU", "cpu/openvino": "CPU", "gpu:0/openvino": "GPU.0", "gpu:1/openvino": "GPU.1", "npu:0/openvino": "NPU",
		"cpu/ort": "", "gpu:0": "", "gpu:2/openvino": "", "npu:1/openvino": "", "npu:0": "", "dla:0": "", "gpu:0/trt": "", "": "",
	} {
		d, err := choose(list, id)
		if d.native != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, %v, want %q", id, d.native, err, want)
		}
		if err != nil && !strings.Contains(err.Error(), "cpu/openvino, gpu:0/openvino, gpu:1/openvino, npu:0/openvino here, not "+string(id)) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestPrecisionOf(t *testing.T) {
	old := device{id: "cpu/openvino", native: "CPU", capabilities: []string{"FP32", "INT8", "BIN", "EXPORT_IMPORT"}}
	young := device{id: "cpu/openvino", native: "CPU", capabilities: []string{"BF16", "FP32", "FP16", "INT8"}}
	gpu := device{id: "gpu:0/openvino", native: "GPU", capabilities: []string{"FP32", "FP16", "INT8"}}
	npu := device{id: "npu:0/openvino", native: "NPU", capabilities: []string{"FP16", "INT8", "EXPORT_IMPORT"}}
	for _, c := range []struct {
		on         device
		name, hint string
		says       string
	}{
		{old, "", "f32", ""},
		{old, "fp32", "f32", ""},
		{old, "int8", "f32", ""},
		{old, "fp16", "", "cpu/openvino does not compute in fp16: OpenVINO lists FP32, INT8, BIN, EXPORT_IMPORT for it"},
		{old, "bf16", "", "does not compute in bf16"},
		{young, "", "f32", ""},
		{young, "fp16", "f16", ""},
		{young, "bf16", "bf16", ""},
		{gpu, "", "f32", ""},
		{gpu, "int8", "f16", ""},
		{npu, "fp16", "f16", ""},
		{npu, "", "", "npu:0/openvino does not compute in fp32"},
		{gpu, "fp3", "", "not fp3"},
	} {
		p, err := precisionOf(c.on, c.name)
		if p.hint != c.hint || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q on %s: hint %q, %v", c.name, c.on.id, p.hint, err)
		}
	}
}

func TestSettings(t *testing.T) {
	cpu, gpu := device{native: "CPU"}, device{native: "GPU.1"}
	precision, stream, free := setting{"INFERENCE_PRECISION_HINT", "f16"}, setting{"NUM_STREAMS", "1"}, setting{"ENABLE_CPU_PINNING", "NO"}
	for _, c := range []struct {
		on      device
		threads int
		want    []setting
	}{
		{cpu, 1, []setting{precision, stream, free, {"INFERENCE_NUM_THREADS", "1"}}},
		{cpu, 3, []setting{precision, stream, free, {"INFERENCE_NUM_THREADS", "3"}}},
		{gpu, 3, []setting{precision}},
	} {
		if got := settings(c.on, "f16", c.threads); !slices.Equal(got, c.want) {
			t.Errorf("%s with %d threads: %v, want %v", c.on.native, c.threads, got, c.want)
		}
	}
}
