//go:build e2e

package main

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"braid/internal/testdata"
	"braid/sink/wire"
)

// TestOpenVINO runs plans with segments on OpenVINO: they are proved, find what ONNX
// Runtime finds on pictures, and are measured.
func TestOpenVINO(t *testing.T) {
	t.Setenv("BRAID_OPENVINO_LIB", testdata.OpenVINO(t))
	cuts := thirds(t, filepath.Join(testdata.Root(t), "models", "braid-nano.onnx"))
	whole := writeFile(t, "whole.yaml", "version: 1\nsegments: [{devices: [{id: cpu/openvino, streams: 2, threads: 1}]}]\nin_flight: 4\n")
	mixed := writeFile(t, "mixed.yaml", "version: 1\nsegments:\n  - {until: \""+cuts[0]+"\", devices: [cpu]}\n  - {devices: [{id: cpu/openvino, threads: 2}, {id: cpu, threads: 1}]}\nin_flight: 4\n")
	for _, p := range []string{whole, mixed} {
		v := decode[verification](t, mustRun(t, "model", "verify", "braid-nano", "--plan", p, "-o", "json"))
		if !v.OK || len(v.Cuts) != 1 || v.Cuts[0].MaxRel > 5e-4 {
			t.Errorf("%s: %+v", p, v)
		}
	}
	v := decode[verification](t, mustRun(t, "model", "verify", "braid-nano", "--random", "2", "--backend", "openvino", "-o", "json"))
	for _, c := range v.Cuts {
		if !c.OK || c.MaxRel > 1e-5 {
			t.Errorf("cuts within OpenVINO: %+v", c)
		}
	}
	pictures := testdata.Path(t, "images/well-known")
	found := func(args ...string) []wire.Frame {
		out := filepath.Join(t.TempDir(), "x.jsonl")
		mustRun(t, append([]string{"batch", pictures, "--model", "braid-nano", "--out", out}, args...)...)
		return frames(t, out)
	}
	want := found("--plan", "serial")
	for name, got := range map[string][]wire.Frame{"a plan": found("--plan", whole), "a mixed plan": found("--plan", mixed), "the backend": found("--backend", "openvino", "--plan", "serial")} {
		if !sameObjects(got, want) {
			t.Errorf("%s finds\n%+v\nwant\n%+v", name, got, want)
		}
	}
	listed := mustRun(t, "devices").out
	if !strings.Contains(listed, "cpu/openvino") {
		t.Errorf("devices:\n%s", listed)
	}
	r := mustRun(t, "profile", "braid-nano", "--quick", "--devices", "cpu/openvino", "--out", filepath.Join(t.TempDir(), "p.yaml"))
	if !strings.Contains(r.out, "cpu/openvino") || strings.Contains(r.stderr, "measured as blocks") {
		t.Errorf("profile:\n%s%s", r.out, r.stderr)
	}
}

// sameObjects holds labels to be the same, and scores and boxes to be as near as
// rounding to four decimals leaves them.
func sameObjects(a, b []wire.Frame) bool {
	if len(a) != len(b) || len(a) == 0 {
		return false
	}
	near := func(x, y float64) bool { return math.Abs(x-y) < 3e-4 }
	for i := range a {
		if len(a[i].Objects) != len(b[i].Objects) {
			return false
		}
		for k, o := range a[i].Objects {
			p := b[i].Objects[k]
			if o.Label != p.Label || !near(float64(o.Score), float64(p.Score)) {
				return false
			}
			for n := range o.Box {
				if !near(float64(o.Box[n]), float64(p.Box[n])) {
					return false
				}
			}
		}
	}
	return true
}
