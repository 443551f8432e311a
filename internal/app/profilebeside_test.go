package app

import (
	"testing"

	"braid/accel"
	"braid/accel/plan"
	"braid/accel/plan/search"
)

func TestFastestAlone(t *testing.T) {
	unit := func(device string, threads int, precision plan.Precision, ms float64, why string) plan.Unit {
		return plan.Unit{Device: accel.DeviceID(device), Threads: threads, Precision: precision, MS: ms, Why: why}
	}
	for _, c := range []struct {
		name  string
		units []plan.Unit
		want  string
	}{
		{"the faster of two runtimes", []plan.Unit{unit("cpu", 1, "", 9, ""), unit("cpu/openvino", 1, "", 7, "")}, "cpu/openvino"},
		{"one thread and FP32 only", []plan.Unit{unit("cpu", 1, "", 9, ""), unit("cpu", 2, "", 5, ""), unit("cpu/openvino", 1, plan.BF16, 3, "")}, "cpu"},
		{"what runs at all", []plan.Unit{unit("cpu", 1, "", 9, ""), unit("cpu/openvino", 1, "", 0, "layer l: no")}, "cpu"},
		{"no CPU", []plan.Unit{unit("gpu:0", 0, plan.FP16, 1, "")}, ""},
	} {
		got, ok := fastestAlone(plan.Profile{Units: c.units})
		if string(got) != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, %v", c.name, got, ok)
		}
	}
}

// TestStreamEachIsBoundByCores has so much of everything else that the cores are what
// a profile's steps are held against.
func TestStreamEachIsBoundByCores(t *testing.T) {
	for _, cores := range []int{1, 2, 8, 64} {
		p := plan.Profile{
			Version: 1, Cores: cores, HandOver: 0.01, CPU: plan.CPUTimes{Decode: 4, Prep: 3, Detect: 1, Publish: 0.1},
			Units: []plan.Unit{{Device: "cpu", Threads: 1, MS: 20}},
		}
		pl := streamEach("", "cpu", cores)
		if err := pl.Validate(); err != nil {
			t.Fatal(err)
		}
		is, err := search.Predict(p, pl)
		if err != nil || is.Bottleneck != "cores" {
			t.Errorf("%d cores: %+v, %v", cores, is, err)
		}
		p.CPU.Beside = 1.25
		if slower, err := search.Predict(p, pl); err != nil || slower.FPS > is.FPS/1.25*(1+1e-9) || slower.FPS < is.FPS/1.25*(1-1e-9) {
			t.Errorf("%d cores, a quarter slower at work: %v after %v", cores, slower.FPS, is.FPS)
		}
	}
}
