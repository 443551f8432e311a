//go:build e2e

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"braid/internal/testdata"
	"braid/sink/wire"
)

// binary is the program under test, built once. kept is the cache that its calls
// share, as a user's do: a plan is chosen once for each model, and so the same
// command gives the same bytes. A test of the choice itself has a cache of its own.
var binary, kept string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "braid-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary, kept = filepath.Join(dir, "braid"), filepath.Join(dir, "cache")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building braid: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// Long tests that no clock decides are parallel to each other; all others run alone, before them.

// patience is the longest that one command of a test may take.
const patience = 4 * time.Minute

// command prepares a call of the program in the repository's root, with its
// state in a folder of its own.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	lib := testdata.ORT(t)
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Dir = testdata.Root(t)
	home := t.TempDir()
	cmd.Env = append(os.Environ(), "BRAID_ORT_LIB="+lib, "HOME="+home, "XDG_STATE_HOME="+home, "XDG_CACHE_HOME="+kept)
	cmd.WaitDelay = patience
	return cmd
}

// afresh is command with an empty cache, which it returns.
func afresh(t *testing.T, args ...string) (*exec.Cmd, string) {
	t.Helper()
	cmd, cache := command(t, args...), t.TempDir()
	cmd.Env = append(cmd.Env, "BRAID_CACHE_DIR="+cache)
	return cmd, cache
}

type result struct {
	code        int
	out, stderr string
}

// braid runs the program to its end.
func braid(t *testing.T, args ...string) result {
	t.Helper()
	return finish(t, command(t, args...))
}

func finish(t *testing.T, cmd *exec.Cmd) result {
	t.Helper()
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("running %v: %v", cmd.Args, err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), stderr.String()}
}

// mustRun runs the program and wants exit code 0.
func mustRun(t *testing.T, args ...string) result {
	t.Helper()
	r := braid(t, args...)
	if r.code != 0 {
		t.Fatalf("braid %s: exit %d\n%s", strings.Join(args, " "), r.code, r.stderr)
	}
	return r
}

// frames reads a file of JSON lines.
func frames(t *testing.T, path string) []wire.Frame {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []wire.Frame
	for line := range bytes.Lines(data) {
		f, err := wire.ParseFrame(line)
		if err != nil {
			t.Fatalf("%s line %d: %v", path, len(out)+1, err)
		}
		out = append(out, f)
	}
	return out
}

// summaryOf reads what batch -o json prints at its end.
type summary struct {
	Cameras []struct {
		Camera    string            `json:"camera"`
		In        uint64            `json:"in"`
		Published uint64            `json:"published"`
		Failed    map[string]uint64 `json:"failed"`
		Dropped   map[string]uint64 `json:"dropped"`
		InFlight  uint64            `json:"in_flight"`
		Spooled   uint64            `json:"spooled"`
	} `json:"cameras"`
	Stages []struct {
		Stage   string   `json:"stage"`
		On      string   `json:"on"`
		Workers []uint64 `json:"workers"`
	} `json:"stages"`
}

func summaryOf(t *testing.T, out string) summary {
	t.Helper()
	var s summary
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		t.Fatalf("reading the summary %q: %v", out, err)
	}
	return s
}

func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// begin starts a command and tells of its end.
func begin(t *testing.T, cmd *exec.Cmd) (out, logs *lockedBuffer, ended <-chan struct{}) {
	t.Helper()
	out, logs = &lockedBuffer{}, &lockedBuffer{}
	cmd.Stdout, cmd.Stderr = out, logs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = cmd.Wait() // the tests look at the exit code
	}()
	return out, logs, over
}

// interrupted runs a command that has no end of its own, or none soon, until a second after
// it has logged a text, and interrupts it then: once.
func interrupted(t *testing.T, cmd *exec.Cmd, text string) result {
	t.Helper()
	out, logs, ended := begin(t, cmd)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	late := time.After(patience)
	for said := false; ; {
		select {
		case <-ended:
			return result{cmd.ProcessState.ExitCode(), out.String(), logs.String()}
		case <-late:
			t.Fatalf("%v goes on:\n%s", cmd.Args, logs.String())
		case <-look.C:
			if said {
				_ = cmd.Process.Signal(os.Interrupt) // it may have ended
				look.Stop()
			} else if said = strings.Contains(logs.String(), text); said {
				look.Reset(time.Second)
			}
		}
	}
}
