package plan_test

import (
	"reflect"
	"strings"
	"testing"

	"braid/accel/plan"
)

const profileText = `version: 1
model: tiny@sha256:0123456789abcdef
machine: cpu-any-x2
cores: 2
units:
  - {at: a, device: cpu, threads: 1, ms: 1.5, ci_ms: 0.1, cut_ms: 0.2, bytes: 4096}
  - {device: cpu, threads: 1, ms: 2}
  - {at: a, device: "gpu:0", precision: fp16, ms: 0.5, bytes: 2048}
  - {device: "gpu:0", precision: fp16, ms: 0.25}
transfers:
  - {from: cpu, to: "gpu:0", bytes: 4096, ms: 0.01}
streams:
  - {device: "gpu:0", n: 2, precision: fp16, rate: 1500}
corun:
  - {a: cpu, b: "gpu:0", slowdown_a: 1.1, slowdown_b: 1}
cpu_ms: {decode: 1, prep: 0.5, detect: 0.25}
`

func TestProfileReadsBackTheSame(t *testing.T) {
	p, err := plan.ParseProfile([]byte(profileText), "p.yaml")
	if err != nil {
		t.Fatal(err)
	}
	data, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	again, err := plan.ParseProfile(data, "again.yaml")
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if !reflect.DeepEqual(p, again) {
		t.Errorf("read back %+v, want %+v", again, p)
	}
	order, units := p.BySeries()
	if len(order) != 2 || order[1].Precision != plan.FP16 || len(units[order[0]]) != 2 {
		t.Errorf("series %v of %v", order, units)
	}
}

func TestProfileRefuses(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"version", "version: 1", "version: 2", "this braid reads version 1"},
		{"device", "device: cpu, threads: 1, ms: 2", "device: tpu, threads: 1, ms: 2", `"tpu" is no device`},
		{"unknown key", "ci_ms", "ci", "ci"},
		{"other cut", `at: a, device: "gpu:0"`, `at: b, device: "gpu:0"`, `ends at "b", and at "a" on cpu`},
		{"one unit short", "  - {device: cpu, threads: 1, ms: 2}\n", "", "each device needs all of them"},
		{"negative", "ms: 1.5", "ms: -1", "ms"},
		{"of the full device for one unit", "ms: 0.5", "ms: 0.5, full_ms: 0.2", "unit 1 of gpu:0 has no full_ms"},
		{"a cut's of the full device alone", "ms: 0.5", "ms: 0.5, full_cut_ms: 0.2", "unit 0 of gpu:0: full_cut_ms and full_away_ms are of no use without full_ms"},
		{"of a full CPU", "threads: 1, ms: 2", "threads: 1, ms: 2, full_ms: 1", "full_ms is not for CPUs"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(profileText, c.old) {
				t.Fatalf("%q is not in the text", c.old)
			}
			_, err := plan.ParseProfile([]byte(strings.Replace(profileText, c.old, c.new, 1)), "p.yaml")
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "p.yaml") {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func FuzzParseProfile(f *testing.F) {
	f.Add([]byte(profileText))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := plan.ParseProfile(data, "p.yaml")
		if err != nil {
			return
		}
		out, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := plan.ParseProfile(out, "p.yaml"); err != nil {
			t.Fatalf("does not read back: %v\n%s", err, out)
		}
	})
}
