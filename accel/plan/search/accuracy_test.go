package search_test

import (
	"strings"
	"testing"

	"braid/accel"
	"braid/accel/plan"
	"braid/accel/plan/search"
)

// lossy is a machine whose fastest way is a precision that loses something.
func lossy(drop float64) plan.Profile {
	return plan.Profile{
		Version: plan.Version, Cores: 2,
		Units: []plan.Unit{
			{Device: "cpu", Threads: 1, MS: 20},
			{Device: "cpu/openvino", Threads: 1, MS: 15},
			{Device: "cpu/openvino", Threads: 1, Precision: plan.BF16, MS: 10},
		},
		Accuracy: []plan.Accuracy{{Device: "cpu/openvino", Precision: plan.BF16, Drop: drop}},
	}
}

// TestMaxDrop: a precision that loses more than it may is not chosen, unless it is asked
// for by its name; the same device in fp32 still is.
func TestMaxDrop(t *testing.T) {
	for _, c := range []struct {
		name string
		drop float64
		goal search.Goal
		want plan.Precision
		why  string
	}{
		{"harmless", 0.001, search.Goal{MaxDrop: 0.002}, plan.BF16, ""},
		{"exactly what it may", 0.002, search.Goal{MaxDrop: 0.002}, plan.BF16, ""},
		{"better than fp32", -0.01, search.Goal{}, plan.BF16, ""},
		{"too much", 0.003, search.Goal{MaxDrop: 0.002}, plan.FP32, "loses 0.003 mAP in bf16, more than the 0.002"},
		{"nothing may be lost", 0.0001, search.Goal{}, plan.FP32, "loses 0.0001 mAP in bf16"},
		{"asked for", 0.5, search.Goal{Precisions: []plan.Precision{plan.BF16}}, plan.BF16, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := search.Choose(lossy(c.drop), nil, c.goal)
			if err != nil {
				t.Fatal(err)
			}
			p := got.Chosen.Plan
			if p.Precision != c.want || p.Segments[0].Devices[0].ID != "cpu/openvino" {
				t.Errorf("chosen %v on %v, want %v on cpu/openvino", p.Precision, p.Segments[0].Devices, c.want)
			}
			why := ""
			for _, u := range got.Unavailable {
				why += string(u.Device) + " " + u.Why
			}
			if c.why == "" && why != "" || !strings.Contains(why, c.why) {
				t.Errorf("unavailable: %q, want %q in it", why, c.why)
			}
		})
	}
	unknown := lossy(0)
	unknown.Accuracy = nil
	for want, goal := range map[plan.Precision]search.Goal{plan.FP32: {MaxDrop: 0.5}, plan.BF16: {Precisions: []plan.Precision{plan.FP32, plan.BF16}}} {
		got, err := search.Choose(unknown, nil, goal)
		if err != nil {
			t.Fatal(err)
		}
		told := len(got.Unavailable) == 1 && strings.Contains(got.Unavailable[0].Why, "braid profile --images")
		if got.Chosen.Plan.Precision != want || told != (want == plan.FP32) {
			t.Errorf("nobody measured what bf16 loses: chosen %s, unavailable %v; want %s", got.Chosen.Plan.Precision, got.Unavailable, want)
		}
	}
	if _, err := search.Choose(lossy(0), nil, search.Goal{MaxDrop: 2}); err == nil || !strings.Contains(err.Error(), "max_drop: 2") {
		t.Errorf("max_drop 2: %v", err)
	}
}

// TestTwoRuntimesShareCores: a frame on either runtime takes a core, so that both together
// do no more than the cores allow.
func TestTwoRuntimesShareCores(t *testing.T) {
	p := lossy(1)
	p.Units[1].MS = 20 // as fast as the other
	got, err := search.Choose(p, nil, search.Goal{})
	if err != nil {
		t.Fatal(err)
	}
	if got.Chosen.FPS > 100*(1+1e-9) || got.LimitFPS > 100*(1+1e-4) { // the limit is found by steps
		t.Errorf("%.9f frames/s of at most %.9f, want 100: two cores of 20 ms", got.Chosen.FPS, got.LimitFPS)
	}
}

// TestRuntimesAreTold: a device of a runtime that this machine has not is not used, and
// the name of the one that serves it anyway makes no difference.
func TestRuntimesAreTold(t *testing.T) {
	here := []accel.Device{{ID: "cpu", Backend: "ort", Cores: 2}}
	got, err := search.Choose(lossy(0), here, search.Goal{})
	if err != nil {
		t.Fatal(err)
	}
	if d := got.Chosen.Plan.Segments[0].Devices[0].ID; d != "cpu" {
		t.Errorf("chosen %s, which is not on this machine", d)
	}
	p := got.Chosen.Plan
	p.Segments[0].Devices[0].ID = "cpu/ort"
	if _, err := search.Predict(lossy(0), p); err != nil {
		t.Errorf("a plan for cpu/ort: %v", err)
	}
	p.Segments[0].Devices[0].ID = "cpu/other"
	if _, err := search.Predict(lossy(0), p); err == nil {
		t.Error("a plan for a runtime that was not measured is predicted")
	}
}
