package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"braid/internal/app"
	"braid/sink/wire"
)

// fullDisk is a stdout that takes nothing.
func fullDisk(t *testing.T) *os.File {
	t.Helper()
	f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("this system has no /dev/full")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() }) // nothing was written
	return f
}

// into runs a command that prints into a file, and returns what it says.
func into(t *testing.T, stdout *os.File, args ...string) (code int, said string) {
	t.Helper()
	var log bytes.Buffer
	home := t.TempDir()
	env := &app.Env{Err: &log, Version: "test", Getenv: func(name string) string {
		return map[string]string{"HOME": home, "BRAID_CACHE_DIR": home}[name]
	}}
	code = execute(t.Context(), env, stdout, args)
	return code, log.String()
}

// evaluated are a truth and detections of it.
func evaluated(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	truth, found := filepath.Join(dir, "truth.json"), filepath.Join(dir, "found.jsonl")
	message := wire.Frame{Camera: "a", Run: "r", Seq: 1, File: "a.jpg", Clock: "pts", Size: [2]int{64, 64}}
	for path, text := range map[string]string{
		truth: `{"images":[{"id":1,"file_name":"a.jpg","width":64,"height":64}],"categories":[{"id":1,"name":"person"}],` +
			`"annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[1,2,30,40],"area":1200,"iscrowd":0}]}`,
		found: string(message.AppendJSON(nil)) + "\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return []string{"eval", "--annotations", truth, "--detections", found}
}

// A result that is on no disk is a failure of every command, said once.
func TestFullDisk(t *testing.T) {
	for _, args := range [][]string{
		{"model", "list"},
		{"model", "list", "-o", "json"},
		{"model", "inspect", "../../models/braid-nano.yaml"},
		{"doctor"}, // also where it finds something wrong: the user has not read of it
		{"doctor", "-o", "json"},
		{"version"},
		{"config", "init"},
		{"config", "schema"},
		{"completion", "bash"},
		{"--help"},
		evaluated(t),
	} {
		t.Run(strings.Join(args[:min(2, len(args))], " "), func(t *testing.T) {
			code, said := into(t, fullDisk(t), args...)
			if code != 1 || !strings.Contains(said, "no space left") || strings.Count(said, "\n") != 1 {
				t.Errorf("exit %d, %q", code, said)
			}
		})
	}
}

// What a command says on stderr is said beside the lost output, and decides.
func TestFullDiskBesideAnError(t *testing.T) {
	code, said := into(t, fullDisk(t), append(evaluated(t), "--min-map", "0.5")...)
	if code != 5 || !strings.Contains(said, "below --min-map") || !strings.Contains(said, "no space left") {
		t.Errorf("exit %d, %q", code, said)
	}
}
