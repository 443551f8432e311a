package app

import (
	"testing"
	"time"

	"braid/accel"
	"braid/accel/plan"
)

// What is expected of a node is the plan's time where Process shows it: neither the
// enqueuing of a device's segment nor the wait for one.
func TestExpected(t *testing.T) {
	const prep, first, second, detect = 1 * time.Millisecond, 20 * time.Millisecond, 24500 * time.Microsecond, 400 * time.Microsecond
	for _, c := range []struct {
		devices [2]accel.DeviceID
		want    [4]time.Duration
	}{
		{[2]accel.DeviceID{"cpu", "cpu/ort"}, [4]time.Duration{prep, first, second, detect}},
		{[2]accel.DeviceID{"cpu", "gpu:0"}, [4]time.Duration{prep, first, 0, 0}},
		{[2]accel.DeviceID{"dla:0", "cpu"}, [4]time.Duration{prep, 0, 0, detect}},
	} {
		p := plan.Auto("net", 1)
		p.Segments = []plan.Segment{
			{Until: "a", Devices: []plan.Placement{{ID: c.devices[0]}}},
			{Devices: []plan.Placement{{ID: "cpu"}, {ID: c.devices[1]}}},
		}
		if c.devices[1].Kind() == "cpu" {
			p.Segments[1].Devices = p.Segments[1].Devices[1:]
		}
		if expected(p, 1) != 0 {
			t.Error("a plan that predicts nothing expects something")
		}
		p.Predicted = &plan.Predicted{StagesMS: map[string]float64{"prep": 1, "infer.0": 20, "infer.1": 24.5, "detect": 0.4}}
		for i, want := range c.want {
			if got := expected(p, i); got != want {
				t.Errorf("on %v: %s should take %v, want %v", c.devices, p.StageNames()[i], got, want)
			}
		}
	}
}
