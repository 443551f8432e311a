package sim

import (
	"math"
	"testing"
	"time"

	"braid/accel"
	"braid/accel/plan"
	"braid/accel/sim/des"
)

// TestRuntimesShareCores: two runtimes of one CPU have times of their own and the same
// cores, and what they slow each other down by is not counted twice.
func TestRuntimesShareCores(t *testing.T) {
	p := plan.Profile{
		Version: plan.Version, Cores: 2,
		Units: []plan.Unit{
			{Device: "cpu", Threads: 1, At: "a", MS: 10},
			{Device: "cpu", Threads: 1, MS: 10},
			{Device: "cpu/openvino", Threads: 1, At: "a", MS: 6},
			{Device: "cpu/openvino", Threads: 1, MS: 8},
		},
		Corun: []plan.Corun{{A: "cpu", B: "cpu/openvino", SlowdownA: 3, SlowdownB: 3}},
	}
	pl := place(12, []plan.Placement{{ID: "cpu/openvino", Threads: 1, Streams: 2}}, []plan.Placement{{ID: "cpu/ort", Threads: 1, Streams: 2}})
	times, err := NewTimes(p, pl, Extras{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []time.Duration{6 * time.Millisecond, 10 * time.Millisecond} {
		d := []accel.DeviceID{"cpu/openvino", "cpu"}[i]
		if took, err := times.Service(i, d, 1); err != nil || took != want {
			t.Errorf("segment %d on %s takes %v, %v, want %v", i, d, took, err, want)
		}
	}
	s, err := times.System(des.Source{Cameras: 1, Queue: 2})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Devices) != 1 || s.Devices[0].Name != "cpu" || s.Devices[0].Capacity != 2 {
		t.Fatalf("devices %+v, want one cpu of two cores", s.Devices)
	}
	r, err := des.Run(s, des.Options{Warmup: 100, Frames: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if want := 2 * 1000.0 / 16; math.Abs(r.FPS/want-1) > 0.02 {
		t.Errorf("%.1f frames/s, want %.1f: two cores, 16 ms of a frame", r.FPS, want)
	}
	if _, err := NewTimes(p, place(4, []plan.Placement{{ID: "cpu/other", Threads: 1}}), Extras{}); err == nil {
		t.Error("a runtime that was not measured has times")
	}
}
