//go:build e2e

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"braid/internal/card/cardtest"
	"braid/internal/testdata"
)

// TestInterruptedBatchGoesOn interrupts a batch in the middle and resumes it:
// together they write what one batch writes.
func TestInterruptedBatchGoesOn(t *testing.T) {
	video := testdata.Path(t, "videos/sam2_01_dog.mp4")
	card := cardtest.YOLOXNano(t, threshold)
	dir := t.TempDir()
	whole, part := filepath.Join(dir, "whole.jsonl"), filepath.Join(dir, "part.jsonl")
	mustRun(t, "batch", video, "--model", card, "--out", whole)

	cmd := command(t, "batch", video, "--model", card, "--out", part, "-o", "json")
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitForLines(t, part, 40)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the exit code is looked at
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Fatalf("exit %d, want 130\n%s", code, stderr.String())
	}
	balanced(t, summaryOf(t, out.String()))
	before := len(frames(t, part))
	mustRun(t, "batch", video, "--model", card, "--out", part, "--resume")
	a, b := read(t, whole), read(t, part)
	if !bytes.Equal(a, b) || before >= len(frames(t, whole)) {
		t.Errorf("interrupted after %d frames and resumed: %d bytes, want the same %d", before, len(b), len(a))
	}
}

// waitForLines returns when a file that is being written has n lines.
func waitForLines(t *testing.T, path string, n int) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for {
		select {
		case <-tick.C:
			if data, err := os.ReadFile(path); err == nil && bytes.Count(data, []byte("\n")) >= n {
				return
			}
		case <-late:
			t.Fatalf("%s does not get %d lines", path, n)
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestSecondSignalStopsAtOnce sends two: what is queued is given up, and counted.
func TestSecondSignalStopsAtOnce(t *testing.T) {
	s := serve(t, twoCameras)
	s.watch(t, "10")
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Skip("it had ended after the first signal")
	}
	select {
	case <-s.done:
	case <-time.After(10 * time.Second):
		t.Fatal("braid run did not end within 10 s of the second signal")
	}
	// The drain of two idle cameras may win the race against the second signal.
	if code := s.cmd.ProcessState.ExitCode(); code != 130 && code != 0 {
		t.Errorf("exit %d, want 130\n%s", code, s.logs.String())
	}
}

// TestBatchPublishes sends a batch to a running server, twice, and reads it
// back: the second time adds nothing.
func TestBatchPublishes(t *testing.T) {
	s := serve(t, twoCameras)
	photos := filepath.Dir(testdata.Path(t, "images/well-known/dog.jpg"))
	for range 2 {
		mustRun(t, "batch", photos, "--model", cardtest.YOLOXNano(t, threshold), "--nats", s.url,
			"--set", "nats.jetstream=true", "--set", "site=archive")
	}
	got := s.watch(t, "5", "--site", "archive", "--since", "1m")
	for i, f := range got {
		if f.Seq != uint64(i+1) || f.Camera != "well-known" || f.File == "" || f.Clock != "pts" {
			t.Errorf("message %d: %+v", i+1, f)
		}
	}
	balanced(t, s.stop(t, syscall.SIGTERM, 0))
}
