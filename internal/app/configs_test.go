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
