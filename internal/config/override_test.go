package config

import (
	"reflect"
	"strings"
	"testing"
)

const twoCameras = "testdata/two.yaml"

func TestPrecedence(t *testing.T) {
	for _, tt := range []struct {
		name    string
		environ []string
		set     []string
		want    string
	}{
		{"file", nil, nil, "file"},
		{"environment over file", []string{"BRAID_SITE=env"}, nil, "env"},
		{"flag over environment", []string{"BRAID_SITE=env"}, []string{"site=flag"}, "flag"},
		{"flag over file", nil, []string{"site=flag"}, "flag"},
		{"last flag", nil, []string{"site=flag", "site=last"}, "last"},
		{"flag back to the file's value", []string{"BRAID_SITE=env"}, []string{"site=file"}, "file"},
		{"empty variable is none", []string{"BRAID_SITE="}, nil, "file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Load(Options{File: twoCameras, Environ: tt.environ, Set: tt.set})
			if err != nil || c.Site != tt.want {
				t.Errorf("site is %q, %v; want %q", c.Site, err, tt.want)
			}
		})
	}
}

// TestEveryScalarKey sets each key outside the camera list in three ways.
func TestEveryScalarKey(t *testing.T) {
	value := map[string]string{
		"nats.url": "nats://h:1", "nats.listen": "[::1]:0", "nats.jetstream": "true", "nats.max_bytes": "2GiB", "nats.max_age": "30s",
		"http.listen": "127.0.0.1:0", "http.pprof": "true", "log.level": "warn", "log.format": "json", "backend": "ort",
		"nats.max_per_camera": "5", "nats.duplicate_window": "20s", "nats.storage": "memory", "nats.retention": "interest", "nats.replicas": "3",
		"nats.events.max_bytes": "2GiB", "nats.events.max_age": "30s", "nats.spool.max_bytes": "2GiB",
	}
	other := map[string]string{
		"nats.users_file": "it belongs to the embedded server", "nats.creds_file": "it excludes username", "nats.nkey_file": "it excludes username",
		"nats.jwt_file": "it needs nkey_file", "nats.username_file": "it excludes username", "nats.password_file": "it excludes password",
	}
	var environ, set []string
	for _, k := range scalarKeys(Default()) {
		if other[k.Path] != "" {
			continue
		}
		v := value[k.Path]
		if v == "" {
			v = "x"
		}
		environ = append(environ, Variable(k.Path)+"="+v)
		set = append(set, k.Path+"="+v)
	}
	byEnviron, err := Load(Options{File: twoCameras, Environ: environ})
	if err != nil {
		t.Fatal(err)
	}
	bySet, err := Load(Options{File: twoCameras, Set: set})
	if err != nil || !reflect.DeepEqual(byEnviron, bySet) {
		t.Errorf("--set gives %+v, %v\nthe environment %+v", bySet, err, byEnviron)
	}
	if len(set) < 15 || bySet.NATS.MaxBytes != 2<<30 || bySet.Log.Level != Warn || bySet.NATS.TLS.KeyFile != "testdata/x" {
		t.Errorf("%d keys: %+v", len(set), bySet)
	}
}

func TestSetCameras(t *testing.T) {
	c, err := Load(Options{File: twoCameras, Set: []string{
		"cameras.gate-1.policy=block", "cameras.Gate 1.max_fps=5", "cameras.b.classes=person, car", "cameras.b.queue=3", "cameras.b.url=images:a=b",
	}})
	if err != nil {
		t.Fatal(err)
	}
	if a := c.Cameras[0]; a.Policy != Block || a.MaxFPS != 5 {
		t.Errorf("by slug and by name: %+v", a)
	}
	if b := c.Cameras[1]; b.Queue != 3 || b.URL != "images:a=b" || !reflect.DeepEqual(b.Classes, []string{"person", "car"}) {
		t.Errorf("got %+v", b)
	}
}

func TestBadSettings(t *testing.T) {
	for set, want := range map[string]string{
		"site":                       "--set: site: want key=value",
		"siet=x":                     `--set: siet: unknown key, did you mean "site"?`,
		"nats.ulr=x":                 `--set: nats.ulr: unknown key, did you mean "url"?`,
		"nats=x":                     "--set: nats: want keys with values, got x",
		"nats.max_age=5":             "--set: nats.max_age: want a duration such as 150ms, got 5",
		"cameras=x":                  "--set: cameras: set cameras by name: cameras.NAME.key=value",
		"cameras.gate-1=x":           "--set: cameras.gate-1: want cameras.NAME.key=value",
		"cameras.gat-1.policy=block": `--set: cameras.gat-1: no camera has this name, did you mean "Gate 1"?`,
		"cameras.gate-1.polcy=block": `--set: cameras.gate-1.polcy: unknown key, did you mean "policy"?`,
		"cameras.gate-1.policy=blok": `--set: cameras.gate-1.policy: unknown value blok, did you mean "block"?`,
		"cameras.gate-1.zones=2":     "--set: cameras.gate-1.zones: reserved for a later version",
		"cameras.gate-1.queue=99":    "testdata/two.yaml:4: cameras[0].queue: 99 is out of range, want 64 or less",
		"cameras.new.url=test:":      `--set: cameras.new: no camera has this name, known: Gate 1, b`,
		"log.level=loud":             "--set: log.level: unknown value loud, want debug, info, warn or error",
		"plan=":                      "testdata/two.yaml:1: plan: is required",
		"=x":                         "--set: unknown key",
	} {
		_, err := Load(Options{File: twoCameras, Set: []string{set}})
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v\nwant %s", set, err, want)
		}
	}
}

func TestVariable(t *testing.T) {
	for key, want := range map[string]string{"site": "BRAID_SITE", "nats.tls.ca_file": "BRAID_NATS_TLS_CA_FILE"} {
		if got := Variable(key); got != want {
			t.Errorf("%s is %s, want %s", key, got, want)
		}
	}
}

func TestExpand(t *testing.T) {
	v := newVariables([]string{"A=1", "EMPTY=", "odd"})
	for text, want := range map[string]string{
		"": "", "a$b": "a$b", "${A}": "1", "x${A}y${A}": "x1y1", "${EMPTY}": "", "${EMPTY:-d}": "d", "${A:-d}": "1", "${B:-}": "",
		"${B:-a:-b}": "a:-b", "$${A}": "${A}", "$$": "$$", "{A}": "{A}",
	} {
		if got, err := v.expand(text); err != nil || got != want {
			t.Errorf("%q gives %q, %v; want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"${B}": "the environment variable B is not set", "${}": "want ${NAME}", "${A": "want ${NAME}", "${1A}": "want ${NAME}", "${A-x}": "want ${NAME}",
	} {
		if got, err := v.expand(text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q gives %q, %v; want %s", text, got, err, want)
		}
	}
}
