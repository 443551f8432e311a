//go:build e2e && !nogst

package video

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"braid/internal/frame"
	"braid/internal/testdata"
	"braid/source"
)

func TestNoAllocationPerFrame(t *testing.T) {
	var p *probe
	var from, to runtime.MemStats
	p = newProbe(t, func(*frame.Frame) {
		switch p.n {
		case 500:
			runtime.ReadMemStats(&from)
		case 4500:
			runtime.ReadMemStats(&to)
		}
	})
	s := open(t, Config{URL: "test:?live=false&size=64x48&frames=4500"})
	if err := s.run(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	// The runtime and the test's own goroutines allocate a little now and then.
	if n := to.Mallocs - from.Mallocs; n > 100 {
		t.Errorf("%d allocations in 4000 frames", n)
	}
}

func TestMemoryIsFlat(t *testing.T) {
	var p *probe
	var from, to int
	p = newProbe(t, func(*frame.Frame) {
		switch p.n {
		case 2000:
			from = residentKB(t)
		case 20000:
			to = residentKB(t)
		}
	})
	s := open(t, Config{URL: "test:?live=false&size=160x120&frames=20000"})
	if err := s.run(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	t.Logf("RSS %d KB after 2,000 frames, %d KB after 20,000", from, to)
	if to-from > 4096 { // a leak of one frame in a hundred would be 5 MB
		t.Errorf("RSS grew from %d to %d KB", from, to)
	}
}

func residentKB(t *testing.T) int {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(b))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize() / 1024
}

func TestReopeningLeaksNothing(t *testing.T) {
	file := record(t, "matroskamux", "a.mkv")
	const warm, rounds = 10, 40
	var fds, threads, rss int
	for i := range rounds {
		if i == warm {
			fds, threads, rss = count(t, "fd"), count(t, "task"), residentKB(t)
		}
		if n, err := play(t, Config{URL: file}, nil); n != 60 || err != nil {
			t.Fatalf("%d frames, %v", n, err)
		}
		if err := cancelled(t, file); err == nil {
			t.Fatal("no error after cancelling")
		}
	}
	t.Logf("fds %d -> %d, threads %d -> %d, RSS %d -> %d KB", fds, count(t, "fd"), threads, count(t, "task"), rss, residentKB(t))
	if n := count(t, "fd"); n > fds+2 {
		t.Errorf("%d files open, %d before", n, fds)
	}
	if n := count(t, "task"); n > threads+6 { // the Go runtime starts one now and then
		t.Errorf("%d threads, %d before", n, threads)
	}
	if n := residentKB(t); n > rss+8192 {
		t.Errorf("RSS %d KB, %d before", n, rss)
	}
}

// cancelled stops a playing file after 5 frames.
func cancelled(t *testing.T, file string) error {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var p *probe
	p = newProbe(t, func(*frame.Frame) {
		if p.n == 5 {
			cancel()
		}
	})
	return open(t, Config{URL: file}).run(ctx, p)
}

func count(t *testing.T, kind string) int {
	names, err := filepath.Glob("/proc/self/" + kind + "/*")
	if err != nil || len(names) == 0 {
		t.Fatalf("counting %s: %v", kind, err)
	}
	return len(names)
}

// The real Gate, Mux and Supervise around a real file.
func TestWithGate(t *testing.T) {
	var ledger frame.Ledger
	pool := frame.NewPool(3, frame.Heap)
	g, err := source.NewGate(source.GateConfig{Camera: "clip", Policy: source.Block}, pool, &ledger)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	s := open(t, Config{Name: "clip", URL: testdata.Path(t, videos()[0])})
	go func() { done <- source.Supervise(t.Context(), s, g, source.Backoff{}, nil) }()
	mux := source.NewMux(g)
	for n := uint64(0); ; n++ {
		f, err := mux.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if f.Seq != n+1 || f.Camera != "clip" {
			t.Errorf("frame %d of %s is number %d", n, f.Camera, f.Seq)
		}
		f.Ledger.CountPublished()
		f.Release()
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if c := ledger.Counts(); c.In != 221 || c.Published != 221 || c.InFlight != 0 {
		t.Errorf("ledger %+v", c)
	}
	if err := pool.Close(); err != nil {
		t.Error(err)
	}
}

// BenchmarkDecode reports the CPU time per frame of a file: decoding, one copy
// and the way out of GStreamer.
func BenchmarkDecode(b *testing.B) {
	for _, name := range videos() {
		b.Run(filepath.Base(name), func(b *testing.B) {
			s, err := New(Config{URL: testdata.Path(b, name)}, slog.New(slog.DiscardHandler))
			if err != nil {
				b.Fatal(err)
			}
			frames, begin := 0, cpuTime(b)
			for b.Loop() {
				p := newProbe(b, nil)
				if err := s.run(b.Context(), p); err != nil {
					b.Fatal(err)
				}
				frames += p.n
			}
			b.ReportMetric(float64((cpuTime(b)-begin).Microseconds())/float64(frames), "cpu-us/frame")
			b.ReportMetric(float64(frames)/b.Elapsed().Seconds(), "frames/s")
		})
	}
}

func cpuTime(b *testing.B) time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
