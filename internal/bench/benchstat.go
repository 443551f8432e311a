package bench

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// WriteBenchstat writes a line for each sample that counts, in the format of Go
// benchmarks that golang.org/x/perf/cmd/benchstat reads
// (golang.org/design/14313-benchmark-format). An op is a frame: ns/op is the time
// between two of them, not how long one takes.
func (r Report) WriteBenchstat(w io.Writer, goos, goarch string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "goos: %s\ngoarch: %s\npkg: braid\ncpu: %s\nmodel: %s\n", goos, goarch, r.Hardware, r.Model)
	for _, row := range r.Rows {
		for _, s := range row.Samples {
			if s.Rejected && !row.Disturbed || s.Frames == 0 {
				continue
			}
			r.benchstatLine(&b, row.Name, s)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// benchstatLine ends the name in the number of cores, as go test does: benchstat
// would take the end of a name like two-4 for that.
func (r Report) benchstatLine(b *strings.Builder, name string, s Sample) {
	n := float64(s.Frames)
	fmt.Fprintf(b, "BenchmarkBraid/row-%s-%d\t%d\t%.0f ns/op\t%.2f frames/s\t%.3f p50-ms\t%.3f p99-ms\t%.3f cpu-ms/op\t%.0f B/op\t%.0f allocs/op",
		strings.Join(strings.Fields(name), "_"), max(r.Cores, 1), s.Frames, 1e9*s.Seconds/n, s.FPS, s.P50, s.P99, 1000*s.CPU/n, math.Round(s.Bytes/n), math.Round(s.Allocs/n))
	if s.Joules != nil {
		fmt.Fprintf(b, "\t%.4f J/op", *s.Joules/n)
	}
	b.WriteByte('\n')
}
