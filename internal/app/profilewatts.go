package app

import "braid/accel"

// energyOf begins to count the energy of a device, as profile.Options want it: of
// the processor packages for the CPU, of a GPU for itself. A DLA has no counter of
// its own.
func (g *gauges) energyOf(d accel.DeviceID) (since func() (joules float64, ok bool)) {
	switch d.Kind() {
	case "cpu":
		if before := g.energy.read(); before != nil {
			return func() (float64, bool) { return told(g.energy.joules(before, g.energy.read())) }
		}
	case "gpu":
		if gpu, ok := g.driver.GPU(gpuUUID(g.rt, d)); ok {
			return gpuEnergySince(gpu)
		}
	}
	return nil
}

func told(joules *float64) (float64, bool) {
	if joules == nil {
		return 0, false
	}
	return *joules, true
}

// gpuEnergySince begins to count, nil where the GPU has no counter.
func gpuEnergySince(gpu gpuDriver) func() (float64, bool) {
	before := readEnergy(gpu)
	if !before.ok {
		return nil
	}
	return func() (float64, bool) { return readEnergy(gpu).since(before) }
}
