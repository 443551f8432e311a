//go:build e2e

package main

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"braid/accel/network"
	"braid/accel/plan"
)

// TestProfile measures a small network on the CPU with everything real, and holds
// the profile against what it says of itself.
func TestProfile(t *testing.T) {
	out := filepath.Join(t.TempDir(), "profiles", "ball.yaml")
	cmd, cache := afresh(t, "profile", "ball", "--quick", "--out", out, "-o", "json", "--input", clip(t))
	r := finish(t, cmd)
	if r.code != 0 {
		t.Fatalf("exit %d\n%s", r.code, r.stderr)
	}
	said := decode[struct {
		Model, Machine string
		Units          []struct {
			At      string
			Device  string
			Threads int
			MS      float64 `json:"ms"`
			CutMS   float64 `json:"cut_ms"`
		}
		Streams []struct {
			N, Threads int
			Rate       float64
		}
		CPU plan.CPUTimes `json:"cpu_ms"`
	}](t, r)
	p := profileFile(t, out)
	if p.Model != said.Model || p.Machine != said.Machine || !strings.HasPrefix(p.Model, "ball@sha256:") || len(p.Units) != len(said.Units) {
		t.Errorf("the file has %s on %s, %d units; stdout %s on %s, %d units", p.Model, p.Machine, len(p.Units), said.Model, said.Machine, len(said.Units))
	}
	kept, err := filepath.Glob(filepath.Join(cache, "profiles", "*-quick.yaml"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept %v, %v\n%s", kept, err, r.stderr)
	}
	if q := profileFile(t, kept[0]); q.Model != p.Model || len(q.Units) != len(p.Units) {
		t.Errorf("kept is another profile: %+v", q)
	}
	cuts := decode[[]network.Cut](t, mustRun(t, "model", "cuts", "ball", "-o", "json"))
	order, units := p.BySeries()
	for _, s := range order {
		sum, at := 0.0, 0
		for _, u := range units[s] {
			for u.At != "" && cuts[at].At != u.At {
				at++ // out of range where it is no cut point, or not in order
			}
			if u.At != "" && u.Bytes != cuts[at].Bytes || u.MS < 0 || u.CI <= 0 {
				t.Errorf("unit %+v", u)
			}
			sum += u.MS
		}
		if len(units[s]) < 2 || sum <= 0 {
			t.Errorf("%v: %d units take %v ms", s, len(units[s]), sum)
		}
	}
	if len(p.Streams) == 0 || p.Streams[0].Rate <= 0 || p.CPU.Prep <= 0 || p.CPU.Detect <= 0 || p.CPU.Decode <= 0 {
		t.Errorf("streams %+v, CPU %+v", p.Streams, p.CPU)
	}
	for tries := 1; !unitsAddUp(p); tries++ {
		if tries == 3 { // a quick profile has one short window, in which the machine may be disturbed
			t.Fatalf("the units do not take the time of a frame together: %+v", p)
		}
		mustRun(t, "profile", "ball", "--quick", "--out", out)
		p = profileFile(t, out)
	}
}

// unitsAddUp reports whether the units take about as long as one stream for a frame.
func unitsAddUp(p plan.Profile) bool {
	_, units := p.BySeries()
	sum := 0.0
	for _, u := range units[plan.Series{Device: "cpu", Threads: 1, Precision: plan.FP32}] {
		sum += u.MS
	}
	return math.Abs(math.Log(sum*p.Streams[0].Rate/1000)) < math.Log(3)
}

// clip is a short recording.
func clip(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clip.mp4")
	mustRun(t, "scene", "render", path, "--scene", "scene:street?seed=7&seconds=1&size=320x240")
	return path
}

func profileFile(t *testing.T, path string) plan.Profile {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.ParseProfile(data, path)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestProfileAccuracy: what a precision loses is measured, and a plan leaves out one that
// loses too much. A simulated device computes on the CPU in fp32, so that it loses nothing.
func TestProfileAccuracy(t *testing.T) {
	t.Parallel()
	images, annotations := few(t, 3)
	devices := writeFile(t, "devices.yaml", `{name: box, cores: 2, source: a test, devices: [{id: "sim:x", kind: gpu, speed: 1}]}`)
	out := filepath.Join(t.TempDir(), "profile.yaml")
	sim := func(args ...string) result {
		cmd, _ := afresh(t, args...)
		cmd.Env = append(cmd.Env, "BRAID_SIM="+devices)
		return finish(t, cmd)
	}
	r := sim("profile", "braid-nano-320", "--quick", "--out", out, "--images", images, "--annotations", annotations)
	if r.code != 0 || !strings.Contains(r.out, "sim:x in fp16: 0.0000 mAP less than in fp32, 3 images") {
		t.Fatalf("exit %d\n%s%s", r.code, r.out, r.stderr)
	}
	p := profileFile(t, out)
	p.Accuracy = slices.DeleteFunc(p.Accuracy, func(a plan.Accuracy) bool { return a.Device != "sim:x" }) // the host's CPU may have bf16
	if want := []plan.Accuracy{{Device: "sim:x", Precision: plan.FP16, Images: 3}}; !slices.Equal(p.Accuracy, want) {
		t.Fatalf("accuracy %+v, want %+v", p.Accuracy, want)
	}
	if r := sim("plan", "braid-nano-320", "--profile", out, "--explain"); r.code != 0 || !strings.Contains(r.out, "sim:x") || strings.Contains(r.out, "sim:x loses") {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.stderr)
	}
	p.Accuracy[0].Drop = 0.0305
	text, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	worse := writeFile(t, "worse.yaml", string(text))
	for _, c := range []struct {
		args []string
		told bool
	}{{nil, true}, {[]string{"--max-drop", "0.03"}, true}, {[]string{"--max-drop", "0.04"}, false}, {[]string{"--precision", "fp32,fp16"}, false}} {
		r := sim(append([]string{"plan", "braid-nano-320", "--profile", worse, "--explain"}, c.args...)...)
		if told := strings.Contains(r.out, "sim:x loses 0.0305 mAP in fp16"); r.code != 0 || told != c.told {
			t.Errorf("%v: exit %d, told %v\n%s%s", c.args, r.code, told, r.out, r.stderr)
		}
	}
	for flags, says := range map[string]string{
		"--images " + images:                            "annotations",
		"--images " + images + " --annotations no.json": "no.json",
	} {
		if r := sim(append([]string{"profile", "braid-nano-320"}, strings.Fields(flags)...)...); r.code < 2 || !strings.Contains(r.stderr, says) {
			t.Errorf("%s: exit %d\n%s", flags, r.code, r.stderr)
		}
	}
}

// TestProfileRefuses what cannot be, each with its exit code and one line.
func TestProfileRefuses(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"profile", "nowhere"}, 3, "nowhere"},
		{[]string{"profile"}, 3, "no model chosen"},
		{[]string{"profile", "ball", "--devices", "cpu,gpu:9"}, 4, `no device "gpu:9" here: there is cpu`},
		{[]string{"profile", "ball", "--precision", "fp8"}, 2, "--precision"},
		{[]string{"profile", "ball", "--quick", "--input", "nosuch.mp4"}, 4, "nosuch.mp4"},
		{[]string{"profile", "ball", "two"}, 2, "one argument"},
		{[]string{"profile", "ball", "--quick", "--out", "/dev/null/profile.yaml"}, 4, "/dev/null"},
	} {
		r := braid(t, c.args...)
		if r.code != c.code || !strings.Contains(r.stderr, c.says) || r.out != "" {
			t.Errorf("%v: exit %d, want %d\n%s%s", c.args, r.code, c.code, r.out, r.stderr)
		}
	}
}

// TestProfileStops in the middle of a full profile, and leaves nothing.
func TestProfileStops(t *testing.T) {
	cmd, cache := afresh(t, "profile", "braid-nano")
	start := time.Now()
	r := interrupted(t, cmd, "decoding is not measured")
	if took := time.Since(start); r.code != 130 || took > 20*time.Second || !strings.Contains(r.stderr, "interrupted") {
		t.Errorf("exit %d after %v\n%s", r.code, took, r.stderr)
	}
	if left, err := filepath.Glob(filepath.Join(cache, "profiles", "*")); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}
