//go:build e2e

package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// simScene is what the tests of simulated devices look at: 15 frames.
const simScene = "scene:street?seed=3&size=320x180&fps=5&seconds=3"

// simCut is the cut point of braid-nano-320 nearest to half of its work, the 10^9
// operations behind it, and those of all.
func simCut(t *testing.T) (at string, after, whole float64) {
	t.Helper()
	var cuts []struct {
		At         string `json:"at"`
		WorkBefore int64  `json:"work_before"`
		WorkAfter  int64  `json:"work_after"`
	}
	if err := json.Unmarshal([]byte(mustRun(t, "model", "cuts", "braid-nano-320", "-o", "json").out), &cuts); err != nil {
		t.Fatal(err)
	}
	for _, c := range cuts {
		if c.WorkBefore <= c.WorkAfter {
			at, after, whole = c.At, 2*float64(c.WorkAfter)/1e9, 2*float64(c.WorkBefore+c.WorkAfter)/1e9
		}
	}
	return at, after, whole
}

// simBatch runs the scene under a plan, and with a file of devices where one is named.
func simBatch(t *testing.T, plan, devices string) (result, string) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.jsonl")
	cmd := command(t, "batch", simScene, "--model", "braid-nano-320", "--plan", plan, "--out", out, "-o", "json")
	if devices != "" {
		cmd.Env = append(cmd.Env, "BRAID_SIM="+devices)
	}
	return finish(t, cmd), out
}

// TestSimulatedBatch runs half of a network on a device that is declared to take 200 ms
// for it: with the results of the CPU, and at that rate.
func TestSimulatedBatch(t *testing.T) {
	const ms = 200
	cut, work, _ := simCut(t)
	devices := writeFile(t, "devices.yaml", fmt.Sprintf(`{name: box, cores: 2, source: a test, devices: [{id: "sim:x", kind: dla, speed: %g}]}`, work/ms))
	plan := func(second string) string {
		return writeFile(t, "plan.yaml", fmt.Sprintf("version: 1\nsegments:\n  - {until: %s, devices: [{id: cpu, threads: 1}]}\n  - {devices: [%s]}\n", cut, second))
	}
	cpu, cpuOut := simBatch(t, plan("{id: cpu, threads: 1}"), "")
	if cpu.code != 0 || strings.Contains(cpu.out, `"sim`) {
		t.Fatalf("on the CPU: exit %d\n%s%s", cpu.code, cpu.out, cpu.stderr)
	}
	want := frames(t, cpuOut)
	for second, fits := range map[string]func(fps float64) bool{
		`"sim:x"`: func(fps float64) bool { return fps <= 1000/ms && fps > 0.5*1000/ms },
		`{id: cpu, threads: 1}, {id: "sim:x", streams: 2}`:            func(fps float64) bool { return fps > 0 }, // whatever the CPU adds
		`{id: cpu, threads: 1}, {id: "sim:x", depth: 1, spare: true}`: func(fps float64) bool { return fps > 0 },
	} {
		r, out := simBatch(t, plan(second), devices)
		if r.code != 0 {
			t.Fatalf("%s: exit %d\n%s", second, r.code, r.stderr)
		}
		var sum struct {
			FPS float64
			Sim []string
		}
		if err := json.Unmarshal([]byte(r.out), &sum); err != nil {
			t.Fatal(err)
		}
		if !fits(sum.FPS) || !reflect.DeepEqual(sum.Sim, []string{"sim:x"}) || !strings.Contains(r.out, "sim:x x") || !strings.Contains(r.stderr, "device is simulated") {
			t.Errorf("%s: the summary %s\n%s", second, r.out, r.stderr)
		}
		got := frames(t, out)
		if len(got) != len(want) || len(want) != 15 {
			t.Fatalf("%s: %d frames, %d on the CPU, want 15", second, len(got), len(want))
		}
		objects := 0
		for i := range want {
			objects += len(want[i].Objects)
			if !reflect.DeepEqual(got[i].Objects, want[i].Objects) {
				t.Errorf("%s: frame %d has %v, on the CPU %v", second, i, got[i].Objects, want[i].Objects)
			}
		}
		if objects == 0 {
			t.Error("nothing was detected: nothing was compared")
		}
	}
}

