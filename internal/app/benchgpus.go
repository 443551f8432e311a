package app

import (
	"slices"
	"time"

	"braid/accel"
	"braid/accel/plan"
)

// gpuGauge is a GPU that a plan uses.
type gpuGauge struct {
	id accel.DeviceID
	gpuDriver
}

// gpuDriver is what of a GPU can be read: see nvml.GPU.
type gpuDriver interface {
	Energy() (millijoules uint64, ok bool)
	Busy(from, to time.Time) (share float64, ok bool)
}

// gpuEnergy is a GPU's counter at one moment.
type gpuEnergy struct {
	millijoules uint64
	ok          bool // it can be read
}

// of are the gauges for a plan that is set up: they read its GPUs too. GPUs that
// the driver does not tell of are left out.
func (g *gauges) of(p plan.Plan) *gauges {
	own := *g
	own.gpus = nil
	for _, id := range gpusOf(p) {
		if gpu, ok := g.driver.GPU(gpuUUID(g.rt, id)); ok {
			own.gpus = append(own.gpus, gpuGauge{id, gpu})
		}
	}
	return &own
}

// gpusOf are the GPUs that a plan uses, in order. A DLA's is the one on its
// chip, whose counters are the chip's.
func gpusOf(p plan.Plan) (ids []accel.DeviceID) {
	for i := range p.Segments {
		for _, r := range p.Replicas(i) {
			if id := r.Device.Memory(); id.Kind() == "gpu" {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// gpuUUID is the UUID of a GPU, "" where no runtime that is open knows it.
func gpuUUID(rt accel.Backend, id accel.DeviceID) string {
	if r, ok := rt.(*runtimes); ok {
		if t := r.trt.opened(); t != nil {
			return t.UUID(id)
		}
	}
	return ""
}

// gpuEnergies reads the counters of GPUs, now.
func gpuEnergies(gpus []gpuGauge) (out []gpuEnergy) {
	for _, g := range gpus {
		out = append(out, readEnergy(g))
	}
	return out
}

func readEnergy(gpu gpuDriver) (e gpuEnergy) {
	e.millijoules, e.ok = gpu.Energy()
	return e
}

// since is the energy from an earlier reading to this one, in joules; false where
// one of them could not be made or the counter began again with the driver.
func (e gpuEnergy) since(before gpuEnergy) (joules float64, ok bool) {
	if !e.ok || !before.ok || e.millijoules < before.millijoules {
		return 0, false
	}
	return float64(e.millijoules-before.millijoules) / 1e3, true
}

// gpuBusy is the share of a time that each GPU was busy, by device; nil where none
// tells.
func gpuBusy(gpus []gpuGauge, from, to time.Time) map[string]float64 {
	var out map[string]float64
	for _, g := range gpus {
		share, ok := g.Busy(from, to)
		if !ok {
			continue
		}
		if out == nil {
			out = map[string]float64{}
		}
		out[string(g.id)] = share
	}
	return out
}
