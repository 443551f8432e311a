package app

import (
	"reflect"
	"testing"
	"testing/fstest"
	"time"

	"braid/accel"
	"braid/accel/plan"
)

// fakeGPU tells what it is set to.
type fakeGPU struct {
	millijoules uint64
	mute        bool // it tells nothing
	share       float64
	from, to    time.Time // that its share was asked of
}

func (g *fakeGPU) Energy() (uint64, bool) { return g.millijoules, !g.mute }

func (g *fakeGPU) Busy(from, to time.Time) (float64, bool) {
	g.from, g.to = from, to
	return g.share, !g.mute
}

// The counters of the packages and of the GPUs in use are added up, and said.
func TestJoulesOfPackagesAndGPUs(t *testing.T) {
	fsys := powercap("100000\n", "250000\n")
	zero, mute, again := &fakeGPU{millijoules: 1000}, &fakeGPU{mute: true}, &fakeGPU{millijoules: 9000}
	g := &gauges{energy: newEnergyMeter(fsys), gpus: []gpuGauge{{"gpu:0", zero}, {"gpu:1", mute}, {"gpu:2", again}}}
	read := func() reading { return reading{energy: g.energy.read(), gpus: gpuEnergies(g.gpus)} }
	before := read()
	fsys["intel-rapl:0/energy_uj"] = &fstest.MapFile{Data: []byte("600000\n")}
	zero.millijoules, again.millijoules = 3250, 10 // the last one's driver was loaded anew
	after := read()
	if j, of := g.joules(before, after); j == nil || *j != 2.75 || !reflect.DeepEqual(of, []string{"packages (RAPL)", "gpu:0 (NVML)"}) {
		t.Errorf("%v J of %q", j, of)
	}
	g.energy = newEnergyMeter(fstest.MapFS{})
	before.energy, after.energy = nil, nil
	if j, of := g.joules(before, after); j == nil || *j != 2.25 || !reflect.DeepEqual(of, []string{"gpu:0 (NVML)"}) {
		t.Errorf("without RAPL %v J of %q", j, of)
	}
	g.gpus, before.gpus, after.gpus = g.gpus[1:2], before.gpus[1:2], after.gpus[1:2]
	if j, of := g.joules(before, after); j != nil || of != nil {
		t.Errorf("of nothing %v J of %q", j, of)
	}
}

func TestGPUBusy(t *testing.T) {
	gpu := &fakeGPU{share: 0.9}
	from := time.Now()
	to := from.Add(2 * time.Second)
	got := gpuBusy([]gpuGauge{{"gpu:0", gpu}, {"gpu:1", &fakeGPU{mute: true}}}, from, to)
	if !reflect.DeepEqual(got, map[string]float64{"gpu:0": 0.9}) || !gpu.from.Equal(from) || !gpu.to.Equal(to) {
		t.Errorf("%v from %v to %v", got, gpu.from, gpu.to)
	}
	if got := gpuBusy([]gpuGauge{{"gpu:1", &fakeGPU{mute: true}}}, from, to); got != nil {
		t.Errorf("what nobody tells is %v", got)
	}
}

func TestGPUsOfAPlan(t *testing.T) {
	on := func(ids ...accel.DeviceID) plan.Segment {
		var s plan.Segment
		for _, id := range ids {
			s.Devices = append(s.Devices, plan.Placement{ID: id, Streams: 2})
		}
		return s
	}
	for _, tt := range []struct {
		segments []plan.Segment
		want     []accel.DeviceID
	}{
		{[]plan.Segment{on("cpu")}, nil},
		{[]plan.Segment{on("gpu:1", "gpu:0"), on("cpu"), on("gpu:1/trt")}, []accel.DeviceID{"gpu:0", "gpu:1"}},
		{[]plan.Segment{on("cpu"), on("dla:1")}, []accel.DeviceID{"gpu:0"}},
	} {
		p := plan.Default()
		p.Segments = tt.segments
		if got := gpusOf(p); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%v uses %v, want %v", tt.segments, got, tt.want)
		}
	}
}

// GPUs that no runtime knows, or the driver does not tell of, are not read; the
// gauges of one plan are not another's.
func TestGaugesOfAPlan(t *testing.T) {
	g := newGauges(nil)
	g.gpus = []gpuGauge{{"gpu:0", &fakeGPU{}}}
	p := plan.Default()
	p.Segments = []plan.Segment{{Devices: []plan.Placement{{ID: "gpu:3"}}}}
	if own := g.of(p); own.gpus != nil || len(g.gpus) != 1 {
		t.Errorf("reads %v, and the others' %v", own.gpus, g.gpus)
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
}

// A device's energy is counted from when it is asked for; one without a counter has
// none to ask.
func TestEnergyOfADevice(t *testing.T) {
	fsys := powercap("100000\n", "250000\n")
	g := newGauges(nil)
	g.energy = newEnergyMeter(fsys)
	since := g.energyOf("cpu")
	fsys["intel-rapl:0/energy_uj"] = &fstest.MapFile{Data: []byte("600000\n")}
	if j, ok := since(); !ok || j != 0.5 {
		t.Errorf("the CPU took %g J, %v", j, ok)
	}
	delete(fsys, "intel-rapl:0/energy_uj")
	if j, ok := since(); ok {
		t.Errorf("a counter that is gone tells %g J", j)
	}
	for _, d := range []accel.DeviceID{"cpu", "gpu:0", "dla:0"} {
		if g.energyOf(d) != nil {
			t.Errorf("%s has a counter", d)
		}
	}
	gpu := &fakeGPU{millijoules: 1000}
	since = gpuEnergySince(gpu)
	gpu.millijoules = 4000
	if j, ok := since(); !ok || j != 3 {
		t.Errorf("the GPU took %g J, %v", j, ok)
	}
	if gpuEnergySince(&fakeGPU{mute: true}) != nil {
		t.Error("a GPU that tells nothing has a counter")
	}
}
