//go:build e2e

package main

import (
	"bytes"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestFullDiskAfterWork is TestFullDisk for commands that need a runtime.
func TestFullDiskAfterWork(t *testing.T) {
	const scene = "scene:street?seed=7&seconds=1&size=320x180&fps=5"
	for _, args := range [][]string{
		{"devices"},
		{"model", "verify", "ball", "--random", "1"},
		{"plan", "ball", "--explain"},
		{"profile", "ball", "--quick"},
		{"bench", "--model", "ball", "--rows", "serial", "--rounds", "1", "--duration", "100ms"},
		{"eval", "--model", "braid-nano", "--scene", scene},
		{"batch", scene, "--model", "ball", "--out", os.DevNull, "-o", "json"},
	} {
		t.Run(strings.Join(args[:min(2, len(args))], " "), func(t *testing.T) {
			cmd, _ := afresh(t, args...)
			var stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = fullDisk(t), &stderr
			_ = cmd.Run() // the exit code is looked at
			if code := cmd.ProcessState.ExitCode(); code != 1 || strings.Count(stderr.String(), "no space left") != 1 {
				t.Errorf("exit %d\n%s", code, stderr.String())
			}
		})
	}
}

// TestReaderGoesAway ends as every program does whose reader has enough.
func TestReaderGoesAway(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	cmd := command(t, "model", "list")
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = writer, &stderr
	_ = cmd.Run() // how it ended is looked at
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || status.Signal() != syscall.SIGPIPE || stderr.Len() > 0 {
		t.Errorf("%v, stderr %q", cmd.ProcessState, stderr.String())
	}
}
