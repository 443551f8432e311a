package natsink_test

import (
	"testing"
	"time"

	"braid/sink/embedded"
	"braid/sink/natsconn"
	"braid/sink/natsink"
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
