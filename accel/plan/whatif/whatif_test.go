package whatif_test

import (
	"errors"
	"math"
	"testing"

	"braid/accel/plan"
	"braid/accel/plan/search"
	"braid/accel/plan/whatif"
)

func TestOf(t *testing.T) {
	work := []whatif.Work{{At: "a", Amount: 10, Bytes: 2e6, Layers: 2}, {Amount: 20, Bytes: 1e6, Layers: 6}}
	p, err := whatif.Of("net", work, whatif.Machine{
		Cores: 4, CopyMS: 0.5, GBPerS: 2, CutMS: 0.25, Source: "here",
		Devices: []whatif.Device{
			{ID: "gpu:0", Speed: 5, LayerMS: 0.25, StreamsGain: []float64{1, 1.5}},
			{ID: "dla:0", Speed: 2, FIFO: true, StartMS: 1, Why: func(u int) string { return []string{"", "layer x: no"}[u] }},
			{ID: "cpu", Speed: 1},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	data, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plan.ParseProfile(data, "p"); err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	for _, c := range []struct {
		plan string
		want float64 // ms of a frame alone
	}{
		{"segments: [{devices: ['gpu:0']}]", 30./5 + 8*0.25 + 0.5 + 0.5},
		{"segments: [{until: a, devices: ['dla:0']}, {devices: ['gpu:0']}]", 10./2 + 1 + 0.125 + 20./5 + 6*0.25 + 0.125 + 0.5 + 0.5},
		{"segments: [{until: a, devices: ['gpu:0']}, {devices: [{id: cpu, threads: 1}]}]", 10./5 + 2*0.25 + 0.125 + 0.5 + 1 + 20 + 0.125},
	} {
		pl, err := plan.Parse([]byte("version: 1\n"+c.plan+"\nin_flight: 1\n"), "p")
		if err != nil {
			t.Fatal(err)
		}
		got, err := search.Predict(p, pl)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.LatencyMS-c.want) > 1e-4 {
			t.Errorf("%s: %v ms, want %v", c.plan, got.LatencyMS, c.want)
		}
	}
	if w := whatif.Relative(p, plan.Series{Device: "gpu:0", Precision: plan.FP32}); w[1].Amount != 5.5 || w[0].Bytes != 2e6 {
		t.Errorf("relative work %+v", w)
	}
	if _, err := whatif.Of("net", work, whatif.Machine{Devices: []whatif.Device{{ID: "gpu:0"}}}); !errors.Is(err, whatif.ErrMachine) {
		t.Errorf("a device without speed: %v", err)
	}
}
