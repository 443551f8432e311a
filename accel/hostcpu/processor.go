package hostcpu

import (
	"os"
	"runtime"
	"strings"
)

// Name is the processor's name as Linux lists it, else the architecture.
func Name() string { return processorName("/proc/cpuinfo") }

// Instructions are the instruction sets that the processor has, as Linux lists them;
// "" where it lists none.
func Instructions() string { return instructions("/proc/cpuinfo") }

func instructions(cpuinfo string) string {
	if v := field(cpuinfo, "flags"); v != "" {
		return v
	}
	return field(cpuinfo, "Features")
}

func processorName(cpuinfo string) string {
	for _, key := range []string{"model name", "Model", "Hardware"} {
		if v := field(cpuinfo, key); v != "" {
			return v
		}
	}
	return runtime.GOARCH
}

// field is the first value of a key in a file of "key : value" lines.
func field(path, key string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		k, v, ok := strings.Cut(line, ":")
		if ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
