package cuda

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	root := t.TempDir()
	write := func(parts ...string) string {
		p := filepath.Join(append([]string{root}, parts...)...)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		return p
	}
	none := func(string) string { return "" }
	exe := write("dist", "exec", "braid")
	_, err := Find(none, exe)
	if !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "make cuda") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v does not say what to do", err)
	}
	// The nearer place wins: each is added before the farther ones.
	for _, dir := range []string{"lib", "bin", "exec"} {
		want := write("dist", dir, library.File)
		if got, err := Find(none, exe); err != nil || got != want {
			t.Errorf("found %s (%v), want %s", got, err, want)
		}
	}
	link := filepath.Join(root, "link")
	if err := os.Symlink(exe, link); err != nil {
		t.Fatal(err)
	}
	if got, err := Find(none, link); err != nil || got != filepath.Join(root, "dist", "exec", library.File) {
		t.Errorf("through a link: %s (%v)", got, err)
	}
	named := write("elsewhere", "x.so")
	env := func(value string) func(string) string {
		return func(name string) string {
			if name == "BRAID_CUDA_LIB" {
				return value
			}
			return ""
		}
	}
	if got, err := Find(env(named), exe); err != nil || got != named {
		t.Errorf("by name: %s (%v)", got, err)
	}
	if _, err := Find(env(named+"x"), exe); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), named+"x") {
		t.Errorf("a name that leads nowhere: %v", err)
	}
	if _, err := Find(env(root), exe); !errors.Is(err, ErrMissing) {
		t.Errorf("a folder: %v", err)
	}
}
