package config

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"braid/internal/redact"
	"braid/internal/strict"
)

var update = flag.Bool("update", false, "rewrite golden files")

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (-update rewrites it):\n%s", path, got)
	}
}

// load reads a file in an environment that is the same everywhere. Lines
// "# env: NAME=value" in it are added.
func load(t testing.TB, file string, set ...string) (Config, error) {
	t.Helper()
	environ := []string{"HOME=/home/u"}
	if file != "" {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			if v, ok := strings.CutPrefix(line, "# env: "); ok {
				environ = append(environ, strings.TrimSpace(v))
			}
		}
	}
	return Load(Options{File: file, Set: set, Environ: environ, Hostname: "Box.example.com"})
}

func each(t *testing.T, pattern string, test func(t *testing.T, path string)) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no %s: %v", pattern, err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) { test(t, f) })
	}
}

// TestGoodFiles shows what config print says: defaults filled in, no secrets.
func TestGoodFiles(t *testing.T) {
	each(t, "testdata/*.good.yaml", func(t *testing.T, path string) {
		c, err := load(t, path)
		if err != nil {
			t.Fatal(err)
		}
		out, err := Print(c)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, strings.TrimSuffix(path, ".good.yaml")+".golden", string(out))
		for _, secret := range []string{"s3cret", "from file", "admin:pw", "token@", "=abc", "a:b@", "p q"} {
			if strings.Contains(string(out), secret) {
				t.Errorf("the secret %q is printed", secret)
			}
		}
	})
}

func TestBadFiles(t *testing.T) {
	each(t, "testdata/*.bad.yaml", func(t *testing.T, path string) {
		_, err := load(t, path)
		if _, all := errors.AsType[strict.Errors](err); !all {
			t.Fatalf("got %v", err)
		}
		golden(t, strings.TrimSuffix(path, ".yaml")+".golden", err.Error()+"\n")
		if strings.Contains(err.Error(), "secret/word") {
			t.Error("an error repeats a password")
		}
	})
}

func TestSecretsAreRead(t *testing.T) {
	c, err := load(t, "testdata/full.good.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Cameras[0].Password; got != "from file" {
		t.Errorf("password_file gives %q", got)
	}
	if got := c.Cameras[1].URL; got != "rtsp://u:s3cret@10.0.0.3/s" {
		t.Errorf("url is %q", got)
	}
	if got := c.Cameras[4].URL; got != "https://example.com/live/x.m3u8" {
		t.Errorf("default of a variable: %q", got)
	}
	if got := c.NATS.CredsFile; got != filepath.Join("testdata", "user.creds") {
		t.Errorf("creds_file is %q", got)
	}
}

// TestNATSCredentials reads each way to say who braid is.
func TestNATSCredentials(t *testing.T) {
	remote := "nats.url=nats://h:4222"
	for _, set := range [][]string{
		{remote, "nats.username_file=testdata/secret.txt", "nats.password_file=testdata/secret.txt"},
		{remote, "nats.creds_file=x"},
		{remote, "nats.nkey_file=x"},
		{remote, "nats.nkey_file=x", "nats.jwt_file=y"},
		{"nats.listen=0.0.0.0:4222", "nats.users_file=x", "nats.nkey_file=y"},
	} {
		c, err := Load(Options{NoFile: true, Set: set, Environ: []string{"HOME=/h"}})
		if err != nil || strings.HasPrefix(set[1], "nats.username") && (c.NATS.Username != "from file" || c.NATS.Password != "from file") {
			t.Errorf("%v: %v, %+v", set, err, c.NATS)
		}
	}
	// A reader need not know the users file of the server that another embeds, nor of its cluster.
	if _, err := Load(Options{NoFile: true, Set: []string{"nats.username=u", "nats.password=p", "nats.replicas=3"}}); err != nil {
		t.Error(err)
	}
}

