//go:build e2e

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"braid/sink/wire"
)

// camerasOf is what braid cameras ls says: "name state".
func camerasOf(t *testing.T, s *service) (out []string, last []wire.Camera) {
	t.Helper()
	r := braid(t, "cameras", "ls", "--nats", s.url, "-o", "json")
	if r.code != 0 { // before the bucket is there
		return nil, nil
	}
	for line := range strings.Lines(r.out) {
		m, err := wire.ParseCamera([]byte(line))
		if err != nil {
			t.Fatalf("cameras ls printed %q: %v", line, err)
		}
		out, last = append(out, m.Camera+" "+m.State), append(last, m)
	}
	return out, last
}

// awaitCameras waits until the instance's cameras are as wanted.
func awaitCameras(t *testing.T, s *service, want ...string) []wire.Camera {
	t.Helper()
	late := time.After(time.Minute)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		got, last := camerasOf(t, s)
		if slices.Equal(got, want) {
			return last
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("the cameras are %q, want %q", got, want)
		}
	}
}

// witness reads the frames of a camera that nobody touches, in the background, from
// before it returns until some after stop was called, and wants them without a hole
// and of one run.
func (s *service) witness(t *testing.T, camera string) (stop func()) {
	t.Helper()
	cmd := command(t, "watch", "--nats", s.url, "-o", "json", "--camera", camera)
	var out lockedBuffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	more := func(n int) {
		t.Helper()
		n += strings.Count(out.String(), "\n")
		late, tick := time.After(time.Minute), time.NewTicker(20*time.Millisecond)
		defer tick.Stop()
		for strings.Count(out.String(), "\n") < n {
			select {
			case <-tick.C:
			case <-late:
				t.Fatalf("camera %s sends no frames any more", camera)
			}
		}
	}
	more(5)
	return func() {
		t.Helper()
		more(10)
		_ = cmd.Process.Signal(os.Interrupt) // it has not ended
		_ = cmd.Wait()                       // it was interrupted
		var last wire.Frame
		n := 0
		for line := range strings.Lines(out.String()) {
			f, err := wire.ParseFrame([]byte(line))
			if err != nil {
				t.Fatal(err)
			}
			if n > 0 && (f.Seq != last.Seq+1 || f.Run != last.Run || f.Skipped != nil) {
				t.Errorf("camera %s: frame %d of run %s after %d of %s, skipped %v", camera, f.Seq, f.Run, last.Seq, last.Run, f.Skipped)
			}
			last = f
			n++
		}
	}
}

const still = `
site: test
nats: {url: embedded, listen: "127.0.0.1:0"}
model: ball
cameras:
  - {name: still, url: "test:?size=320x240&fps=10", queue: 8}
`

func TestCamerasChangeWhileItRuns(t *testing.T) {
	s := serve(t, still+`  - {name: other, url: "test:?size=320x240&fps=10"}`)
	awaitCameras(t, s, "other playing", "still playing")
	stop := s.witness(t, "still")
	control := func(code int, args ...string) string {
		t.Helper()
		r := braid(t, append([]string{"cameras", args[0], "--nats", s.url}, args[1:]...)...)
		if r.code != code {
			t.Fatalf("braid cameras %s: exit %d, want %d\n%s", strings.Join(args, " "), r.code, code, r.stderr)
		}
		return r.stderr
	}
	control(0, "add", "Third One", "test:?size=160x120&fps=10", "max_fps=5", "min_score=0.9")
	before := awaitCameras(t, s, "Third One playing", "other playing", "still playing")
	control(0, "set", "third-one", "classes=ball")
	after := awaitCameras(t, s, "Third One playing", "other playing", "still playing")
	for late := time.Now().Add(time.Minute); before[0].Run == after[0].Run && time.Now().Before(late); { // a request is answered before the bucket has its effect
		after = awaitCameras(t, s, "Third One playing", "other playing", "still playing")
	}
	if before[0].Run == after[0].Run || before[2].Run != after[2].Run {
		t.Errorf("runs %s and %s before, %s and %s after", before[0].Run, before[2].Run, after[0].Run, after[2].Run)
	}
	control(0, "rm", "other")
	awaitCameras(t, s, "Third One playing", "still playing")
	for _, refused := range [][]string{
		{"there is a camera", "add", "still", "test:"},
		{"polcy", "set", "still", "polcy=block"},
		{"cameras.fourth.url: unknown scheme", "add", "fourth", "nonsense:x"},
		{"cameras.fourth.polcy: unknown key", "add", "fourth", "test:", "polcy=block"},
		{"min_score 0.01 is below", "set", "still", "min_score=0.01"},
		{"start it again", "set", "still", "model=yolox-nano"},
		{"no camera has the name", "rm", "nobody"},
		{"configuration file only", "add", "x", "gst:videotestsrc"},
		{"within the folder", "add", "x", "rtsp://127.0.0.1:1/", "username=u", "password_file=/etc/hostname"},
		{"no such file", "add", "x", "rtsp://127.0.0.1:1/", "username=u", "password_file=none"},
	} {
		if text := control(3, refused[1:]...); !strings.Contains(text, refused[0]) || strings.Count(strings.TrimSpace(text), "\n") > 0 {
			t.Errorf("%q says %q", refused[1:], text)
		}
	}
	awaitCameras(t, s, "Third One playing", "still playing")
	stop()
	table := mustRun(t, "cameras", "ls", "--nats", s.url)
	if !strings.Contains(table.out, "Third One") || !strings.HasPrefix(table.out, "SITE") {
		t.Errorf("the table is\n%s", table.out)
	}
	balanced(t, s.stop(t, syscall.SIGTERM, 0))
}

