//go:build e2e

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"braid/internal/card/cardtest"
	"braid/sink/wire"
)

// service is a braid run in the background.
type service struct {
	cmd  *exec.Cmd
	url  string // of its embedded server
	out  bytes.Buffer
	logs lockedBuffer
	done chan struct{}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// serve starts braid run and returns when its NATS server listens.
func serve(t *testing.T, config string, args ...string) *service {
	t.Helper()
	s := &service{done: make(chan struct{})}
	s.cmd = command(t, append([]string{"run", "-c", writeFile(t, "braid.yaml", config), "-o", "json", "--log-format", "json"}, args...)...)
	r, w := io.Pipe()
	s.cmd.Stdout, s.cmd.Stderr = &s.out, io.MultiWriter(w, &s.logs)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(s.done)
		_ = s.cmd.Wait() // the tests look at the exit code
		w.Close()
	}()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill() // it has ended, unless the test failed
		if t.Failed() {
			t.Logf("logs of braid run:\n%s", s.logs.String())
		}
	})
	lines := bufio.NewScanner(r)
	for s.url == "" && lines.Scan() {
		var line struct{ Msg, URL string }
		_ = json.Unmarshal(lines.Bytes(), &line)
		if strings.HasPrefix(line.Msg, "embedded NATS") {
			s.url = line.URL
		}
	}
	if s.url == "" {
		t.Fatalf("braid run ended before it listened:\n%s", s.logs.String())
	}
	go func() { _, _ = io.Copy(io.Discard, r) }() // the writer has the copy that counts
	return s
}

// stop sends a signal and wants the program to end with a code.
func (s *service) stop(t *testing.T, sig syscall.Signal, code int) summary {
	t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.done:
	case <-time.After(30 * time.Second):
		t.Fatal("braid run did not end within 30 s")
	}
	if got := s.cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("exit code %d, want %d", got, code)
	}
	return summaryOf(t, s.out.String())
}

// watch reads n messages of a service.
func (s *service) watch(t *testing.T, n string, args ...string) []wire.Frame {
	t.Helper()
	r := mustRun(t, append([]string{"watch", "--nats", s.url, "-o", "json", "--count", n}, args...)...)
	var out []wire.Frame
	for line := range strings.Lines(r.out) {
		f, err := wire.ParseFrame([]byte(line))
		if err != nil {
			t.Fatalf("watch printed %q: %v", line, err)
		}
		out = append(out, f)
	}
	return out
}

const twoCameras = `
site: test
nats: {url: embedded, listen: "127.0.0.1:0"}
model: ball
cameras:
  - {name: Left Gate, url: "test:?pattern=ball&size=320x240&fps=20"}
  - {name: right, url: "test:?pattern=ball&size=640x480&fps=20"}
`

func TestRunShowsTwoCamerasInOrder(t *testing.T) {
	s := serve(t, twoCameras)
	last := map[string]uint64{}
	found := map[string]int{}
	for _, f := range s.watch(t, "200") {
		if prev, ok := last[f.Camera]; ok && f.Seq != prev+1 {
			t.Errorf("camera %s: seq %d after %d", f.Camera, f.Seq, prev)
		}
		last[f.Camera] = f.Seq
		found[f.Camera] += len(f.Objects)
		if f.Site != "test" || f.Clock != "wall" || f.Capture.IsZero() || f.Age <= 0 || len(f.Stages) == 0 {
			t.Fatalf("message lacks something: %+v", f)
		}
	}
	for _, camera := range []string{"Left Gate", "right"} { // one may start later than the other
		if found[camera] < 20 {
			t.Errorf("camera %s: %d balls in its share of 200 frames", camera, found[camera])
		}
	}
	balanced(t, s.stop(t, syscall.SIGTERM, 0))
}

