//go:build e2e

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"braid/internal/card/cardtest"
)

// TestResultsAreNotLost: what a command reads it does not write over, and what cannot be analysed costs no
// earlier results.
func TestResultsAreNotLost(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	card := cardtest.YOLOXNano(t, threshold)
	model := at("model.onnx")
	for name, text := range map[string]string{"keep.jsonl": "{}\n", "model.onnx": "x", "model.yaml": "x", "plan.yaml": "version: 1\nsegments: [{devices: [cpu]}]\n", "text.mp4": "hello\n"} {
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args []string
		code int
		want string
		kept string // the file that is as before
	}{
		{[]string{"batch", at("typo.mp4"), "--model", card, "--out", at("keep.jsonl")}, 1, "typo.mp4", "keep.jsonl"},
		{[]string{"batch", at("text.mp4"), "--model", card, "--out", at("keep.jsonl")}, 1, "text.mp4", "keep.jsonl"},
		{[]string{"batch", at("text.mp4"), "--model", card, "--nats", "embedded"}, 2, "--nats embedded", ""},
		{[]string{"profile", "--model", model, "--out", model}, 2, "overwrite", "model.onnx"},
		{[]string{"profile", "--model", card, "--out", card}, 2, "overwrite", ""},
		{[]string{"profile", "--model", model, "--out", at("model.yaml")}, 2, "overwrite", "model.yaml"}, // its card
		{[]string{"bench", "--model", card, "--input", at("text.mp4"), "--json", at("text.mp4")}, 2, "overwrite", "text.mp4"},
		{[]string{"bench", at("plan.yaml"), "--model", card, "--html", at("plan.yaml")}, 2, "overwrite", "plan.yaml"},
		{[]string{"bench", "--model", card, "--html", at("z"), "--json", at("z")}, 2, "one file", ""},
		{[]string{"plan", "--model", card, "--profile", at("plan.yaml"), "--out", at("plan.yaml")}, 2, "overwrite", "plan.yaml"},
		{[]string{"plan", "--model", card, "--timeline", at("t"), "--out", at("t")}, 2, "one file", ""},
		{[]string{"plan", "--model", card, "--out", at("none/p.yaml")}, 4, "none/p.yaml", ""},
		{[]string{"profile", "--model", card, "--out", dir}, 2, "directory", ""},
	} {
		var before []byte
		if c.kept != "" {
			before, _ = os.ReadFile(at(c.kept))
		}
		r := braid(t, c.args...)
		if said := lastLines(r.stderr); r.code != c.code || !strings.Contains(said, c.want) {
			t.Errorf("braid %v: exit %d, %q; want %d and %q", c.args, r.code, said, c.code, c.want)
		}
		if c.kept != "" {
			if after, err := os.ReadFile(at(c.kept)); err != nil || string(after) != string(before) {
				t.Errorf("braid %v: %s is %q now, %v", c.args, c.kept, after, err)
			}
		}
	}
}

// TestTroubleIsSaid: a source that is tried for ever says why.
func TestTroubleIsSaid(t *testing.T) {
	cmd := command(t, "batch", "rtsp://user:s3cret@127.0.0.1:1/s", "--model", "ball", "--plan", "serial", "--out", filepath.Join(t.TempDir(), "x.jsonl"))
	if r := interrupted(t, cmd, "source in trouble"); strings.Contains(r.stderr, "s3cret") || r.code != 130 {
		t.Errorf("exit %d:\n%s", r.code, r.stderr)
	}
}
