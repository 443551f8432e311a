package app

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"braid/accel"
	"braid/accel/plan"
	"braid/accel/plan/search"
)

func TestWholeRuntimes(t *testing.T) {
	unit := func(device string, threads int, precision plan.Precision, ms float64, why string) plan.Unit {
		return plan.Unit{Device: accel.DeviceID(device), Threads: threads, Precision: precision, MS: ms, Why: why}
	}
	for _, c := range []struct {
		name  string
		units []plan.Unit
		want  []accel.DeviceID
	}{
		{"two runtimes", []plan.Unit{unit("cpu", 1, "", 9, ""), unit("cpu/openvino", 1, "", 7, "")}, []accel.DeviceID{"cpu", "cpu/openvino"}},
		{"one thread and FP32 only", []plan.Unit{unit("cpu", 1, "", 9, ""), unit("cpu", 2, "", 5, ""), unit("cpu/openvino", 1, plan.BF16, 3, "")}, []accel.DeviceID{"cpu"}},
		{"what runs all", []plan.Unit{unit("cpu", 1, "", 9, ""), unit("cpu/openvino", 1, "", 4, ""), unit("cpu/openvino", 1, "", 0, "layer l: no")}, []accel.DeviceID{"cpu"}},
		{"no CPU", []plan.Unit{unit("gpu:0", 0, plan.FP16, 1, "")}, nil},
	} {
		if got := wholeRuntimes(plan.Profile{Units: c.units}); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestRatesOf: a machine that is twice as fast for a round makes nobody faster than the others.
func TestRatesOf(t *testing.T) {
	got := ratesOf([][]float64{{50, 60, 100, 50, 40}, {45, 54, 30, 45, 60}})
	if !slices.EqualFunc(got, []float64{50, 45}, func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }) {
		t.Errorf("%v, want 50 of most rounds and 0.9 of it", got)
	}
	if got := ratesOf([][]float64{{50, 70, 60}}); !slices.Equal(got, []float64{60}) {
		t.Errorf("one row: %v", got)
	}
	if got := ratesOf([][]float64{{50, 1}, {0, 1}}); got != nil {
		t.Errorf("a round without a frame: %v", got)
	}
}

// TestCorrect: of each runtime the planner then says what was measured.
func TestCorrect(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := func(name string, low, high float64) float64 { return rapid.Float64Range(low, high).Draw(t, name) }
		p := plan.Profile{
			Version: 1, Cores: rapid.IntRange(1, 16).Draw(t, "cores"), CPU: plan.CPUTimes{Decode: ms("decode", 0.5, 4), Prep: ms("prep", 0.1, 2), Detect: 0.1},
			Units: []plan.Unit{{Device: "cpu", Threads: 1, MS: ms("cpu", 4, 40)}, {Device: "cpu/openvino", Threads: 1, MS: ms("openvino", 4, 40)}},
		}
		var rows []*benchRow
		var says, does []float64
		predicted := func(i int) float64 {
			is, err := search.Predict(p, rows[i].plan)
			if err != nil {
				t.Fatal(err)
			}
			return is.FPS
		}
		for i, d := range wholeRuntimes(p) {
			rows = append(rows, newBenchRow(string(d), streamEach("", d, p.Cores)))
			says = append(says, predicted(i))
			does = append(does, says[i]/ms("times as long", 0.9, 1.4))
		}
		correct(&p, rows, says, does)
		for i := range rows {
			if got := predicted(i); math.Abs(got-does[i]) > 1e-6*does[i] {
				t.Errorf("%s: %.4f frames/s are predicted, %.4f were measured, %.4f without that; %+v", rows[i].Name, got, does[i], says[i], p.Beside)
			}
		}
	})
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
