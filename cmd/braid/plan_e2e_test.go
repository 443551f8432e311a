//go:build e2e

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// planned is what plan -o json says, as far as scripts rely on it.
type planned struct {
	Chosen     map[string]any
	Plan       string
	Kind       string
	FPS        float64
	Profile    string
	Candidates []struct {
		Kind     string
		Plan     string
		FPS      float64
		Rejected string
	}
	Measured []struct{ Name, Plan string }
}

func planJSON(t *testing.T, args ...string) planned {
	t.Helper()
	var p planned
	if err := json.Unmarshal([]byte(mustRun(t, append([]string{"plan", "-o", "json"}, args...)...).out), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestPlanWhatIf plans for hardware that is not here, and says that it is simulated.
func TestPlanWhatIf(t *testing.T) {
	for _, machine := range []struct{ name, precision string }{{"agx-xavier", "fp16"}, {"agx-orin", "int8"}} {
		file := "configs/machines/" + machine.name + ".yaml"
		p := planJSON(t, "braid-nano", "--what-if", file, "--precision", machine.precision)
		if len(p.Candidates) != 4 || p.FPS <= 0 || !strings.HasPrefix(p.Profile, "sim: "+machine.name) || p.Chosen["machine"] != "sim-"+machine.name || p.Chosen["precision"] != machine.precision {
			t.Errorf("%s: %+v", machine.name, p)
		}
		for _, c := range p.Candidates {
			if (c.Kind == p.Kind) != (c.Rejected == "") {
				t.Errorf("%s: candidate %+v beside the chosen %s", machine.name, c, p.Kind)
			}
		}
	}
}

// TestPlanOfThisMachine chooses a plan, measures it beside the others, more than there are kinds, writes it, and
// runs it.
func TestPlanOfThisMachine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "plan.yaml")
	p := planJSON(t, "braid-nano-320", "--measure", "6", "--duration", "100ms", "--out", file)
	single, why := false, map[string]string{}
	for _, c := range p.Candidates {
		if c.Plan != "" {
			why[c.Plan] = c.Rejected
		}
	}
	for _, m := range p.Measured {
		single = single || m.Name == "one-device" || m.Name == "frame-parallel"
		if rejected, is := why[m.Plan]; !is || (rejected == "") != (m.Plan == p.Plan) || rejected != "" && !strings.Contains(rejected, "measured") {
			t.Errorf("%s was measured, %s is kept, and the candidate says %q (%t)", m.Name, p.Plan, rejected, is)
		}
	}
	if len(p.Measured) != min(6, len(why)) || !single || p.FPS <= 0 || !strings.HasPrefix(p.Plan, "p-") {
		t.Errorf("%+v", p)
	}
	r := mustRun(t, "batch", "scene:street?seed=3&size=320x180&seconds=0.2", "--model", "braid-nano-320", "--plan", file, "--out", "-")
	if !strings.Contains(r.out, `"plan":"`+p.Plan+`"`) {
		t.Errorf("the batch ran under another plan than %s: %s", p.Plan, r.out)
	}
}

// TestAutoIsKept has the same plan twice, and says once why.
func TestAutoIsKept(t *testing.T) {
	args := []string{"batch", "scene:street?seed=3&size=320x180&seconds=0.2", "--model", "braid-nano-320", "--out", "-"}
	cmd, cache := afresh(t, args...)
	again := command(t, args...)
	again.Env = append(again.Env, "BRAID_CACHE_DIR="+cache)
	one, two := finish(t, cmd), finish(t, again)
	if one.code != 0 || two.code != 0 || one.out != two.out {
		t.Errorf("two runs differ: %d %d\n%s\n%s", one.code, two.code, one.out, two.out)
	}
	if !strings.Contains(one.stderr, "plan chosen") || strings.Contains(two.stderr, "plan chosen") || strings.Contains(two.stderr, "measuring") {
		t.Errorf("log of the first:\n%s\nof the second:\n%s", one.stderr, two.stderr)
	}
}

func TestPlanRefuses(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	const units = "version: 1\ncores: 2\ncpu_ms: {decode: 1, prep: 1, detect: 1}\nunits:\n  - {at: nowhere, device: cpu, threads: 1, ms: 1}\n  - {device: cpu, threads: 1, ms: 1}\n"
	cut := file("cut.yaml", units)
	other := file("other.yaml", "model: other@sha256:0123456789abcdef\n"+strings.Replace(units, "{at: nowhere, device: cpu, threads: 1, ms: 1}\n  - ", "", 1))
	whole := file("whole.yaml", strings.Replace(units, "{at: nowhere, device: cpu, threads: 1, ms: 1}\n  - ", "", 1))
	for _, c := range []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"objective", []string{"--objective", "fsp"}, 2, []string{"--objective", "fps"}},
		{"cameras", []string{"--cameras", "16x1080"}, 2, []string{"--cameras"}},
		{"contradiction", []string{"--profile", whole, "--objective", "latency", "--cameras", "2x1080p@15"}, 3, []string{"cameras are for objective streams"}},
		{"no watts", []string{"--profile", whole, "--objective", "energy"}, 3, []string{"watts"}},
		{"measure of elsewhere", []string{"--profile", whole, "--measure", "2"}, 2, []string{"--measure", "--profile"}},
		{"measure of what is not here", []string{"--what-if", "configs/machines/agx-orin.yaml", "--measure", "2"}, 2, []string{"--what-if", "--measure"}},
		{"cut that there is not", []string{"--profile", cut}, 3, []string{"nowhere", "braid profile"}},
		{"profile of another model", []string{"--profile", other}, 3, []string{"other@sha256", "braid-nano-320"}},
		{"no such profile", []string{"--profile", filepath.Join(dir, "gone.yaml")}, 3, []string{"gone.yaml"}},
		{"no such machine", []string{"--what-if", filepath.Join(dir, "gone.yaml")}, 3, []string{"gone.yaml"}},
		{"rate out of reach", []string{"--profile", whole, "--min-fps", "1e6"}, 3, []string{"min_fps"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := braid(t, append([]string{"plan", "braid-nano-320"}, c.args...)...)
			line := strings.TrimSpace(r.stderr)
			if r.code != c.code {
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