// balanced holds the ledger of a finished run: nothing lost, nothing left.
func balanced(t *testing.T, s summary) {
	t.Helper()
	for _, c := range s.Cameras {
		sum := c.Published
		for _, n := range c.Failed {
			sum += n
		}
		for _, n := range c.Dropped {
			sum += n
		}
		if c.In == 0 || sum != c.In || c.InFlight != 0 {
			t.Errorf("ledger of %s does not close: %+v", c.Camera, c)
		}
	}
}

// TestDurableWatchHasNoGap kills a durable subscriber and starts it again.
func TestDurableWatchHasNoGap(t *testing.T) {
	s := serve(t, twoCameras)
	cmd := command(t, "watch", "--nats", s.url, "-o", "json", "--durable", "t")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	seen := map[string]map[uint64]bool{}
	note := func(f wire.Frame) {
		if seen[f.Camera] == nil {
			seen[f.Camera] = map[uint64]bool{}
		}
		seen[f.Camera][f.Seq] = true
	}
	lines := bufio.NewScanner(out)
	for n := 0; n < 40 && lines.Scan(); n++ {
		f, err := wire.ParseFrame(lines.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		note(f)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // what it printed before it died
		if f, err := wire.ParseFrame(lines.Bytes()); err == nil {
			note(f)
		}
	}
	_ = cmd.Wait() // killed
	for _, f := range s.watch(t, "80", "--durable", "t") {
		note(f)
	}
	for camera, seqs := range seen {
		top := uint64(0)
		for seq := range seqs {
			top = max(top, seq)
		}
		low := top
		for seq := range seqs {
			low = min(low, seq)
		}
		if uint64(len(seqs)) != top-low+1 {
			t.Errorf("camera %s: %d of the seqs %d to %d", camera, len(seqs), low, top)
		}
	}
	if len(seen) != 2 {
		t.Errorf("saw cameras %v, want two", seen)
	}
	balanced(t, s.stop(t, syscall.SIGTERM, 0))
}

// TestOnceEndsWithItsSources runs bounded sources, one of which is missing.
func TestOnceEndsWithItsSources(t *testing.T) {
	cmd := command(t, "run", "--once", "-o", "json", "-c", writeFile(t, "braid.yaml", `
nats: {url: embedded, listen: "127.0.0.1:0"}
model: ball
cameras:
  - {name: good, url: "test:?frames=40&live=false", policy: block}
  - {name: gone, url: "file:no-such.mp4"}
  - {name: folder, url: "file:models"}
`))
	r := finish(t, cmd)
	if r.code != 1 || !strings.Contains(r.stderr, "no-such.mp4") {
		t.Errorf("exit %d, want 1 and a line that names the missing file:\n%s", r.code, r.stderr)
	}
	s := summaryOf(t, r.out)
	if s.Cameras[0].Published != 40 {
		t.Errorf("the good camera published %d frames, want 40", s.Cameras[0].Published)
	}
}

// TestTwoModelsShareTheSinks runs cameras with different models in one program.
func TestTwoModelsShareTheSinks(t *testing.T) {
	r := finish(t, command(t, "run", "--once", "-o", "json", "-c", writeFile(t, "braid.yaml", fmt.Sprintf(`
nats: {url: embedded, listen: "127.0.0.1:0"}
model: ball
cameras:
  - {name: a, url: "test:?frames=60&live=false", policy: block}
  - {name: b, url: "test:?frames=60&live=false", policy: block, model: %q}
  - {name: c, url: "test:?frames=60&live=false", policy: block, model: models/ball.yaml}
`, cardtest.YOLOXNano(t, threshold)))))
	if r.code != 0 {
		t.Fatalf("exit %d\n%s", r.code, r.stderr)
	}
	published, models := 0, 0
	for line := range strings.Lines(r.out) {
		models++
		s := summaryOf(t, line)
		balanced(t, s)
		for _, c := range s.Cameras {
			published += int(c.Published)
		}
	}
	if published != 180 || models != 2 {
		t.Errorf("%d frames of %d models, want 180 of 2", published, models)
	}
}
