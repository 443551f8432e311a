package bench

import (
	"reflect"
	"testing"
)

func TestDeviceBusy(t *testing.T) {
	for want, busy := range map[string]map[string]float64{
		"":                       {"cpu": 0.5},
		"gpu:0 97 %":             {"cpu": 0.5, "gpu:0": 0.974},
		"gpu:0 0 %, gpu:1 100 %": {"gpu:1": 1, "gpu:0": 0},
	} {
		if got := (Row{Busy: busy}).DeviceBusy(); got != want {
			t.Errorf("%v reads %q, want %q", busy, got, want)
		}
	}
}

func TestEnergyOf(t *testing.T) {
	j := 1.0
	rows := []Row{
		{Name: "serial", Joules: &j, EnergyOf: []string{"packages (RAPL)"}},
		{Name: "streams", Joules: &j, EnergyOf: []string{"packages (RAPL)", "gpu:0 (NVML)"}},
		{Name: "none"},
		{Name: "auto", Joules: &j, EnergyOf: []string{"packages (RAPL)"}},
	}
	want := []string{"serial, auto: packages (RAPL)", "streams: packages (RAPL), gpu:0 (NVML)"}
	if got := EnergyOf(rows); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A device that a sample says nothing of has no share, and samples of other parts
// of the machine have no energy.
func TestSamplesThatDiffer(t *testing.T) {
	j := 12.0
	told := func(of []string, busy map[string]float64) Sample {
		x := sampled(1, 50)
		x.Joules, x.EnergyOf, x.Busy = &j, of, busy
		return x
	}
	both := map[string]float64{"gpu:0": 0.5, "gpu:1": 0.25}
	one := told([]string{"gpu:0 (NVML)"}, map[string]float64{"gpu:0": 0.7})
	s := &Subject{Samples: []Sample{told([]string{"gpu:0 (NVML)", "gpu:1 (NVML)"}, both), one}}
	r := s.row(0)
	if r.Joules != nil || r.EnergyOf != nil || !reflect.DeepEqual(r.Busy, map[string]float64{"gpu:0": 0.6}) {
		t.Errorf("energy %v of %v, busy %v", r.Joules, r.EnergyOf, r.Busy)
	}
	s.Samples[0] = one
	if r := s.row(0); r.Joules == nil || *r.Joules != 0.12 || len(r.EnergyOf) != 1 {
		t.Errorf("energy %v of %v", r.Joules, r.EnergyOf)
	}
}
