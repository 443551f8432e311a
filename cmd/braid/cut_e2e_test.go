//go:build e2e

package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"braid/accel/network"
	"braid/accel/network/testnet"
	"braid/internal/testdata"
)

// TestCutNeedsNoRuntime where every shape follows from the input's.
func TestCutNeedsNoRuntime(t *testing.T) {
	for _, args := range [][]string{
		{"model", "cuts", "braid-nano"},
		{"model", "inspect", "braid-nano", "--layers"},
		{"model", "cut", "ball", "--at", "cells", "--out", t.TempDir()},
	} {
		cmd := command(t, args...)
		cmd.Env = append(cmd.Env, "BRAID_ORT_LIB=/nowhere/libonnxruntime.so")
		if r := finish(t, cmd); r.code != 0 || r.out == "" {
			t.Errorf("%v: exit %d\n%s", args, r.code, r.stderr)
		}
	}
}

// TestInspectLayers reads what model inspect says of each layer.
func TestInspectLayers(t *testing.T) {
	type report struct {
		Work   int64
		Peak   int64 `json:"peak_activation_bytes"`
		Nodes  int
		Layers []struct {
			Name    string
			Outputs []struct{ Shape []int64 }
			Work    int64
		}
	}
	var sum int64
	r := decode[report](t, mustRun(t, "model", "inspect", "braid-nano", "--layers", "-o", "json"))
	for _, l := range r.Layers {
		sum += l.Work
		if len(l.Outputs) == 0 || len(l.Outputs[0].Shape) == 0 {
			t.Errorf("layer %+v", l)
		}
	}
	if len(r.Layers) != r.Nodes || sum != r.Work || sum == 0 || r.Peak == 0 {
		t.Errorf("%d of %d layers, %d multiply-adds in them, %d in all, %d bytes of activation", len(r.Layers), r.Nodes, sum, r.Work, r.Peak)
	}
	if r := decode[report](t, mustRun(t, "model", "inspect", "braid-nano", "-o", "json")); r.Layers != nil {
		t.Errorf("%d layers that nobody asked for", len(r.Layers))
	}
}

// TestCutsTable wants marked cut points under their headings, and each point once.
func TestCutsTable(t *testing.T) {
	cuts := decode[[]network.Cut](t, mustRun(t, "model", "cuts", "braid-nano", "-o", "json"))
	table := mustRun(t, "model", "cuts", "braid-nano").out
	plain, rest, ok := strings.Cut(table, "Behind the last layer with work")
	head, fused, ok2 := strings.Cut(rest, "Inside of layers that a runtime fuses:")
	if !ok || !ok2 || strings.ContainsAny(table, "\x1b█") {
		t.Fatalf("got\n%s", table)
	}
	in := map[network.Mark]string{network.Plain: plain, network.InHead: head, network.InFused: fused}
	for i, c := range cuts {
		if !strings.Contains(in[c.Mark], "\n"+c.At+" ") || strings.Count(table, "\n"+c.At+" ") != 1 {
			t.Errorf("cut %+v is not once where it belongs", c)
		}
		if i > 0 && c.Index <= cuts[i-1].Index {
			t.Errorf("%q is not in the file's order", c.At)
		}
	}
}

// checker reads the files that it is given and says which are no valid ONNX.
const checker = `
import sys, onnx
for path in sys.argv[1:]:
    onnx.checker.check_model(path, full_check=True)
`

// TestPartsAreValid asks ONNX's own checker about the parts of random cuts.
func TestPartsAreValid(t *testing.T) {
	if err := exec.CommandContext(t.Context(), "python3", "-c", "import onnx").Run(); err != nil {
		t.Skip("python3 has no onnx: pip install onnx")
	}
	dir := t.TempDir()
	models := []string{"ball", "braid-nano", testdata.Path(t, "models/yolox_nano.onnx")}
	for seed := range uint64(4) {
		path := filepath.Join(dir, fmt.Sprintf("random%d.onnx", seed))
		if err := os.WriteFile(path, testnet.RandomDAG(t, seed, 30), 0o600); err != nil {
			t.Fatal(err)
		}
		models = append(models, path)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	var files []string
	for i, m := range models {
		var cuts []network.Cut
		if err := json.Unmarshal([]byte(mustRun(t, "model", "cuts", m, "-o", "json").out), &cuts); err != nil || len(cuts) < 2 {
			t.Fatalf("%s: %d cuts, %v", m, len(cuts), err)
		}
		a := rng.IntN(len(cuts) - 1)
		b := a + 1 + rng.IntN(len(cuts)-1-a)
		out := filepath.Join(dir, fmt.Sprint(i))
		mustRun(t, "model", "cut", m, "--at", cuts[a].At+","+cuts[b].At, "--out", out)
		parts, err := filepath.Glob(filepath.Join(out, "*.onnx"))
		if err != nil || len(parts) != 3 {
			t.Fatalf("%s: parts %v, %v", m, parts, err)
		}
		files = append(files, parts...)
	}
	if said, err := exec.CommandContext(t.Context(), "python3", append([]string{"-c", checker}, files...)...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
}
