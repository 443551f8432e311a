package config

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid/internal/strict"
)

func TestWith(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "pw")
	if err := os.WriteFile(secret, []byte("first\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	have, err := Load(Options{Environ: []string{"HOME=/home/u"}, Hostname: "h", Set: []string{"model=m", "cameras.Gate 1.url=test:"}})
	if err != nil {
		t.Fatal(err)
	}
	now, err := have.With("new", []string{"url=rtsp://h/s", "username=u", "password_file=" + secret, "ignore=[[[0,0],[1,0],[0,1]]]"})
	if err != nil {
		t.Fatal(err)
	}
	c := now.Camera("new")
	if len(have.Cameras) != 1 || c == nil || c.Password != "first" || c.Policy != DropOldest || c.Queue != 2 || len(c.Ignore) != 1 {
		t.Fatalf("%+v", c)
	}
	if err := os.WriteFile(secret, []byte("second\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if now, err = now.With("new", []string{"max_fps=5"}); err != nil || now.Camera("new").Password != "second" {
		t.Errorf("%v, the password file is not read again: %+v", err, now.Camera("new"))
	}
	if now, err = now.With("gate-1", []string{"url=file:///a.mp4"}); err != nil || now.Camera("Gate 1").Policy != Block {
		t.Errorf("%v, the policy of a file: %+v", err, now.Camera("Gate 1"))
	}
	for setting, want := range map[string]string{
		"polcy=block":    `did you mean "policy"?`,
		"policy=blok":    "unknown value blok",
		"queue":          "want key=value",
		"name=new":       "two cameras",
		"rotate=13":      "90, 180 or 270",
		"url=nonsense:x": "unknown scheme",
	} {
		_, err := now.With("Gate 1", []string{setting})
		if _, all := errors.AsType[strict.Errors](err); !all || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", setting, err, want)
		}
	}
	for _, settings := range [][]string{{"url=nonsense:x"}, {"url=test:", "queue=99"}} {
		if _, err := now.With("third", settings); err == nil || !strings.HasPrefix(err.Error(), "cameras.third.") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want the camera's name", settings, err)
		}
	}
	if len(now.Cameras) != 2 || now.Camera("Gate 1").Queue != 2 {
		t.Errorf("a change that is refused leaves something: %+v", now.Cameras)
	}
}

func TestWithout(t *testing.T) {
	c := Config{Cameras: []Camera{{Name: "a"}, {Name: "b"}}}
	now, err := c.Without("a")
	if err != nil || len(now.Cameras) != 1 || now.Cameras[0].Name != "b" || len(c.Cameras) != 2 || c.Cameras[0].Name != "a" {
		t.Errorf("%v: %+v of %+v", err, now.Cameras, c.Cameras)
	}
	if _, err := c.Without("c"); err == nil || !strings.Contains(err.Error(), `"c"`) {
		t.Errorf("%v", err)
	}
}

func TestDiffer(t *testing.T) {
	a := Default()
	b := a
	b.Cameras = []Camera{NewCamera()}
	if keys := Differ(a, b); keys != nil {
		t.Errorf("cameras count: %q", keys)
	}
	b.NATS.MaxBytes++
	b.Site = "x"
	if keys := Differ(a, b); !slices.Equal(keys, []string{"site", "nats.max_bytes"}) {
		t.Errorf("%q", keys)
	}
}
