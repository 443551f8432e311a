// Package gpustat reads what the driver tells of NVIDIA GPUs: their energy counters
// and how busy they were. It goes through NVML (libnvidia-ml.so.1), which is opened
// when a GPU is first asked for; where there is no driver there are no GPUs. It
// runs nothing on them and sets nothing.
package gpustat

import (
	"fmt"
	"sync"

	"github.com/NVIDIA/go-nvml/pkg/nvml"
)

// calls are the functions of NVML that are used. go-nvml leaves them to the loader,
// which ends the process at the first call of one that a driver does not have.
var calls = []string{
	"nvmlDeviceGetHandleByUUID", "nvmlDeviceGetTotalEnergyConsumption", "nvmlDeviceGetSamples", "nvmlDeviceGetUtilizationRates",
}

// Library is NVML, opened at the first GPU that is asked for. Its methods are safe
// for concurrent use; no GPU may be used after Close.
type Library struct {
	api  nvml.Interface
	once sync.Once
	open bool
}

// New makes a Library and opens nothing yet.
func New() *Library { return &Library{api: nvml.New()} }

// GPU finds a GPU by its UUID, "GPU-…", as CUDA and NVML both write it: their
// numbers differ where CUDA_VISIBLE_DEVICES or CUDA's order by speed says so. It is
// false where there is no such GPU or no driver that tells of it.
func (l *Library) GPU(uuid string) (GPU, bool) {
	l.once.Do(l.load)
	if !l.open || uuid == "" {
		return GPU{}, false
	}
	d, ret := l.api.DeviceGetHandleByUUID(uuid)
	return GPU{d}, ret == nvml.SUCCESS
}

// load opens NVML, unless it is missing or too old for a call that is needed.
func (l *Library) load() {
	if l.api.Init() != nvml.SUCCESS {
		return
	}
	l.open = true
	for _, name := range calls {
		if l.api.Extensions().LookupSymbol(name) != nil {
			_ = l.api.Shutdown() // nothing was asked of it: what it answers changes nothing
			l.open = false
			return
		}
	}
}

// Close ends NVML, where it is open. Nothing may be asked for after that.
func (l *Library) Close() error {
	l.once.Do(func() {}) // it stays closed
	if !l.open {
		return nil
	}
	l.open = false
	if ret := l.api.Shutdown(); ret != nvml.SUCCESS {
		return fmt.Errorf("closing NVML: %w", ret)
	}
	return nil
}
