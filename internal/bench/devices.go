package bench

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// DeviceBusy is how busy the devices beside the CPU were, as a person reads it:
// "gpu:0 97 %, gpu:1 12 %"; "" where none tells.
func (r Row) DeviceBusy() string {
	var parts []string
	for _, device := range slices.Sorted(maps.Keys(r.Busy)) {
		if device != "cpu" {
			parts = append(parts, fmt.Sprintf("%s %.0f %%", device, 100*r.Busy[device]))
		}
	}
	return strings.Join(parts, ", ")
}

// EnergyOf says what the energy of rows has in it, a line for each that differs:
// "serial, auto: packages (RAPL)".
func EnergyOf(rows []Row) (lines []string) {
	var order []string
	names := map[string][]string{}
	for _, r := range rows {
		if r.Joules == nil {
			continue
		}
		of := strings.Join(r.EnergyOf, ", ")
		if names[of] == nil {
			order = append(order, of)
		}
		names[of] = append(names[of], r.Name)
	}
	for _, of := range order {
		lines = append(lines, strings.Join(names[of], ", ")+": "+of)
	}
	return lines
}
