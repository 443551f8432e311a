package stages_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"braid/internal/histogram"
	"braid/stages"
)

// BenchmarkHandOver measures the time from the end of Process in one node to the
// start of the next one's, on two processors, where the next one's worker is idle.
// One frame: nothing else runs. Several: infer.0 is the slower node and goes on
// with the next frame at once, so that the hand-over needs both processors.
func BenchmarkHandOver(b *testing.B) {
	for _, jobs := range []int{1, 4} {
		for name, work := range map[string]func(*testing.B) func(time.Duration){"go": inGo, "native": inNative} {
			b.Run(fmt.Sprintf("frames=%d/work=%s", jobs, name), func(b *testing.B) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
				handOver(b, jobs, work(b))
			})
		}
	}
}

// handOver reports the hand-overs from infer.0 to infer.1.
func handOver(b *testing.B, jobs int, work func(time.Duration)) {
	var waits histogram.Histogram
	ended := make([]time.Time, 2*jobs) // by Seq: of the frames that are inside
	first := func(_ context.Context, j *stages.Job) error {
		work(time.Millisecond)
		ended[j.Seq%uint64(len(ended))] = time.Now()
		return nil
	}
	var free time.Time // since when infer.1 has nothing to do
	second := func(_ context.Context, j *stages.Job) error {
		if at := ended[j.Seq%uint64(len(ended))]; at.After(free) {
			waits.Add(time.Since(at))
		}
		work(500 * time.Microsecond)
		free = time.Now()
		return nil
	}
	g, err := stages.New([]stages.Node{prep(1, jobs), node("infer.0", 1, jobs, first), node("infer.1", 1, jobs, second)}, newJobs(jobs), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	if err := g.Run(b.Context(), newFeed(b.N, "a"), countOnly); err != nil {
		b.Fatal(err)
	}
	c := waits.Read()
	b.ReportMetric(float64(c.Quantile(0.5))/1e3, "p50-µs")
	b.ReportMetric(float64(c.Quantile(0.99))/1e3, "p99-µs")
	if err := g.Close(); err != nil {
		b.Error(err)
	}
}

// inGo computes in Go.
func inGo(*testing.B) func(time.Duration) {
	return func(d time.Duration) {
		for end := time.Now().Add(d); time.Now().Before(end); {
		}
	}
}

// inNative computes in calls that Go does not see into, as ONNX Runtime's are: the
// kernel makes random bytes.
func inNative(b *testing.B) func(time.Duration) {
	f, err := os.Open("/dev/urandom")
	if err != nil {
		b.Skip(err)
	}
	b.Cleanup(func() { _ = f.Close() })
	buf, fd := make([]byte, 1<<20), int(f.Fd())
	read := func(n int) {
		if _, err := syscall.Read(fd, buf[:n]); err != nil {
			b.Error(err)
		}
	}
	start := time.Now()
	for range 16 {
		read(len(buf) / 4)
	}
	rate := float64(4*len(buf)) / time.Since(start).Seconds() // bytes a second
	return func(d time.Duration) { read(min(int(rate*d.Seconds()), len(buf))) }
}
