package hostcpu

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Memory is the memory in bytes that this process may use, and what of it is free: the
// machine's, or less where a control group, a container's mostly, allows less.
func Memory() (total, free int64, err error) {
	return memoryOf("/proc/meminfo", "/proc/self/cgroup", "/sys/fs/cgroup")
}

// TotalMemory is Memory's total, 0 where that is unknown.
func TotalMemory() int64 {
	total, _, _ := Memory()
	return total
}

func memoryOf(meminfo, cgroup, root string) (total, free int64, err error) {
	if total, err = kilobytes(meminfo, "MemTotal"); err != nil {
		return 0, 0, err
	}
	if free, err = kilobytes(meminfo, "MemAvailable"); err != nil { // before Linux 3.14
		free = total
	}
	machine := total
	for _, g := range groups(cgroup, root) {
		limit, err := bytesIn(filepath.Join(g.folder, g.limit))
		if err != nil || limit >= machine {
			continue
		}
		total, free = min(total, limit), min(free, limit)
		if used, err := bytesIn(filepath.Join(g.folder, g.used)); err == nil {
			free = max(0, min(free, limit-used+g.files()))
		}
	}
	return total, free, nil
}

func kilobytes(meminfo, key string) (int64, error) {
	kb, err := strconv.ParseInt(strings.TrimSuffix(field(meminfo, key), " kB"), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("reading the memory's size: %s has no %s", meminfo, key)
	}
	return kb << 10, nil
}

// group is a control group that memory is counted in, and its files (Linux,
// Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst).
type group struct{ folder, limit, used, cache string } // cache: a key of memory.stat

// groups are those that a process is in, from its own up: each bounds those below it. What a
// container sees of the tree may begin at its own group, so that folders may be missing.
func groups(cgroup, root string) (list []group) {
	text, err := os.ReadFile(cgroup)
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(text)) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, path, ok := strings.Cut(rest, ":")
		g := group{folder: root, limit: "memory.max", used: "memory.current", cache: "inactive_file"}
		switch {
		case !ok:
			continue
		case controllers != "" && !strings.Contains(","+controllers+",", ",memory,"):
			continue
		case controllers != "":
			g = group{folder: filepath.Join(root, "memory"), limit: "memory.limit_in_bytes", used: "memory.usage_in_bytes", cache: "total_inactive_file"}
		}
		for at := filepath.Clean("/" + path); ; at = filepath.Dir(at) {
			list = append(list, group{filepath.Join(g.folder, at), g.limit, g.used, g.cache})
			if at == "/" {
				break
			}
		}
	}
	return list
}

// files is the memory of a group that files are kept in and that the kernel gives back at
// once, as it does of what MemAvailable counts. 0 where that is not known.
func (g group) files() int64 {
	text, err := os.ReadFile(filepath.Join(g.folder, "memory.stat"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if n, ok := strings.CutPrefix(strings.TrimSpace(line), g.cache+" "); ok {
			bytes, _ := strconv.ParseInt(n, 10, 64) // 0 where it is none
			return bytes
		}
	}
	return 0
}

// bytesIn reads a number, of which "max" is none.
func bytesIn(file string) (int64, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
}