// TestSimulatedDevicesAreListed by devices and doctor, each with the word.
func TestSimulatedDevicesAreListed(t *testing.T) {
	for _, c := range []struct{ command, want string }{
		{"devices", "simulated dla of two-boxes"},
		{"doctor", "sim:dla (dla), sim:gpu (gpu) of two-boxes, declared in configs/sim/"},
	} {
		cmd := command(t, c.command)
		cmd.Env = append(cmd.Env, "BRAID_SIM=configs/sim/two-boxes.yaml")
		if r := finish(t, cmd); r.code != 0 || !strings.Contains(r.out, c.want) {
			t.Errorf("%s: exit %d\n%s%s", c.command, r.code, r.out, r.stderr)
		}
	}
}

// TestSimulatedBench has the rate of the declared times, too, and says sim. Twelve seconds are 154 frames, of which
// one more or less at the ends is within the bound.
func TestSimulatedBench(t *testing.T) {
	const ms = 40
	_, work, whole := simCut(t)
	devices := writeFile(t, "devices.yaml", fmt.Sprintf(`{name: box, cores: 2, source: a test, devices: [{id: "sim:x", kind: gpu, speed: %g}]}`, work/ms))
	cmd := command(t, "bench", "--model", "braid-nano-320", "--plan", writeFile(t, "whole.yaml", "version: 1\nsegments: [{devices: [\"sim:x\"], streams: 2}]\n"),
		"--duration", "12s", "--rounds", "1", "-o", "json")
	cmd.Env = append(cmd.Env, "BRAID_SIM="+devices)
	r := finish(t, cmd)
	var report struct {
		Rows []struct {
			Name string
			FPS  float64
		}
	}
	if r.code != 0 {
		t.Fatalf("exit %d\n%s", r.code, r.stderr)
	}
	if err := json.Unmarshal([]byte(r.out), &report); err != nil || len(report.Rows) != 1 {
		t.Fatalf("%v\n%s", err, r.out)
	}
	most := 1000 / (ms * whole / work)
	if row := report.Rows[0]; row.Name != "whole (sim)" || row.FPS < 0.7*most || row.FPS > 1.02*most {
		t.Errorf("row %+v, want %.1f frames/s: one stream copies while the device works for the other", row, most)
	}
}

func TestSimulatedRefused(t *testing.T) {
	cut, _, _ := simCut(t)
	plan := writeFile(t, "plan.yaml", fmt.Sprintf("version: 1\nsegments: [{until: %s, devices: [\"sim:dla\"]}, {devices: [\"sim:dla\"]}]\n", cut))
	const good = "name: box\ncores: 2\nsource: a test\ndevices:\n  - {id: \"sim:x\", kind: dla, speed: 1}\n"
	file := func(from, to string) string { return writeFile(t, "devices.yaml", strings.Replace(good, from, to, 1)) }
	for name, c := range map[string]struct {
		devices string
		code    int
		want    []string
	}{
		"none":        {"", 4, []string{"infer.0 on sim:dla", "BRAID_SIM=FILE.yaml", "docs/simulation.md"}},
		"another":     {file("", ""), 4, []string{"box declares the simulated devices sim:x, not sim:dla"}},
		"broken":      {file("kind: dla", "kind: robot"), 3, []string{"BRAID_SIM", "devices.yaml:5: devices[0].kind: unknown value robot"}},
		"none to run": {file("sim:x", "dla:0"), 3, []string{"devices.yaml", "none is sim:NAME"}},
		"gone":        {"gone.yaml", 3, []string{"BRAID_SIM", "gone.yaml"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := simBatch(t, plan, c.devices)
			line := strings.TrimSpace(r.stderr)
			if i := strings.LastIndex(line, "braid: "); i >= 0 {
				line = line[i:] // behind the log
			}
			if r.code != c.code || strings.Contains(line, "\n") {
				t.Errorf("exit %d, want %d: %s", r.code, c.code, line)
			}
			for _, w := range c.want {
				if !strings.Contains(line, w) {
					t.Errorf("%q is not in %q", w, line)
				}
			}
		})
	}
}
