package app

import (
	"reflect"
	"runtime"
	"testing"
	"testing/fstest"
	"time"
)

// powercap is a machine with two packages, of which one has a part of its own, and
// the board's own counter.
func powercap(first, second string) fstest.MapFS {
	m := fstest.MapFS{}
	for path, text := range map[string]string{
		"intel-rapl:0/name": "package-0\n", "intel-rapl:0/max_energy_range_uj": "1000000\n", "intel-rapl:0/energy_uj": first,
		"intel-rapl:1/name": "package-1\n", "intel-rapl:1/max_energy_range_uj": "1000000\n", "intel-rapl:1/energy_uj": second,
		"intel-rapl:0:0/name": "core\n", "intel-rapl:0:0/max_energy_range_uj": "1000000\n", "intel-rapl:0:0/energy_uj": "7\n",
		"intel-rapl:2/name": "psys\n", "intel-rapl:2/max_energy_range_uj": "1000000\n", "intel-rapl:2/energy_uj": "9\n",
		"intel-rapl/enabled": "1\n",
	} {
		m[path] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

func TestEnergy(t *testing.T) {
	fsys := powercap("900000\n", "250000\n")
	m := newEnergyMeter(fsys)
	before := m.read()
	if !reflect.DeepEqual(before, []uint64{900000, 250000}) {
		t.Fatalf("read %v", before)
	}
	fsys["intel-rapl:0/energy_uj"] = &fstest.MapFile{Data: []byte("100000\n")} // it started again
	fsys["intel-rapl:1/energy_uj"] = &fstest.MapFile{Data: []byte("550000\n")}
	if j := m.joules(before, m.read()); j == nil || *j != 0.5 {
		t.Errorf("%v J, want 0.5", j)
	}
	delete(fsys, "intel-rapl:1/energy_uj")
	if after := m.read(); after != nil || m.joules(before, after) != nil {
		t.Error("half of the energy is told for all of it")
	}
	if none := newEnergyMeter(fstest.MapFS{}); none.read() != nil || none.joules(nil, nil) != nil {
		t.Error("a machine without counters has energy")
	}
}

func TestByWorker(t *testing.T) {
	if got, want := byWorker([]uint64{10, 0, 5}, []uint64{40, 10, 5}), []float64{0.75, 0.25, 0}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := byWorker([]uint64{1}, []uint64{9}); got != nil {
		t.Errorf("one worker: %v", got)
	}
	if got := byWorker([]uint64{3, 4}, []uint64{3, 4}); !reflect.DeepEqual(got, []float64{0, 0}) {
		t.Errorf("no frames: %v", got)
	}
}

func TestCores(t *testing.T) {
	before := parseStat("cpu  30 0 0 0 0 0 0 0 0 0\ncpu0 10 0 5 80 5 0 0 0 0 0\ncpu1 0 0 0 100 0 0 0 0 0 0\nintr 1 2\n")
	after := parseStat("cpu  30 0 0 0 0 0 0 0 0 0\ncpu0 55 0 20 100 15 5 5 0 0 0\ncpu1 0 0 0 150 40 0 0 10 0 0\n")
	if got, want := coreBusy(before, after), []float64{0.7, 0.1}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := coreBusy(before, after[:1]); got != nil {
		t.Errorf("a core that went away: %v", got)
	}
	if got := coreBusy(after, before); got != nil {
		t.Errorf("time that went back: %v", got)
	}
}

func FuzzStat(f *testing.F) {
	f.Add("cpu0 10 0 5 80 5 0 0 0 0 0\ncpu1 1 2 3 4 5 6 7 8\n")
	f.Add("cpu0 x")
	f.Fuzz(func(t *testing.T, text string) {
		cores := parseStat(text)
		for _, busy := range coreBusy(make([]coreTime, len(cores)), cores) {
			if busy < 0 {
				t.Errorf("%q is %g busy", text, busy)
			}
		}
	})
}

// Time of a locked thread is a part of the process's, and grows with work.
func TestCPUTimes(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	all, own := processTime(), threadTime()
	sumOfChecks.Add(xorshift(1, checkSteps))
	all, own = processTime()-all, threadTime()-own
	if own <= 0 || all < own-5*time.Millisecond { // they are not read at one moment
		t.Errorf("the thread worked %v, the process %v", own, all)
	}
}

func TestCheckIsAlwaysTheSameWork(t *testing.T) {
	if a, b := xorshift(1, 1000), xorshift(1, 1000); a != b || a == xorshift(1, 999) {
		t.Error("the calibration loop does not do what it is told")
	}
	if c := newScalingCheck().check(); c.One <= 0 || c.All <= 0 || c.Memory <= 0 {
		t.Errorf("%+v", c)
	}
}
