//go:build cgo && linux

package app

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"braid/accel"
	"braid/accel/plan"
	"braid/accel/sim"
	"braid/internal/bench"
)

// TestGraphsOnSimulatedDevices has the right answers, whatever runs where and in whatever
// precision the devices are declared to compute.
func TestGraphsOnSimulatedDevices(t *testing.T) {
	for _, text := range declaredPlacements {
		for _, precision := range []plan.Precision{plan.FP32, plan.FP16} {
			if precision == plan.FP16 && strings.Contains(text, "gpu") {
				continue // which computes in it
			}
			t.Run(text+"/"+string(precision), func(t *testing.T) {
				p := planOver(text)
				p.Precision = precision
				newRig(t).good(p)
			})
		}
	}
}

// TestSimulatedDeviceIsLost under the frames of a graph, which ends.
func TestSimulatedDeviceIsLost(t *testing.T) {
	r := newRig(t)
	on, err := r.assembled(planOver("sim:x sim:y cpu"), 1000)
	if err != nil {
		t.Fatal(err)
	}
	b := r.rt.(*runtimes).sim.opened()
	lose := time.AfterFunc(20*time.Millisecond, func() { _ = b.Lose("sim:y") })
	defer lose.Stop()
	if err := r.drive(on); !errors.Is(err, accel.ErrDeviceLost) || !strings.Contains(err.Error(), "sim:y, a simulated device") {
		t.Errorf("the graph ended with %v", err)
	}
}

// TestSimulatedDevicesThatAreNotDeclared are told of once for all segments.
func TestSimulatedDevicesThatAreNotDeclared(t *testing.T) {
	for name, c := range map[string]struct {
		declared bool
		want     string
	}{
		"no file": {false, "placing infer.0 on sim:z: simulated devices are declared in a file: name it by BRAID_SIM=FILE.yaml, docs/simulation.md says how"},
		"another": {true, "placing infer.0 on sim:z: two declares the simulated devices sim:x sim:y, not sim:z"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			if rt := r.rt.(*runtimes); !c.declared {
				rt.sim.open = func() (*sim.Backend, error) { return openSimulated(nil, nil, nil) }
			}
			_, err := r.assembled(planOver("sim:z cpu sim:z"), 1)
			if err == nil || err.Error() != c.want || !errors.Is(err, ErrEnvironment) {
				t.Errorf("%v, want %q and exit code 4", err, c.want)
			}
		})
	}
}

