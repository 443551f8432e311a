//go:build e2e

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"braid/accel/network/testnet"
	"braid/internal/testdata"
)

// verification is what model verify -o json prints.
type verification struct {
	OK   bool
	Cuts []struct {
		OK       bool
		At       []string
		Segments int
		MaxAbs   float64 `json:"max_abs_diff"`
		MaxRel   float64 `json:"max_rel_diff"`
		Plan     string
		Frames   int
	}
}

// TestVerifyAPlan proves a plan as it runs, beside cuts by name and at random.
func TestVerifyAPlan(t *testing.T) {
	cuts := thirds(t, filepath.Join(testdata.Root(t), "models", "ball.onnx"))
	p := writeFile(t, "plan.yaml", planFile(cuts, 2))
	v := decode[verification](t, mustRun(t, "model", "verify", "ball", "--at", cuts[0], "--random", "2", "--plan", p, "-o", "json"))
	if !v.OK || len(v.Cuts) != 4 {
		t.Fatalf("got %+v", v)
	}
	for _, c := range v.Cuts {
		if !c.OK || c.Segments != len(c.At)+1 || c.MaxRel > 1e-5 || c.MaxAbs > 1e-3 {
			t.Errorf("got %+v", c)
		}
	}
	last := v.Cuts[3]
	if !strings.HasPrefix(last.Plan, "p-") || last.Frames < 12 || last.Segments != 3 || v.Cuts[0].Plan != "" {
		t.Errorf("got %+v", v.Cuts)
	}
	if r := mustRun(t, "model", "verify", "ball", "--plan", "auto"); !strings.Contains(r.out, "ok") || !strings.Contains(r.out, "plan p-") {
		t.Errorf("got\n%s", r.out)
	}
}

// TestVerifyWithoutACard works on any network whose shapes are fixed, and names
// what is missing of one whose shapes are not.
func TestVerifyWithoutACard(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"heads.onnx": testnet.TwoHeads(t), "random.onnx": testnet.RandomDAG(t, 11, 20), "dynamic.onnx": testnet.DynamicShape(t),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"heads.onnx", "random.onnx"} {
		v := decode[verification](t, mustRun(t, "model", "verify", filepath.Join(dir, name), "--random", "3", "--plan", "auto", "-o", "json"))
		if !v.OK || len(v.Cuts) != 4 || v.Cuts[3].At == nil || len(v.Cuts[3].At) != 0 {
			t.Errorf("%s: %+v", name, v)
		}
	}
	int8Plan := writeFile(t, "plan.yaml", "version: 1\nprecision: int8\nsegments: [{devices: [cpu]}]\n")
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"ball"}, 2, "nothing to verify"},
		{[]string{"ball", "--at", "no-such-tensor"}, 3, "no-such-tensor"},
		{[]string{"ball", "--plan", "no.yaml"}, 3, "no.yaml"},
		{[]string{"ball", "--plan", int8Plan}, 3, "--compare-plan"},
		{[]string{filepath.Join(dir, "dynamic.onnx"), "--random", "1"}, 3, `input "in" has no fixed shape`},
		{[]string{"nothing", "--random", "1"}, 3, "nothing"},
	} {
		r := braid(t, append([]string{"model", "verify"}, c.args...)...)
		if r.code != c.code || !strings.Contains(lastLines(r.stderr), c.want) {
			t.Errorf("%v: exit %d, want %d and %q\n%s", c.args, r.code, c.code, c.want, r.stderr)
		}
	}
}