// The file says what runs: what it changes is changed, what it does not say stays,
// and what cannot be taken is refused whole, in one line.
func TestConfigurationIsTakenOver(t *testing.T) {
	s := serve(t, still+`  - {name: other, url: "test:?size=320x240&fps=10"}`)
	file := s.cmd.Args[slices.Index(s.cmd.Args, "-c")+1]
	write := func(text string) { // as editors do it
		t.Helper()
		next := filepath.Join(filepath.Dir(file), "next")
		if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(next, file); err != nil {
			t.Fatal(err)
		}
	}
	first := awaitCameras(t, s, "other playing", "still playing")
	stop := s.witness(t, "still")
	mustRun(t, "cameras", "add", "--nats", s.url, "mine", "test:?fps=5")
	awaitCameras(t, s, "mine playing", "other playing", "still playing")
	write(still + `  - {name: other, url: "test:?size=160x120&fps=10"}
  - {name: late, url: "test:?fps=5"}`)
	second := awaitCameras(t, s, "late playing", "mine playing", "other playing", "still playing")
	if first[0].Run == second[2].Run || first[1].Run != second[3].Run {
		t.Errorf("what changed was not opened anew, or what did not was: %+v, %+v", first, second)
	}
	for bad, why := range map[string]string{
		strings.Replace(still, "queue: 8", "queue: 800", 1):                                                     "cameras[0].queue: 800 is out of range",
		strings.Replace(still, "site: test", "site: elsewhere", 1):                                              "start it again for site",
		still + `  - {name: new, url: "test:", min_score: 0.001}`:                                               "min_score",
		strings.Replace(still, "queue: 8", "queue: 4, classes: [unicorn]", 1) + "  - {name: n, url: \"test:\"}": "unicorn",
	} {
		write(bad)
		s.awaitLog(t, "configuration rejected", why)
	}
	awaitCameras(t, s, "late playing", "mine playing", "other playing", "still playing")
	// What is rejected for a file that is missing is taken when that is there.
	write(still + `  - {name: gate, url: "rtsp://127.0.0.1:1/x", username: u, password_file: gate.pass}`)
	s.awaitLog(t, "configuration rejected", "gate.pass")
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "gate.pass"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	awaitCameras(t, s, "gate backoff", "mine playing", "still playing")
	write(still)
	awaitCameras(t, s, "mine playing", "still playing")
	stop()
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	s.awaitLog(t, "configuration taken over", `"cameras":1`)
	balanced(t, s.stop(t, syscall.SIGTERM, 0))
}

// awaitLog waits for a line of the log in which a message and a text stand.
func (s *service) awaitLog(t *testing.T, msg, text string) {
	t.Helper()
	late := time.After(time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		for line := range strings.Lines(s.logs.String()) {
			var l struct{ Msg string }
			if json.Unmarshal([]byte(line), &l) == nil && strings.HasPrefix(l.Msg, msg) && strings.Contains(line, text) {
				return
			}
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("no line of the log says %q and %q", msg, text)
		}
	}
}