// TestDevicesSaySim, and there are none where none is declared.
func TestDevicesSaySim(t *testing.T) {
	r := newRig(t)
	rt := r.rt.(*runtimes)
	devices, err := rt.Devices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, declared := unreal(devices)
	if len(declared) != 2 || declared[0].Backend != "sim" || !strings.HasPrefix(declared[0].Name, "simulated gpu of two") {
		t.Errorf("devices %+v", declared)
	}
	rows := []*benchRow{{&bench.Subject{Name: "a"}, planOver("cpu sim:x,sim:y")}, {&bench.Subject{Name: "b"}, planOver("cpu")}}
	if sayNotReal(rows, devices); rows[0].Name != "a (sim)" || rows[1].Name != "b" {
		t.Errorf("rows %q and %q", rows[0].Name, rows[1].Name)
	}
	none := &runtimes{cpu: &goCPU{}}
	none.trt.open, none.openvino.open = rt.trt.open, rt.openvino.open
	none.sim.open = func() (*sim.Backend, error) { return openSimulated(nil, nil, nil) }
	if devices, err = none.Devices(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, declared = unreal(devices); declared != nil {
		t.Errorf("devices that nobody declares: %v", declared)
	}
	if err := none.Close(); err != nil {
		t.Error(err)
	}
}

// TestReadSimulated has one line for each problem, with the file's line.
func TestReadSimulated(t *testing.T) {
	const good = "name: box\ncores: 2\nsource: a test\ndevices:\n  - {id: \"sim:x\", kind: dla, speed: 1}\n"
	path := filepath.Join(t.TempDir(), "f.yaml")
	env := &Env{Getenv: func(name string) string { return map[string]string{simVariable: path}[name] }}
	for _, c := range []struct{ from, to, want string }{
		{"", "", ""},
		{"speed: 1", "speed: 0", "BRAID_SIM: " + path + ":5: devices[0].speed: 0 is out of range, want more than 0"},
		{"sim:x", "dla:0", "BRAID_SIM: " + path + ": devices: none is sim:NAME, and no other can be run on"},
	} {
		if err := os.WriteFile(path, []byte(strings.Replace(good, c.from, c.to, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := readSimulated(env)
		if c.want == "" && (err != nil || f.Name != "box") || c.want != "" && (err == nil || err.Error() != c.want || !errors.Is(err, ErrInvalid)) {
			t.Errorf("%s: %v, %v, want %q", c.to, f, err, c.want)
		}
	}
	if f, err := readSimulated(&Env{Getenv: func(string) string { return "" }}); f != nil || err != nil {
		t.Errorf("without the variable: %v, %v", f, err)
	}
}

// TestProfileDeclaresSimulatedDevices adds to a measured CPU what the file says: times by
// the operations between the cut points, streams, copies and where it comes from.
func TestProfileDeclaresSimulatedDevices(t *testing.T) {
	r := newRig(t)
	s := &subject{runtime: r.rt, network: r.net, ref: "chain"}
	p := plan.Profile{Version: 1, Cores: 1, Units: []plan.Unit{{At: "conv_1", Device: "cpu", Threads: 1, MS: 1, Bytes: 1024}, {Device: "cpu", Threads: 1, MS: 1}}}
	var work []float64 // of two layers each
	for i, l := range r.net.Layers() {
		if i%2 == 0 {
			work = append(work, 0)
		}
		work[i/2] += 2 * float64(l.Work) / 1e9
	}
	if len(work) != 2 {
		t.Fatalf("work %v", work)
	}
	devices, err := r.rt.Devices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, declared := unreal(devices)
	if err := s.declare(t.Context(), &p, declared, []plan.Precision{plan.FP16}); err != nil {
		t.Fatal(err)
	}
	if data, err := p.Marshal(); err != nil {
		t.Error(err)
	} else if _, err := plan.ParseProfile(data, "p"); err != nil {
		t.Error(err)
	}
	order, units := p.BySeries()
	if len(order) != 5 { // each in fp16, and in fp32 beside the CPU
		t.Errorf("series %v", order)
	}
	for _, key := range order[1:] {
		for i, u := range units[key] {
			if want := work[i] / 1e-3; u.MS < 0.999*want || u.MS > 1.001*want || u.Bytes != 1024 {
				t.Errorf("%v: unit %d is %+v, want %g ms and the 1024 bytes of 4x8x8", key, i, u, want)
			}
		}
	}
	want := []plan.SimDevice{{ID: "sim:x", Source: "a test"}, {ID: "sim:y", Source: "a test"}}
	if !reflect.DeepEqual(p.Simulated, want) || !slices.Equal(p.FIFO, []accel.DeviceID{"sim:y"}) || p.Input != 3*8*8*4 || len(p.Transfers) != 12 || len(p.Streams) != 4 {
		t.Errorf("simulated %+v, %d bytes of input, %d transfers, %d streams", p.Simulated, p.Input, len(p.Transfers), len(p.Streams))
	}
}

func TestOnlySimulatedDevicesAreNotMeasured(t *testing.T) {
	r := newRig(t)
	s := &subject{env: &Env{Log: slog.New(slog.DiscardHandler)}, runtime: r.rt, network: r.net, ref: "chain"}
	if _, err := s.measure(t.Context(), []string{"sim:x"}, briefly(plan.FP16)); !errors.Is(err, ErrUsage) {
		t.Errorf("%v, want a wrong usage", err)
	}
}

// TestSummarySaysSim, and for how long time stood still where that is worth a word.
func TestSummarySaysSim(t *testing.T) {
	for _, c := range []struct {
		s    summary
		want string
	}{
		{summary{Seconds: 2}, "over 2.0 s\n"},
		{summary{Seconds: 2, Sim: simulatedIn(planOver("cpu,sim:b sim:a sim:b")), SimStood: 0.001}, "over 2.0 s (simulated: [sim:b sim:a])\n"},
		{summary{Seconds: 2, Sim: simulatedIn(planOver("sim:a")), SimStood: 3}, "over 2.0 s (simulated: [sim:a]; their time stood still for 3.0 s, while this machine computed)\n"},
	} {
		var text strings.Builder
		if c.s.write(&text); !strings.Contains(text.String(), c.want) {
			t.Errorf("%q, want %q", text.String(), c.want)
		}
	}
}
