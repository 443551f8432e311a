//go:build e2e

package ort

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"braid/accel"
	"braid/internal/testdata"
)

// yoloxNano is the whole network as one Segment.
func yoloxNano(t testing.TB) *accel.Segment {
	t.Helper()
	data, err := os.ReadFile(testdata.Path(t, "models/yolox_nano.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	return &accel.Segment{
		Name:    "yolox-nano",
		ONNX:    data,
		Inputs:  []accel.TensorDesc{{Name: "images", Type: accel.Float32, Shape: []int64{1, 3, 416, 416}}},
		Outputs: []accel.TensorDesc{{Name: "output", Type: accel.Float32, Shape: []int64{1, 3549, 85}}},
	}
}

// calls makes n Calls of one Engine, each of an Exec and Bindings of its own.
func calls(t testing.TB, b *Backend, e *engine, s *accel.Segment, n int) (list []accel.Call) {
	t.Helper()
	for range n {
		x, err := e.NewExec()
		if err != nil {
			t.Fatal(err)
		}
		bindings := job(t, b, s)
		in, _ := bindings.Tensor("images", cpu)
		for i := range in.Float32s() {
			in.Float32s()[i] = float32(i % 255)
		}
		c, err := x.Bind(bindings)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closed(t, c, x, bindings) })
		list = append(list, c)
	}
	return list
}

func BenchmarkYOLOXNano(b *testing.B) {
	for _, c := range []struct {
		execs int
		load  accel.LoadOptions
	}{
		{1, accel.LoadOptions{Threads: 1}},
		{2, accel.LoadOptions{Threads: 1}},
		{1, accel.LoadOptions{Threads: 2}},
		{1, accel.LoadOptions{Threads: 2, Spin: true}},
	} {
		b.Run(fmt.Sprintf("execs=%d/threads=%d/spin=%v", c.execs, c.load.Threads, c.load.Spin), func(b *testing.B) {
			backend, s := open(b), yoloxNano(b)
			b.Cleanup(func() { closed(b, backend) })
			e := load(b, backend, s, c.load)
			b.Cleanup(func() { closed(b, e) })
			list := calls(b, backend, e, s, c.execs)
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
