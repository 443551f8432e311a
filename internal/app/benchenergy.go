package app

import (
	"io/fs"
	"strconv"
	"strings"
)

// energyMeter reads the energy counters of the processor packages (RAPL, by
// Linux's powercap: Documentation/power/powercap/powercap.rst). Only root may, on
// most systems.
type energyMeter struct {
	fsys  fs.FS
	zones []energyZone
}

// energyZone is a counter of microjoules that starts again behind wrap.
type energyZone struct {
	file string
	wrap uint64
}

// newEnergyMeter finds the packages below fsys: the zones of the first level. What
// lies below them, cores and memory controller, is in them; psys is the whole
// board and would count them twice.
func newEnergyMeter(fsys fs.FS) *energyMeter {
	m := &energyMeter{fsys: fsys}
	zones, _ := fs.Glob(fsys, "intel-rapl:*") // the pattern is well-formed
	for _, z := range zones {
		name, _ := fs.ReadFile(fsys, z+"/name")
		wrap, ok := readCounter(fsys, z+"/max_energy_range_uj")
		if strings.Count(z, ":") == 1 && strings.HasPrefix(string(name), "package") && ok {
			m.zones = append(m.zones, energyZone{z + "/energy_uj", wrap})
		}
	}
	return m
}

func readCounter(fsys fs.FS, file string) (uint64, bool) {
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(data)), 10, 64)
	return n, err == nil
}

// read gives each package's counter, nil where one cannot be read or there is none.
func (m *energyMeter) read() []uint64 {
	var out []uint64
	for _, z := range m.zones {
		n, ok := readCounter(m.fsys, z.file)
		if !ok {
			return nil
		}
		out = append(out, n)
	}
	return out
}

// joules is the energy between two readings, nil where one of them is. A counter
// may have started again once.
func (m *energyMeter) joules(before, after []uint64) *float64 {
	if before == nil || after == nil {
		return nil
	}
	sum := 0.0
	for i, z := range m.zones {
		if after[i] < before[i] {
			sum += float64(z.wrap)
		}
		sum += float64(after[i]) - float64(before[i])
	}
	sum /= 1e6
	return &sum
}
