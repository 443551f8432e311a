package app

import (
	"strings"
	"testing"
)

func TestConfigValidate(t *testing.T) {
	const camera = "cameras.a.url=scene:street?seed=1"
	for _, tt := range []struct {
		name string
		set  []string
		json bool
		code int
		out  string
	}{
		{"for people", []string{camera}, false, 0, "ok: site yard, 1 cameras, 1 models\n"},
		{"json", []string{camera}, true, 0, `{"ok":true,"site":"yard","cameras":1,"models":1}` + "\n"},
		{"two cameras, one model", []string{camera, "cameras.b.url=scene:street?seed=2"}, true, 0, `{"ok":true,"site":"yard","cameras":2,"models":1}` + "\n"},
		{"a problem", []string{camera, "cameras.a.policy=never"}, true, 3, ""},
		{"no model", []string{camera, "model=no-such-model"}, true, 3, ""},
		{"a class", []string{camera, "cameras.a.classes=[person]"}, true, 0, `{"ok":true,"site":"yard","cameras":1,"models":1}` + "\n"},
		{"a camera that plays a test", []string{"cameras.a.url=test:?fps=25"}, true, 0, `{"ok":true,"site":"yard","cameras":1,"models":1}` + "\n"},
		{"a recording that is not here yet", []string{"cameras.a.url=file:no-such.mp4"}, true, 0, `{"ok":true,"site":"yard","cameras":1,"models":1}` + "\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env, _ := cachedIn(t)
			var out strings.Builder
			env.Out, env.JSON = &out, tt.json
			set := append([]string{"site=yard", "model=../../models/braid-nano.yaml"}, tt.set...)
			err := ConfigValidate(env, ConfigOptions{Choice: Choice{Set: set}})
			if ExitCode(err) != tt.code || out.String() != tt.out {
				t.Errorf("exit %d, %v; %q, want exit %d and %q", ExitCode(err), err, out.String(), tt.code, tt.out)
			}
		})
	}
}

// TestConfigValidateNamesAll: each camera's URL and classes, and each model, in a line.
func TestConfigValidateNamesAll(t *testing.T) {
	env, _ := cachedIn(t)
	set := []string{
		"site=yard", "model=../../models/braid-nano.yaml",
		"cameras.a.url=scene:street?seed=x", "cameras.a.classes=[person, unicorn]",
		"cameras.b.url=test:?speed=3", "cameras.b.model=no-such-model",
		"cameras.c.url=test:?size=3", "cameras.c.model=nor-this",
		"cameras.d.url=scene:street", "cameras.d.model=no-such-model",
	}
	err := ConfigValidate(env, ConfigOptions{Choice: Choice{Set: set}})
	if ExitCode(err) != 3 {
		t.Fatalf("exit %d, %v", ExitCode(err), err)
	}
	text := err.Error()
	for _, want := range []string{`camera a: scene:street?seed=x`, `class "unicorn"`, `camera b: parameter "speed"`, `camera c: size "3"`, "no-such-model", "nor-this"} {
		if strings.Count(text, want) != 1 {
			t.Errorf("%q stands there %d times:\n%s", want, strings.Count(text, want), text)
		}
	}
	if strings.Contains(text, `"person"`) {
		t.Errorf("%s", text)
	}
}
