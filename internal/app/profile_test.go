package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"braid/accel"
	"braid/accel/plan"
	"braid/accel/profile"
	"braid/internal/testdata"
)

// cachedIn is an Env that keeps things in a folder, and its log.
func cachedIn(t *testing.T) (*Env, *strings.Builder) {
	t.Helper()
	dir := t.TempDir()
	log := &strings.Builder{}
	return &Env{
		Getenv: func(name string) string { return map[string]string{"BRAID_CACHE_DIR": dir}[name] },
		Out:    &strings.Builder{}, Err: log, Log: slog.New(slog.NewTextHandler(log, nil)),
	}, log
}

const measuredRef = "ball@sha256:0123456789abcdef0123456789abcdef"

func someProfile(machine string, ms float64) plan.Profile {
	return plan.Profile{
		Version: 1, Model: measuredRef, Machine: machine, Cores: 2,
		Units: []plan.Unit{{At: "a", Device: "cpu", Threads: 1, MS: ms, CI: 0.1, CutMS: 0.05, Bytes: 2048}, {Device: "cpu", Threads: 1, MS: 3 * ms}},
	}
}

// TestKeptProfile finds the full profile before the quick one, and only that of the
// model and the machine.
func TestKeptProfile(t *testing.T) {
	env, log := cachedIn(t)
	kept := func(ref, machine string) *plan.Profile {
		p, _ := keptProfile(env, ref, machine)
		return p
	}
	if kept(measuredRef, "m") != nil || log.Len() > 0 {
		t.Errorf("an empty cache: %s", log)
	}
	write := func(quick bool, p plan.Profile) string {
		t.Helper()
		path := profilePath(env, measuredRef, "m", quick)
		if err := writeProfile(p, path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write(true, someProfile("m", 1))
	if p, quick := keptProfile(env, measuredRef, "m"); p == nil || p.Units[0].MS != 1 || !quick {
		t.Errorf("the quick profile: %+v", p)
	}
	full := write(false, someProfile("m", 2))
	if p, quick := keptProfile(env, measuredRef, "m"); p == nil || p.Units[0].MS != 2 || quick {
		t.Errorf("the full profile: %+v", p)
	}
	other := strings.Replace(measuredRef, "0123", "3210", 1)
	if kept(other, "m") != nil || kept(measuredRef, "n") != nil || log.Len() > 0 {
		t.Errorf("another model or machine finds one: %s", log)
	}
	for name, bad := range map[string]func() string{
		"is of machine elsewhere": func() string { return write(false, someProfile("elsewhere", 3)) },
		"plan of another model": func() string {
			p := someProfile("m", 3)
			p.Model = other
			return write(false, p)
		},
		"unknown key": func() string { return full },
	} {
		path := bad()
		if name == "unknown key" {
			if err := os.WriteFile(path, []byte("version: 1\ncorse: 2\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		log.Reset()
		if p := kept(measuredRef, "m"); p == nil || p.Units[0].MS != 1 || !strings.Contains(log.String(), name) {
			t.Errorf("%s: %+v, log %s", name, p, log)
		}
	}
}

func TestProfileRefOfANetworkWithoutCard(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a@b.onnx")
	if err := os.WriteFile(path, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	const want = "a-b@sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	if ref, err := profileRef(nil, path); err != nil || ref != want {
		t.Errorf("%s, %v, want %s", ref, err, want)
	}
	if _, err := profileRef(nil, path+"x"); ExitCode(err) != 3 {
		t.Errorf("error %v", err)
	}
}

func TestPickDevices(t *testing.T) {
	all := []accel.Device{{ID: "cpu"}, {ID: "gpu:0"}, {ID: "gpu:1"}}
	if got, err := pickDevices(all, nil); err != nil || len(got) != 3 {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := pickDevices(all, []string{"gpu:1", "cpu", "cpu"}); err != nil || len(got) != 2 || got[0].ID != "gpu:1" {
		t.Errorf("%v, %v", got, err)
	}
	_, err := pickDevices(all, []string{"gpu:7"})
	if ExitCode(err) != 4 || !strings.Contains(err.Error(), `no device "gpu:7" here: there is cpu, gpu:0, gpu:1`) {
		t.Errorf("error %v", err)
	}
}

func TestProfileOptions(t *testing.T) {
	full, err := profileOptions(ProfileOptions{})
	if err != nil || full.Budget != profile.Full().Budget || len(full.Precisions) != 1 || full.Precisions[0] != plan.FP16 {
		t.Errorf("%+v, %v", full, err)
	}
	quick, err := profileOptions(ProfileOptions{Quick: true, Precision: []string{"int8", "fp32"}})
	if err != nil || quick.Budget != profile.Quick().Budget || len(quick.Precisions) != 2 || quick.Precisions[1] != plan.FP32 {
		t.Errorf("%+v, %v", quick, err)
	}
	if _, err := profileOptions(ProfileOptions{Precision: []string{"fp8"}}); ExitCode(err) != 2 {
		t.Errorf("error %v", err)
	}
}

func TestProfileTables(t *testing.T) {
	p := someProfile("m", 1)
	p.Units = append(p.Units, plan.Unit{At: "a", Device: "dla:0", Precision: plan.FP16, Why: "layer r: no"}, plan.Unit{Device: "dla:0", Precision: plan.FP16, MS: 5})
	p.Streams = []plan.Streams{{Device: "cpu", N: 2, Threads: 1, Rate: 123.45}}
	p.Corun = []plan.Corun{{A: "cpu", B: "dla:0", SlowdownA: 1.1, SlowdownB: 1.2}}
	p.Transfers = []plan.Transfer{{From: "cpu", To: "gpu:0", Bytes: 1 << 20, MS: 0.125}}
	p.CPU = plan.CPUTimes{Decode: 4, Prep: 1.5, Detect: 0.25}
	got := profileTables(p)
	for _, want := range []string{
		"cpu, threads: 1", "25.0 %", "75.0 %", "0.050", "dla:0, fp16", "layer r: no", "123.5",
		"cpu beside dla:0: x1.10, and the other way x1.20", "cpu to gpu:0: 1024.0 KiB in 0.125 ms", "decode 4.00 ms, prep 1.50 ms, detect 0.25 ms",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "FULL") {
		t.Errorf("a column of what was not measured:\n%s", got)
	}
	p.Units = []plan.Unit{{At: "a", Device: "gpu:0", MS: 2, FullMS: 1.5, FullCutMS: 0.375, FullAwayMS: 0.4375}, {Device: "gpu:0", MS: 2, FullMS: 0.625}}
	got = profileTables(p)
	for _, want := range []string{"FULL MS", "FULL CUT MS", "1.500", "0.625", "2.125", "0.375", "FULL AWAY MS", "0.438"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// TestCompare says how this profile differs from the kept one, where it can.
func TestCompare(t *testing.T) {
	env, log := cachedIn(t)
	s := &subject{env: env, ref: measuredRef}
	s.compare(someProfile("m", 1))
	if log.Len() > 0 {
		t.Errorf("against nothing: %s", log)
	}
	old := someProfile("m", 2)
	old.Units = append(old.Units, plan.Unit{At: "a", Device: "dla:0", MS: 1}, plan.Unit{Device: "dla:0", Why: "no"})
	if err := writeProfile(old, profilePath(env, measuredRef, "m", false)); err != nil {
		t.Fatal(err)
	}
	again := someProfile("m", 3)
	again.Units = append(again.Units, old.Units[2:]...)
	s.compare(again)
	if got := log.String(); !strings.Contains(got, "device=cpu threads=1 precision=fp32 time_ratio=1.50") || strings.Contains(got, "dla:0") {
		t.Errorf("log %s", got)
	}
}

// TestProfileInTheDocumentation parses the example.
func TestProfileInTheDocumentation(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(testdata.Root(t), "docs", "profiling.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(data), "```yaml\n")
	text, _, _ := strings.Cut(rest, "```")
	if p, err := plan.ParseProfile([]byte(text), "docs/profiling.md"); err != nil || !ok || len(p.Units) != 2 {
		t.Errorf("%+v, %v", p, err)
	}
}