func TestSpoolIsTheExternalServers(t *testing.T) {
	for _, tt := range []struct {
		set  []string
		want string
	}{
		{nil, ""},
		{[]string{"nats.url=nats://h"}, ""},
		{[]string{"nats.url=nats://h", "nats.jetstream=true"}, "/home/u/.local/state/braid/spool/box-example-com"},
		{[]string{"nats.url=nats://h", "nats.jetstream=true", "nats.spool.max_bytes=0"}, ""},
		{[]string{"nats.url=nats://h", "nats.jetstream=true", "nats.spool.dir=/d"}, "/d"},
	} {
		c, err := load(t, "testdata/least.good.yaml", tt.set...)
		if err != nil || c.NATS.Spools() != (tt.want != "") || c.NATS.Spool.Dir != tt.want {
			t.Errorf("%v: %+v, %v", tt.set, c.NATS.Spool, err)
		}
	}
}

func TestPasswordFileIsBounded(t *testing.T) {
	long := filepath.Join(t.TempDir(), "long")
	for size, ok := range map[int]bool{1: true, maxSecret: true, maxSecret + 1: false, 1 << 20: false} {
		if err := os.WriteFile(long, []byte(strings.Repeat("p", size)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := load(t, "testdata/least.good.yaml", "cameras.a.url=rtsp://h/s", "cameras.a.username=u", "cameras.a.password_file="+long)
		if (err == nil) != ok || ok && len(c.Cameras[0].Password) != size {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

func TestDefaultsByURL(t *testing.T) {
	for url, want := range map[string]Policy{
		"file:a.mp4": Block, "FILE:a.mp4": Block, "images:d": Block, "test:": DropOldest, "rtsp://h/s": DropOldest, "v4l2:/dev/video0": DropOldest,
	} {
		c, err := load(t, "testdata/least.good.yaml", "cameras.a.url="+url)
		if err != nil || c.Cameras[0].Policy != want {
			t.Errorf("%s: %s, %v; want %s", url, c.Cameras[0].Policy, err, want)
		}
	}
}

func TestJetStreamDefault(t *testing.T) {
	for _, tt := range []struct {
		set  []string
		want bool
	}{
		{nil, true},
		{[]string{"nats.jetstream=false"}, false},
		{[]string{"nats.url=nats://h:4222"}, false},
		{[]string{"nats.url=nats://h:4222", "nats.jetstream=true"}, true},
	} {
		c, err := load(t, "testdata/least.good.yaml", tt.set...)
		if err != nil || c.NATS.UsesJetStream() != tt.want || *c.NATS.JetStream != tt.want {
			t.Errorf("%v: %v, %v", tt.set, c.NATS.UsesJetStream(), err)
		}
	}
}

func TestWithoutFile(t *testing.T) {
	t.Chdir(t.TempDir())
	_, err := load(t, "")
	if want := "no configuration: braid.yaml is not here; give -c FILE, or --set cameras.NAME.url=URL"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	c, err := load(t, "", "model=ball", "cameras.a.min_score=0.5", "cameras.a.url=test:", "cameras.b.c.url=images:x")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Cameras) != 2 || c.Cameras[0].Name != "a" || c.Cameras[0].MinScore != 0.5 || c.Cameras[0].Queue != 2 || c.Cameras[1].Name != "b.c" {
		t.Errorf("got %+v", c.Cameras)
	}
	if _, err := Load(Options{File: "nowhere.yaml"}); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "nowhere.yaml") {
		t.Errorf("a named file that is missing: %v", err)
	}
	if err := os.WriteFile(DefaultFile, []byte("model: ball\ncameras: [{name: x, url: 'test:'}]"), 0o644); err != nil {
		t.Fatal(err)
	}
	if c, err := load(t, ""); err != nil || c.Cameras[0].Name != "x" {
		t.Errorf("./braid.yaml is not read: %+v, %v", c, err)
	}
	if c, err := Load(Options{NoFile: true, Set: []string{"site=s"}}); err != nil || c.Site != "s" || c.Cameras != nil {
		t.Errorf("a command without cameras: %+v, %v", c, err)
	}
}

func TestNATSURLsArePrintedWithoutCredentials(t *testing.T) {
	for text, want := range map[string]string{
		"embedded":                   "embedded",
		"nats://token@h":             "nats://h",
		"nats://a:b@h, nats://c:d@h": "nats://h, nats://h",
	} {
		if got := (Config{NATS: NATS{URL: text}}).Redacted().NATS.URL; got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestValidateWithoutLoad(t *testing.T) {
	c := Default()
	c.Model = "ball"
	cam := NewCamera()
	cam.Name, cam.URL = "a", "test:"
	c.Cameras = []Camera{cam}
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	c.Cameras[0].Policy = "blok"
	if err := c.Validate(); err == nil || err.Error() != `cameras[0].policy: unknown value blok, did you mean "block"?` {
		t.Errorf("got %v", err)
	}
}

func TestRedactedIsACopy(t *testing.T) {
	c := Config{Cameras: []Camera{{Name: "a", Password: "p"}}}
	if r := c.Redacted(); r.Cameras[0].Password != redact.Hidden || c.Cameras[0].Password != "p" {
		t.Errorf("got %q, and %q in the original", r.Cameras[0].Password, c.Cameras[0].Password)
	}
}

// FuzzLoad reads any text as a configuration: no panic, and what is printed can
// be read again.
func FuzzLoad(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.yaml")
	samples, _ := filepath.Glob("../../configs/*.yaml")
	for _, name := range slices.Concat(files, samples) {
		if data, err := os.ReadFile(name); err == nil {
			f.Add(data)
		}
	}
	path := filepath.Join(f.TempDir(), "c.yaml")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		environ := []string{"HOME=/home/u", "GATE_PASSWORD=g", "CAMERA_PASSWORD=c", "GATE_1_PASSWORD=x"}
		c, err := Load(Options{File: path, Environ: environ, Hostname: "box"})
		if err != nil {
			return
		}
		out, err := Print(c)
		if err != nil {
			t.Fatal(err)
		}
		back := Default()
		if _, errs := (strict.Decoder{File: "printed"}).Decode(out, &back); errs != nil {
			t.Errorf("what is printed cannot be read: %v\n%s", errs, out)
		}
	})
}

// TestDuplicateWindow: by default it is no longer than any stream keeps its
// messages, and what is set must be so, where there are streams.
func TestDuplicateWindow(t *testing.T) {
	const tooLong = "nats.duplicate_window: 2m0s is more than nats."
	for _, tt := range []struct {
		set  []string
		want time.Duration
		err  string
	}{
		{nil, 2 * time.Minute, ""},
		{[]string{"nats.max_age=30s"}, 30 * time.Second, ""},
		{[]string{"nats.events.max_age=10s"}, 10 * time.Second, ""},
		{[]string{"nats.max_age=2m", "nats.duplicate_window=2m"}, 2 * time.Minute, ""},
		{[]string{"nats.max_age=90s", "nats.duplicate_window=2m"}, 0, tooLong + "max_age 1m30s: set it to that at most"},
		{[]string{"nats.events.max_age=90s", "nats.duplicate_window=2m"}, 0, tooLong + "events.max_age 1m30s: set it to that at most"},
		{[]string{"nats.max_age=90s", "nats.duplicate_window=2m", "nats.jetstream=false"}, 2 * time.Minute, ""},
	} {
		c, err := load(t, "testdata/least.good.yaml", tt.set...)
		switch {
		case tt.err != "" && (err == nil || !strings.HasSuffix(err.Error(), tt.err)), tt.err == "" && err != nil:
			t.Errorf("%v: %v, want %s", tt.set, err, tt.err)
		case err == nil && c.NATS.DuplicateWindow != tt.want:
			t.Errorf("%v: %v, want %v", tt.set, c.NATS.DuplicateWindow, tt.want)
		}
	}
}
