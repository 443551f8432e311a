//go:build e2e

package main

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"braid/accel/network"
)

func decode[T any](t *testing.T, r result) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.out), &v); err != nil {
		t.Fatalf("reading %q: %v", r.out, err)
	}
	return v
}

// TestModelTools looks at a model, cuts it at a place that it lists, and proves
// the cut.
func TestModelTools(t *testing.T) {
	type cut struct {
		At      string
		Tensors []string
		Bytes   int64
	}
	cuts := decode[[]cut](t, mustRun(t, "model", "cuts", "ball", "-o", "json"))
	at := cuts[len(cuts)/2]
	if len(cuts) < 8 || at.Bytes <= 0 || len(at.Tensors) == 0 {
		t.Fatalf("got %d cuts, the middle one %+v", len(cuts), at)
	}
	seen := decode[struct{ Nodes, Cuts int }](t, mustRun(t, "model", "inspect", "ball", "-o", "json"))
	if seen.Cuts != len(cuts) || seen.Nodes < seen.Cuts {
		t.Errorf("inspect says %+v, cuts lists %d", seen, len(cuts))
	}
	dir := t.TempDir()
	mustRun(t, "model", "cut", "ball", "--at", at.At, "--out", dir)
	for _, name := range []string{"infer.0.onnx", "infer.1.onnx"} {
		if _, err := network.Load(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	type verified struct {
		OK   bool
		Cuts []struct {
			At       []string
			Segments int
			MaxRel   float64 `json:"max_rel_diff"`
		}
	}
	v := decode[verified](t, mustRun(t, "model", "verify", "ball", "--random", "4", "--seed", "7", "-o", "json"))
	if !v.OK || len(v.Cuts) != 4 {
		t.Errorf("got %+v", v)
	}
	for _, c := range v.Cuts {
		if c.Segments != len(c.At)+1 || c.MaxRel > 1e-5 {
			t.Errorf("got %+v", c)
		}
	}
}

// TestDoctorAndDevices run where everything is installed.
func TestDoctorAndDevices(t *testing.T) {
	mustRun(t, "doctor", "--set", "nats.listen=127.0.0.1:0")
	devices := decode[[]struct{ ID, Backend string }](t, mustRun(t, "devices", "-o", "json"))
	if len(devices) == 0 || devices[0].ID != "cpu" || devices[0].Backend != "ort" {
		t.Errorf("got %+v", devices)
	}
	busy := braid(t, "doctor", "--set", "nats.listen="+listener(t))
	if busy.code != 4 {
		t.Errorf("a port in use: exit %d, want 4\n%s", busy.code, busy.out)
	}
}
