package doctor

import (
	"os"
	"path/filepath"
	"testing"
)

func TestIntel(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		want  Intel
	}{
		{"nothing", nil, Intel{}},
		{"another maker's", map[string]string{"class/drm/renderD128": "0x10de\n", "class/accel/accel0": "0x1002\n"}, Intel{}},
		{"a GPU beside another's", map[string]string{"class/drm/renderD128": "0x10de\n", "class/drm/renderD129": "0x8086\n"}, Intel{GPU: true}},
		{"an NPU", map[string]string{"class/accel/accel0": "0x8086\n"}, Intel{NPU: true}},
	} {
		sys := t.TempDir()
		for dir, vendor := range c.files {
			f := filepath.Join(sys, dir, "device", "vendor")
			if err := os.MkdirAll(filepath.Dir(f), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(f, []byte(vendor), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := intel(sys); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}
