package natsink_test

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"braid/sink/embedded"
	"braid/sink/natsconn"
	"braid/sink/natsink"
	"braid/sink/spool"
	"braid/sink/wire"
)

type nothing struct{}

func (nothing) Settle(error) {}

func crowd() *wire.Frame {
	m := &wire.Frame{
		Site: "demo", Camera: "gate-1", Run: "01J9ZC3K5X6Q", Capture: time.Unix(1e9, 0), Clock: "wall",
		Size: [2]int{1920, 1080}, Model: "yolox-nano@3f1c9a2b", Plan: "p-7f3a01c2", Age: 41.7,
	}
	for range 20 {
		m.Objects = append(m.Objects, wire.Object{Label: "person", Score: 0.91, Box: [4]float32{0.1021, 0.2040, 0.0512, 0.3111}})
	}
	return m
}

// BenchmarkWrite is a frame with 20 objects until it is settled, many at once.
func BenchmarkWrite(b *testing.B) {
	for name, jetstream := range map[string]bool{"core": false, "jetstream": true} {
		for _, inside := range []bool{false, true} {
			if inside {
				name += "-in-process"
			}
			b.Run(name, func(b *testing.B) { benchmarkWrite(b, jetstream, inside) })
		}
	}
}

func benchmarkWrite(b *testing.B, jetstream, inside bool) {
	cfg := embedded.DefaultConfig(b.TempDir())
	cfg.Listen = "127.0.0.1:0"
	srv, err := embedded.Start(cfg, quiet)
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := srv.Shutdown(); err != nil {
			b.Error(err)
		}
	}()
	conn := natsconn.Config{URL: srv.ClientURL()}
	if inside {
		conn.InProcess = srv
	}
	s, err := natsink.New(b.Context(), natsink.Config{Config: conn, Site: "demo", JetStream: jetstream}, quiet)
	if err != nil {
		b.Fatal(err)
	}
	m := crowd()
	b.ReportAllocs()
	for b.Loop() {
		m.Seq++
		s.Write(b.Context(), m, nothing{})
	}
	if err := s.Flush(b.Context()); err != nil {
		b.Error(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
	if err := s.Close(); err != nil {
		b.Error(err)
	}
}

// BenchmarkSpool is what the way over the disk costs: processor time of this
// process, the server's included, for each frame with 20 objects. Paced frames
// come 500 a second, as those of 33 cameras at 15 frames/s; the others as fast as
// they are taken.
func BenchmarkSpool(b *testing.B) {
	for _, pace := range []time.Duration{0, 2 * time.Millisecond} {
		for _, bound := range []int64{0, 16 << 30} {
			name := map[bool]string{true: "paced", false: "flat-out"}[pace > 0] + map[bool]string{true: "-spool", false: "-memory"}[bound > 0]
			b.Run(name, func(b *testing.B) { benchmarkSpool(b, pace, bound) })
		}
	}
}

func benchmarkSpool(b *testing.B, pace time.Duration, bound int64) {
	cfg := embedded.DefaultConfig(b.TempDir())
	cfg.Listen = "127.0.0.1:0"
	srv, err := embedded.Start(cfg, quiet)
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := srv.Shutdown(); err != nil {
			b.Error(err)
		}
	}()
	s, err := natsink.New(b.Context(), natsink.Config{
		Config: natsconn.Config{URL: srv.ClientURL()}, Site: "demo", JetStream: true,
		Spool: spool.Config{Dir: b.TempDir(), MaxBytes: bound},
	}, quiet)
	if err != nil {
		b.Fatal(err)
	}
	m := crowd()
	var tick <-chan time.Time
	if pace > 0 {
		tick = time.Tick(pace)
	}
	b.ReportAllocs()
	before := cpuTime(b)
	for b.Loop() {
		if tick != nil {
			<-tick
		}
		m.Seq++
		s.Write(b.Context(), m, nothing{})
	}
	err = s.Flush(b.Context())
	for bound > 0 && s.Backlog().Waiting > 0 {
		<-time.After(time.Millisecond)
	}
	if err := errors.Join(err, s.Close()); err != nil {
		b.Error(err)
	}
	b.ReportMetric(float64((cpuTime(b)-before).Nanoseconds())/float64(b.N)/1000, "cpu-us/frame")
}

// cpuTime is what this process has used.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
