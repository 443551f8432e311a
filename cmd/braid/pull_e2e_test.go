//go:build e2e

package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"braid/internal/testdata"
)

// mirror serves models/ball.onnx, to the first of its visitors only half of it.
type mirror struct {
	*httptest.Server
	data []byte
	mu   sync.Mutex
	seen []string // Range of each request
	more chan struct{}
}

func newMirror(t *testing.T, half bool) *mirror {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testdata.Root(t), "models", "ball.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	m := &mirror{data: data, more: make(chan struct{})}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		first := len(m.seen) == 0
		m.seen = append(m.seen, r.Header.Get("Range"))
		m.mu.Unlock()
		w.Header().Set("ETag", `"ball"`)
		if !half || !first {
			http.ServeContent(w, r, "ball.onnx", time.Time{}, bytes.NewReader(data))
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		_, _ = w.Write(data[:len(data)/2])        // the program looks at it
		_ = http.NewResponseController(w).Flush() // likewise
		select {
		case <-m.more:
			_, _ = w.Write(data[len(data)/2:]) // likewise
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(m.Close)
	return m
}

func (m *mirror) ranges() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.seen)
}

// card writes a card of the ball under another name, with the mirror as its
// source.
func (m *mirror) card(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testdata.Root(t), "models", "ball.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	named := strings.Replace(string(text), "name: ball\n", "name: disc\nsource: "+m.URL+"/ball.onnx\n", 1)
	return writeFile(t, "disc.yaml", named)
}

// TestModelPull takes a model from a server into a model folder, and uses it by
// its name.
func TestModelPull(t *testing.T) {
	m := newMirror(t, false)
	dir := filepath.Join(t.TempDir(), "models")
	r := mustRun(t, "model", "pull", m.card(t), "--to", dir)
	if !strings.Contains(r.out, "pulled") || !strings.Contains(r.out, dir) || r.stderr != "" {
		t.Errorf("said %q, and %q", r.out, r.stderr)
	}
	m.Close()
	again := mustRun(t, "model", "pull", filepath.Join(dir, "disc.yaml"))
	if !strings.Contains(again.out, "here") || len(m.ranges()) != 1 {
		t.Errorf("the second time: said %q after %d requests", again.out, len(m.ranges()))
	}
	inspect := command(t, "model", "inspect", "disc", "-o", "json")
	inspect.Env = append(inspect.Env, "BRAID_MODEL_PATH="+dir)
	done := finish(t, inspect)
	if done.code != 0 || !strings.Contains(done.out, `"model":"disc@9c29a5b5"`) {
		t.Errorf("exit %d, %s%s", done.code, done.out, done.stderr)
	}
}

// TestInterruptedPullGoesOn interrupts a download in its middle, while another
// call is told that it is under way, and goes on from there.
func TestInterruptedPullGoesOn(t *testing.T) {
	m := newMirror(t, true)
	card := m.card(t)
	file := filepath.Join(filepath.Dir(card), "ball.onnx")
	cmd := command(t, "model", "pull", card)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitForSize(t, file+".part", int64(len(m.data)/2))
	busy := braid(t, "model", "pull", card)
	if busy.code != 4 || !strings.Contains(busy.stderr, "under way") {
		t.Errorf("meanwhile: exit %d, %s", busy.code, busy.stderr)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the exit code is looked at
	if code := cmd.ProcessState.ExitCode(); code != 130 || !strings.Contains(stderr.String(), "interrupted") || !strings.Contains(stderr.String(), "kept") {
		t.Fatalf("exit %d, want 130\n%s", code, stderr.String())
	}
	mustRun(t, "model", "pull", card)
	if want := []string{"", fmt.Sprintf("bytes=%d-", len(m.data)/2)}; !slices.Equal(m.ranges(), want) {
		t.Errorf("asked for %q, want %q", m.ranges(), want)
	}
	if got := read(t, file); !bytes.Equal(got, m.data) {
		t.Errorf("%d bytes, want the %d of the model", len(got), len(m.data))
	}
}

// waitForSize returns when a file that is being written has n bytes.
func waitForSize(t *testing.T, path string, n int64) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for {
		select {
		case <-tick.C:
			if info, err := os.Stat(path); err == nil && info.Size() == n {
				return
			}
		case <-late:
			t.Fatalf("%s does not get %d bytes", path, n)
		}
	}
}

// TestPullAsksTheProxy pulls a carried model where there is nothing but a proxy:
// its address is the one of the card.
func TestPullAsksTheProxy(t *testing.T) {
	asked := make(chan string, 10)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Method + " " + r.Host
		http.Error(w, "not today", http.StatusForbidden)
	}))
	defer proxy.Close()
	cmd := command(t, "model", "pull", "yolox-nano", "--to", t.TempDir())
	cmd.Env = append(withoutProxies(cmd), "HTTPS_PROXY=http://me:s3cret@"+strings.TrimPrefix(proxy.URL, "http://"))
	r := finish(t, cmd)
	if got := <-asked; got != "CONNECT github.com:443" {
		t.Errorf("the proxy was asked for %q", got)
	}
	if r.code != 4 || !strings.Contains(r.stderr, "yolox_nano.onnx: Forbidden") || strings.Contains(r.stderr, "s3cret") {
		t.Errorf("exit %d, %s", r.code, r.stderr)
	}
}

// withoutProxies is a command's environment without this machine's own.
func withoutProxies(cmd *exec.Cmd) []string {
	return slices.DeleteFunc(slices.Clone(cmd.Env), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return strings.HasSuffix(strings.ToUpper(name), "_PROXY")
	})
}

// TestWrongSumLeavesNothing sends another file than the card wants.
func TestWrongSumLeavesNothing(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<html>please sign in</html>") // the program looks at it
	}))
	defer other.Close()
	card := (&mirror{Server: other}).card(t)
	r := braid(t, "model", "pull", card)
	if r.code != 5 || !strings.Contains(r.stderr, "sha256 does not match") || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("exit %d, %s", r.code, r.stderr)
	}
	if files, err := os.ReadDir(filepath.Dir(card)); err != nil || len(files) != 1 {
		t.Errorf("left behind: %v, %v", files, err)
	}
}
