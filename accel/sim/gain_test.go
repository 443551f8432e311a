package sim

import (
	"math"
	"testing"

	"braid/accel/plan"
)

// TestGainOfSeveralSeries: frames of two series on one GPU slow one another down as those of the series that gains
// least; what was measured of it ends nowhere.
func TestGainOfSeveralSeries(t *testing.T) {
	streams := func(precision plan.Precision, rates ...float64) (list []plan.Streams) {
		for i, r := range rates {
			list = append(list, plan.Streams{Device: "gpu:0", N: 1 << i, Precision: precision, Rate: r})
		}
		return list
	}
	for _, c := range []struct {
		name string
		int8 []plan.Streams
		want []float64
	}{
		{"flat from two streams", streams(plan.INT8, 1000, 1200), []float64{1, 1.2, 1.2, 1.2}},
		{"nothing measured", nil, []float64{1, 1, 1, 1}},
		{"gains more", streams(plan.INT8, 1000, 1900, 3500), []float64{1, 1.5, 2, 2.5}},
	} {
		p := plan.Profile{Version: 1, Cores: 4, Streams: append(streams(plan.FP16, 1000, 1500, 2500), c.int8...)}
		for _, precision := range []plan.Precision{plan.FP16, plan.INT8} {
			p.Units = append(p.Units, plan.Unit{At: "a", Device: "gpu:0", Precision: precision, MS: 0.5}, plan.Unit{Device: "gpu:0", Precision: precision, MS: 0.5})
		}
		pl := plan.Default()
		pl.Precision = plan.FP16
		pl.Segments = []plan.Segment{
			{Until: "a", Streams: 1, Devices: []plan.Placement{{ID: "gpu:0", Streams: 2}}},
			{Streams: 1, Precision: plan.INT8, Devices: []plan.Placement{{ID: "gpu:0", Streams: 2}}},
		}
		times, err := NewTimes(p, pl, Extras{})
		if err != nil {
			t.Fatal(err)
		}
		got := times.gain("gpu:0")
		if len(got) != len(c.want) {
			t.Fatalf("%s: %v, want %v", c.name, got, c.want)
		}
		for i, want := range c.want {
			if math.Abs(got[i]-want) > 1e-9 {
				t.Errorf("%s: %v, want %v", c.name, got, c.want)
				break
			}
		}
	}
}
