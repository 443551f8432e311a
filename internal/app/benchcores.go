package app

import (
	"io/fs"
	"strconv"
	"strings"
)

// coreTime is what a core did since the machine started, in clock ticks.
type coreTime struct{ busy, all uint64 }

// coreTimes reads every core of /proc/stat, nil where the system has none.
func coreTimes(proc fs.FS) []coreTime {
	data, err := fs.ReadFile(proc, "stat")
	if err != nil {
		return nil
	}
	return parseStat(string(data))
}

// parseStat reads the lines cpu0, cpu1 …: user, nice, system, idle, iowait, irq,
// softirq, steal (proc_stat(5)). What a hypervisor stole was not idle.
func parseStat(text string) (out []coreTime) {
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 9 || !strings.HasPrefix(f[0], "cpu") || f[0] == "cpu" {
			continue
		}
		var c coreTime
		for i, field := range f[1:9] {
			n, err := strconv.ParseUint(field, 10, 64)
			if err != nil {
				return nil
			}
			c.all += n
			if i != 3 && i != 4 {
				c.busy += n
			}
		}
		out = append(out, c)
	}
	return out
}

// coreBusy is the share of time between two readings that each core was busy, nil
// where that is not known.
func coreBusy(before, after []coreTime) (out []float64) {
	if len(before) != len(after) {
		return nil
	}
	for i, a := range after {
		if a.all <= before[i].all || a.busy < before[i].busy {
			return nil
		}
		out = append(out, float64(a.busy-before[i].busy)/float64(a.all-before[i].all))
	}
	return out
}
