package hostcpu

import (
	"os"
	"path/filepath"
	"testing"
)

const mib = 1 << 20

func TestMemory(t *testing.T) {
	for _, c := range []struct {
		name, cgroup string
		files        map[string]string
		total, free  int64
	}{
		{"no limit", "0::/user.slice\n", map[string]string{"user.slice/memory.max": "max\n"}, 1024 * mib, 512 * mib},
		{"a container that sees its own group only", "0::/\n", map[string]string{"memory.max": "104857600\n", "memory.current": "41943040\n"}, 100 * mib, 60 * mib},
		{"a limit above, as nested groups have", "0::/a/b\n", map[string]string{"a/memory.max": "209715200\n", "a/memory.current": "10485760\n", "a/b/memory.max": "max\n"}, 200 * mib, 190 * mib},
		{"the least of several", "0::/a/b\n", map[string]string{"a/memory.max": "104857600\n", "a/memory.current": "83886080\n", "a/b/memory.max": "209715200\n"}, 100 * mib, 20 * mib},
		{"a wider limit above that is nearly used up", "0::/a/b\n", map[string]string{"a/memory.max": "209715200\n", "a/memory.current": "204472320\n", "a/b/memory.max": "104857600\n", "a/b/memory.current": "20971520\n"}, 100 * mib, 5 * mib},
		{"more used than allowed", "0::/\n", map[string]string{"memory.max": "104857600\n", "memory.current": "114857600\n"}, 100 * mib, 0},
		{"more than the machine has", "0::/\n", map[string]string{"memory.max": "9223372036854771712\n"}, 1024 * mib, 512 * mib},
		{"version 1", "11:cpu,cpuacct:/c\n9:memory:/docker/x\n0::/\n", map[string]string{"memory/docker/x/memory.limit_in_bytes": "104857600\n", "memory/docker/x/memory.usage_in_bytes": "1048576\n"}, 100 * mib, 99 * mib},
		{"files that are kept in memory", "0::/\n", map[string]string{"memory.max": "104857600\n", "memory.current": "94371840\n", "memory.stat": "anon 31457280\nactive_file 1\ninactive_file 62914560\n"}, 100 * mib, 70 * mib},
		{"files, version 1", "9:memory:/x\n", map[string]string{"memory/x/memory.limit_in_bytes": "104857600\n", "memory/x/memory.usage_in_bytes": "94371840\n", "memory/x/memory.stat": "inactive_file 5\ntotal_inactive_file 10485760\n"}, 100 * mib, 20 * mib},
		{"nonsense", "x\n\n0::\n", map[string]string{"memory.max": "much\n"}, 1024 * mib, 512 * mib},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			write := func(name, text string) string {
				file := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
				return file
			}
			for name, text := range c.files {
				write(filepath.Join("root", name), text)
			}
			total, free, err := memoryOf(write("meminfo", "MemTotal: 1048576 kB\nMemAvailable: 524288 kB\n"), write("cgroup", c.cgroup), filepath.Join(dir, "root"))
			if err != nil || total != c.total || free != c.free {
				t.Errorf("%d of %d MiB free, %v; want %d of %d", free/mib, total/mib, err, c.free/mib, c.total/mib)
			}
		})
	}
	if _, _, err := memoryOf(filepath.Join(t.TempDir(), "none"), "", ""); err == nil {
		t.Error("memory where nothing is known")
	}
	if total, free, err := Memory(); err != nil || free > total || total != TotalMemory() {
		t.Errorf("here: %d, %d, %v", total, free, err)
	}
}
