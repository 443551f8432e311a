//go:build e2e

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

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

// TestInterruptedBeforeTheFirstFrame: who stops braid while it measures does not wait.
func TestInterruptedBeforeTheFirstFrame(t *testing.T) {
	t.Parallel()
	config := writeFile(t, "braid.yaml", "nats: {url: embedded, listen: '127.0.0.1:0'}\nmodel: braid-nano\ncameras: [{name: a, url: 'test:'}]\n")
	for _, args := range [][]string{
		{"run", "-c", config},
		{"batch", "test:?frames=5&live=false", "--model", "braid-nano", "--out", filepath.Join(t.TempDir(), "x.jsonl")},
	} {
		cmd, cache := afresh(t, args...)
		r := interrupted(t, cmd, "measuring roughly")
		if r.code != 130 || !strings.Contains(r.stderr, "interrupted") || strings.Contains(r.stderr, "plan chosen") {
			t.Errorf("%v: exit %d\n%s", args, r.code, r.stderr)
		}
		if left, err := filepath.Glob(filepath.Join(cache, "profiles", "*.yaml")); err != nil || len(left) > 0 {
			t.Errorf("%v: left %v, %v", args, left, err)
		}
	}
}

// TestInterruptedWithoutAServer: a batch whose messages nobody takes ends soon after it is
// asked to, with more frames to analyse than may wait.
func TestInterruptedWithoutAServer(t *testing.T) {
	t.Parallel()
	cmd := command(t, "batch", "test:?pattern=ball&frames=1000000&live=false&size=64x48", "--model", "ball", "--nats", "nats://127.0.0.1:1", "--set", "nats.jetstream=true", "-o", "json")
	out, logs, ended := begin(t, cmd)
	says(t, cmd, "NATS is away")
	idle(t, cmd) // as many messages wait as may
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	asked := time.Now()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatalf("it goes on:\n%s", logs.String())
	}
	if code, took := cmd.ProcessState.ExitCode(), time.Since(asked); code != 130 || took > 9*time.Second { // Docker kills after ten
		t.Errorf("exit %d after %v\n%s", code, took, logs.String())
	}
	if s := summaryOf(t, out.String()); s.Cameras[0].In < 4096 {
		t.Errorf("it stood still after %d frames", s.Cameras[0].In)
	}
}

// idle returns when a process has used next to no CPU for a second.
func idle(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	used := func() (ticks int) { // hundredths of a second, of user and system
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		for _, f := range fields[11:13] {
			n, err := strconv.Atoi(f)
			if err != nil {
				t.Fatal(err)
			}
			ticks += n
		}
		return ticks
	}
	late := time.Now().Add(patience)
	for before := -1000; ; {
		now := used()
		if now-before < 5 {
			return
		}
		if before = now; time.Now().After(late) {
			t.Fatal("it works on and on")
		}
		<-time.After(time.Second)
	}
}

// TestBatchOfAPipe: what can be read once is not read for its id.
func TestBatchOfAPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe.mp4")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if r := braid(t, "batch", pipe, "--model", "ball", "--out", "-"); r.code != 4 || !strings.Contains(r.stderr, pipe+": a pipe or a device can be read only once") {
		t.Errorf("exit %d\n%s", r.code, r.stderr)
	}
}
