package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"braid/sink/wire"
)

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("x"), 1},
		{Usage(errors.New("x")), 2},
		{invalidf("x"), 3},
		{fmt.Errorf("more: %w", as(ErrEnvironment, errors.New("x"))), 4},
		{as(ErrCheck, errors.New("x")), 5},
		{as(ErrInterrupted, errors.New("x")), 130},
		{context.Canceled, 130},
		{as(ErrEnvironment, invalidf("x")), 3}, // the first mark stays
		{errors.Join(errors.New("y"), invalidf("x")), 3},
	} {
		if got := ExitCode(c.err); got != c.want {
			t.Errorf("ExitCode(%v) = %d, want %d", c.err, got, c.want)
		}
	}
}

func TestLiveRunsSortByTime(t *testing.T) {
	a, b := liveRun(time.UnixMilli(1_700_000_000_000)), liveRun(time.UnixMilli(1_700_000_000_001))
	if a[:10] >= b[:10] || len(a) != 12 {
		t.Errorf("%s does not sort before %s", a, b)
	}
}

func TestBatchRunFollowsContent(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	id := func(path, model string) string {
		got, err := batchRun(path, []byte(model))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 12 {
			t.Errorf("run id %q is not 12 digits", got)
		}
		return got
	}
	a, b, c := write("a.mp4", "x"), write("b.mp4", "x"), write("c.mp4", "y")
	if id(a, "m") != id(b, "m") {
		t.Error("equal bytes under two names differ")
	}
	if id(a, "m") == id(c, "m") || id(a, "m") == id(a, "n") {
		t.Error("other bytes or another model give the same run")
	}
	write("f/1.jpg", "x")
	one := id(filepath.Join(dir, "f"), "m")
	write("f/2.jpg", "x")
	if two := id(filepath.Join(dir, "f"), "m"); one == two {
		t.Error("a folder with one more picture gives the same run")
	}
	if id("test:?frames=3", "m") == id("test:?frames=4", "m") {
		t.Error("two URLs give the same run")
	}
}

func TestParseInput(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "2026.11.23")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ arg, path, url, name string }{
		{"a.mp4", "a.mp4", "file:a.mp4", "a.mp4"},
		{"50%.mp4", "50%.mp4", "file:50%25.mp4", "50%.mp4"},
		{"q?a%41 #.mp4", "q?a%41 #.mp4", "file:q%3Fa%2541%20%23.mp4", "q?a%41 #.mp4"},
		{"file:///x/sp%20ace.mp4", "/x/sp ace.mp4", "file:///x/sp%20ace.mp4", "sp ace.mp4"},
		{"file://localhost/x/a.mp4", "/x/a.mp4", "file://localhost/x/a.mp4", "a.mp4"},
		{"file:a.mp4", "a.mp4", "file:a.mp4", "a.mp4"},
		{dir, dir, "images:" + dir, "2026.11.23"},
		{"images:photos", "photos", "images:photos", "photos"},
		{"p/Dog.JPG", "p/Dog.JPG", "images:p/Dog.JPG", "Dog.JPG"},
		{"test:?frames=3", "test:?frames=3", "test:?frames=3", "test"},
		{"rtsp://u:pw@h/x?token=s", "rtsp://u:pw@h/x?token=s", "rtsp://u:pw@h/x?token=s", "h/x"},
		{"gst:souphttpsrc user-pw=s", "gst:souphttpsrc user-pw=s", "gst:souphttpsrc user-pw=s", "gst"},
		{"v4l2:/dev/video0", "v4l2:/dev/video0", "v4l2:/dev/video0", "video0"},
		{"./odd:name.mp4", "./odd:name.mp4", "file:./odd:name.mp4", "odd:name.mp4"},
	} {
		if got := parseInput(c.arg); got != (input{c.path, c.url, c.name}) {
			t.Errorf("parseInput(%q) = %+v, want %q, %q, %q", c.arg, got, c.path, c.url, c.name)
		}
	}
	if got := parseInput(dir).slug(map[string]int{}); got != "2026-11-23" {
		t.Errorf("the folder's camera is %s", got)
	}
}

func TestSlugsAreUnique(t *testing.T) {
	taken := map[string]int{}
	seen := map[string]bool{}
	for _, name := range []string{"Clip One", "clip-one", "clip one", "clip-one-2", "CLIP ONE", strings.Repeat("x", 80), strings.Repeat("x", 81)} {
		slug := input{name: name}.slug(taken)
		if seen[slug] || len(slug) > 48 {
			t.Errorf("%s: slug %s is taken or too long", name, slug)
		}
		seen[slug] = true
	}
	if !seen["clip-one"] || !seen["clip-one-2"] {
		t.Errorf("got %v", seen)
	}
}

func TestResumeReadsWholeLines(t *testing.T) {
	line := func(camera string, seq int) string {
		return fmt.Sprintf(`{"schema":"braid.v1.Frame","camera":%q,"run":"r","seq":%d,"clock":"pts","pts_ns":0,"size":[1,1],"model":"m","plan":"p","objects":[]}`+"\n", camera, seq)
	}
	whole := line("a", 1) + line("a", 2) + line("b", 1)
	done, end, err := readDone(strings.NewReader(whole+line("b", 2)[:30]), func(wire.Frame) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if done.frames("a", "r") != 2 || done.frames("b", "r") != 1 || done.frames("b", "other") != 0 || end != int64(len(whole)) {
		t.Errorf("got %v, end %d of %d", done, end, len(whole))
	}
	for _, bad := range []string{"hello\n", line("a", 2), line("a", 1) + line("a", 3)} {
		if _, _, err := readDone(strings.NewReader(bad), func(wire.Frame) error { return nil }); err == nil {
			t.Errorf("no error for %q", bad)
		}
	}
}

func TestClassFilter(t *testing.T) {
	keep, err := classFilter([]string{"person", "car"}, []string{"car"})
	if err != nil || keep[0] || !keep[1] {
		t.Errorf("got %v, %v", keep, err)
	}
	if keep, err := classFilter([]string{"person"}, nil); keep != nil || err != nil {
		t.Errorf("no classes: got %v, %v", keep, err)
	}
	if _, err := classFilter([]string{"person"}, []string{"cat", "dog"}); err == nil || ExitCode(err) != 3 || !strings.Contains(err.Error(), "dog") {
		t.Errorf("unknown classes: got %v", err)
	}
}

func TestReasons(t *testing.T) {
	if got := reasons(map[string]uint64{"rate": 2, "policy": 1}); got != "3 (policy 1, rate 2)" {
		t.Errorf("got %q", got)
	}
	if got := reasons(nil); got != "0" {
		t.Errorf("got %q", got)
	}
}
