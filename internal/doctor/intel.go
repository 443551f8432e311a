package doctor

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Intel says which of Intel's processors Linux has a driver for, beside the CPU.
type Intel struct{ GPU, NPU bool }

// openvino warns where it is missing, and where it does not find a GPU or NPU that Linux
// does.
func (d Deps) openvino(context.Context) Result {
	version, devices, err := d.OpenVINO()
	if err != nil {
		return Result{Status: Warn, Detail: err.Error(), Fix: "make setup, or set BRAID_OPENVINO_LIB to libopenvino_c.so; without it ONNX Runtime has the CPU"}
	}
	detail := version + " for " + strings.Join(devices, ", ")
	lacks := func(kind string) bool {
		return !slices.ContainsFunc(devices, func(d string) bool { return strings.HasPrefix(d, kind+":") })
	}
	here := d.HasIntel()
	switch {
	case here.GPU && lacks("gpu"):
		return Result{
			Status: Warn, Detail: detail + ", not for the Intel GPU that is here",
			Fix: "apt-get install intel-opencl-icd && usermod -aG render \"$USER\", then log in again; docs/intel.md says more",
		}
	case here.NPU && lacks("npu"):
		return Result{
			Status: Warn, Detail: detail + ", not for the Intel NPU that is here",
			Fix: "docs/intel.md says which packages of Intel's NPU driver to install",
		}
	}
	return Result{Status: OK, Detail: detail}
}

// intel looks for devices of Intel's below /sys: those that draw, or could, and those
// that only compute.
func intel(sys string) Intel {
	return Intel{
		GPU: intels(filepath.Join(sys, "class/drm/renderD*/device/vendor")),
		NPU: intels(filepath.Join(sys, "class/accel/accel*/device/vendor")),
	}
}

// intels is whether a file that fits the pattern has Intel's number as a maker of PCI
// devices.
func intels(pattern string) bool {
	files, _ := filepath.Glob(pattern) // only a bad pattern fails
	return slices.ContainsFunc(files, func(f string) bool {
		text, err := os.ReadFile(f)
		return err == nil && strings.TrimSpace(string(text)) == "0x8086"
	})
}
