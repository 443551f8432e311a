package openvino

import (
	"fmt"
	"slices"
	"strings"
)

// precision is how OpenVINO is told to compute: INFERENCE_PRECISION_HINT. Without a hint
// it would choose by itself, half precision where a CPU is made for it, and the results
// of one plan would differ from machine to machine.
type precision struct {
	needs string // one of the device's OPTIMIZATION_CAPABILITIES
	hint  string
}

// precisionOf is the precision of a plan on a device. int8 is that of a network with
// QuantizeLinear and DequantizeLinear in it; what lies between those parts is computed
// as on TensorRT: in half precision, but on the CPU.
func precisionOf(d device, name string) (precision, error) {
	if name == "" {
		name = "fp32"
	}
	p, ok := map[string]precision{
		"fp32": {"FP32", "f32"}, "fp16": {"FP16", "f16"}, "bf16": {"BF16", "bf16"}, "int8": {"INT8", "f16"},
	}[name]
	if !ok {
		return precision{}, fmt.Errorf("openvino computes in fp32, fp16, bf16 and int8, not %s", name)
	}
	if !slices.Contains(d.capabilities, p.needs) {
		return precision{}, fmt.Errorf("%s does not compute in %s: OpenVINO lists %s for it", d.id, name, strings.Join(d.capabilities, ", "))
	}
	if name == "int8" && d.isCPU() {
		p.hint = "f32"
	}
	return p, nil
}
