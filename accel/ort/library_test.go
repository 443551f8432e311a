package ort

import (
	"errors"
	"log/slog"
	"os"
	osexec "os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// touch makes an empty file and the folders above it.
func touch(t *testing.T, p string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFind(t *testing.T) {
	const deps = ".deps/onnxruntime/libonnxruntime.so"
	home, work, empty := t.TempDir(), t.TempDir(), t.TempDir()
	inHome, inWork := touch(t, filepath.Join(home, deps)), touch(t, filepath.Join(work, deps))
	named := touch(t, filepath.Join(empty, "named.so"))
	exe := touch(t, filepath.Join(home, "bin", "braid"))
	link := filepath.Join(empty, "braid")
	if err := os.Symlink(exe, link); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, variable, exe, dir, want string }{
		{"the variable wins", named, exe, work, named},
		{"beside bin", "", exe, work, inHome},
		{"beside bin, through a link", "", link, empty, inHome},
		{"below the working directory", "", filepath.Join(empty, "x", "braid"), work, inWork},
		{"left to the loader", "", filepath.Join(empty, "x", "braid"), empty, "libonnxruntime.so"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(c.dir)
			got, err := Find(func(string) string { return c.variable }, c.exe)
			if err != nil || !sameFile(got, c.want) {
				t.Errorf("Find() = %q, %v, want %q", got, err, c.want)
			}
		})
	}
	_, err := Find(func(string) string { return filepath.Join(empty, "none.so") }, exe)
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "none.so") {
		t.Errorf("a variable that leads nowhere: %v", err)
	}
}

// sameFile compares paths without the links of the temporary directory.
func sameFile(a, b string) bool {
	ra, errA := filepath.EvalSymlinks(a)
	rb, errB := filepath.EvalSymlinks(b)
	return a == b || errA == nil && errB == nil && ra == rb
}

func TestOpenUnavailable(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.so")
	if err := os.WriteFile(text, []byte("no library at all, but long enough to have a header"), 0o644); err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, path, says string }{
		{"missing", filepath.Join(dir, "none.so"), "no such file"},
		{"a folder", dir, "not a shared library"},
		{"empty", touch(t, filepath.Join(dir, "empty.so")), "not a shared library"},
		{"text", text, "not a shared library"},
		{"another program", exe, "not"},
		{"unknown to the loader", "libno-such-onnxruntime.so", "cannot open shared object"},
	} {
		b, err := Open(c.path, slog.New(slog.DiscardHandler))
		if err == nil {
			t.Errorf("%s: opened %v", c.name, b)
			continue
		}
		for _, want := range []string{c.path, c.says, "make setup", "BRAID_ORT_LIB"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %q does not say %q", c.name, err, want)
			}
		}
		if !errors.Is(err, ErrUnavailable) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: want one line that wraps ErrUnavailable: %v", c.name, err)
		}
	}
}

func TestCheckVersion(t *testing.T) {
	for symbol, says := range map[string]string{
		"VERS_1.27.0": "", "VERS_1.24.1": "", "VERS_1.24": "", "VERS_2.0.0": "", "": "", "VERS_1.x": "",
		"VERS_1.23.2": "version 1.23.2 is too old, 1.24 or newer is needed",
		"VERS_1.9.0":  "version 1.9.0 is too old, 1.24 or newer is needed",
	} {
		err := checkVersion(symbol)
		if says == "" && err != nil || says != "" && (err == nil || err.Error() != says) {
			t.Errorf("%q: error %v, want %q", symbol, err, says)
		}
	}
}

// TestMinimumIsTheHeaders ties minMinor to the header that is compiled in.
func TestMinimumIsTheHeaders(t *testing.T) {
	dir, err := osexec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/yalue/onnxruntime_go").Output()
	if err != nil {
		t.Skipf("finding the module's source: %v", err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "onnxruntime_c_api.h"))
	if err != nil {
		t.Skipf("reading the header: %v", err)
	}
	m := regexp.MustCompile(`#define ORT_API_VERSION (\d+)`).FindSubmatch(text)
	if m == nil || string(m[1]) != strconv.Itoa(minMinor) {
		t.Errorf("the header says %s, minMinor is %d", m, minMinor)
	}
}
