//go:build e2e

package openvino

import (
	"fmt"
	"sync"
	"testing"

	"braid/accel"
)

func BenchmarkYOLOXNano(b *testing.B) {
	for _, c := range []struct {
		execs int
		load  accel.LoadOptions
	}{
		{1, accel.LoadOptions{Threads: 1}},
		{2, accel.LoadOptions{Threads: 1}},
		{1, accel.LoadOptions{Threads: 2}},
	} {
		b.Run(fmt.Sprintf("execs=%d/threads=%d", c.execs, c.load.Threads), func(b *testing.B) {
			backend, s := open(b), yoloxNano(b)
			b.Cleanup(func() { closed(b, backend) })
			e := engineOf(b, backend, s, c.load)
			b.Cleanup(func() { closed(b, e) })
			list := callsOf(b, backend, e, s, c.execs)
			b.ReportAllocs()
			b.ResetTimer()
			var group sync.WaitGroup
			for i, call := range list {
				group.Go(func() {
					for range (b.N + len(list) - 1 - i) / len(list) {
						if _, err := call.Start(b.Context(), nil); err != nil {
							b.Error(err)
						}
					}
				})
			}
			group.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "runs/s")
		})
	}
}

// BenchmarkStart is what a start takes: compiling a network, and loading a compiled one.
func BenchmarkStart(b *testing.B) {
	backend, s := open(b), yoloxNano(b)
	b.Cleanup(func() { closed(b, backend) })
	var blob []byte
	b.Run("build", func(b *testing.B) {
		for range b.N {
			blob = build(b, backend, s)
		}
	})
	b.Run("load", func(b *testing.B) {
		for range b.N {
			e, err := backend.Load(b.Context(), blob, cpu, accel.LoadOptions{Threads: 1})
			if err != nil {
				b.Fatal(err)
			}
			closed(b, e)
		}
	})
}
