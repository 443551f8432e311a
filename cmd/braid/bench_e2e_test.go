//go:build e2e

package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// benchFile is the file of bench --json, as far as scripts rely on it.
type benchFile struct {
	Hardware string
	Model    string
	Inputs   []string
	Cameras  int
	Rows     []struct {
		Name    string
		Plan    string
		FPS     float64
		Speedup float64
		P50     float64 `json:"p50_ms"`
		P99     float64 `json:"p99_ms"`
		Frames  int
	}
}

// TestBench measures plans on frames in memory, and from a recording to NATS. What
// is asserted is what was counted, not how fast this machine is.
func TestBench(t *testing.T) {
	dir := t.TempDir()
	plan := filepath.Join(dir, "overlap.yaml")
	if err := os.WriteFile(plan, []byte("version: 1\nsegments: [{devices: [cpu]}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		want int // cameras
	}{
		{"memory", nil, 0},
		{"cameras", []string{"--input", "scene:street?seed=3&size=320x180&seconds=1", "--copies", "3"}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(dir, c.name+".json")
			mustRun(t, append([]string{"bench", "serial", plan, "auto", "--model", "braid-nano-320", "--duration", "1s", "--json", file}, c.args...)...)
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var r benchFile
			if err := json.Unmarshal(data, &r); err != nil {
				t.Fatal(err)
			}
			if r.Hardware == "" || !strings.HasPrefix(r.Model, "braid-nano-320@sha256:") || r.Cameras != c.want || len(r.Rows) != 3 {
				t.Fatalf("%s", data)
			}
			for i, name := range []string{"serial", "overlap", "auto"} {
				row := r.Rows[i]
				if row.Name != name || !strings.HasPrefix(row.Plan, "p-") || row.Frames == 0 || math.Abs(row.FPS-float64(row.Frames)) > 1e-6 || row.P50 <= 0 || row.P99 < row.P50 {
					t.Errorf("row %+v", row) // in a second, frames and frames a second are one number
				}
			}
			if r.Rows[0].Speedup != 1 || r.Rows[2].Speedup <= 0 {
				t.Errorf("speedup %v, %v", r.Rows[0].Speedup, r.Rows[2].Speedup)
			}
		})
	}
}
