package app

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// fits refuses a plan whose tensors would not fit into the memory that is free
// now. Where the system does not tell, everything fits.
func fits(bytes int64, frames int) error {
	free, ok := freeMemory()
	if !ok || bytes <= free {
		return nil
	}
	return as(ErrEnvironment, fmt.Errorf("the plan's %d frames in flight need %d MiB of tensors, %d MiB are free: lower in_flight", frames, bytes>>20, free>>20))
}

// freeMemory reads MemAvailable of /proc/meminfo, in bytes.
func freeMemory() (int64, bool) {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		rest, found := strings.CutPrefix(s.Text(), "MemAvailable:")
		if !found {
			continue
		}
		kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
		return kb << 10, err == nil
	}
	return 0, false
}
