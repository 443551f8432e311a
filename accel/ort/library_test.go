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

// TestFind holds the names that docs and scripts rely on; the search is sharedlib's.
func TestFind(t *testing.T) {
	home, empty := t.TempDir(), t.TempDir()
	t.Chdir(empty)
	want := touch(t, filepath.Join(home, ".deps/onnxruntime/libonnxruntime.so"))
	exe := touch(t, filepath.Join(home, "bin", "braid"))
	if got, err := Find(func(string) string { return "" }, exe); err != nil || got != want {
		t.Errorf("beside bin: %q, %v, want %q", got, err, want)
	}
	t.Chdir(home)
	if got, err := Find(func(string) string { return "" }, filepath.Join(empty, "x")); err != nil || got != want {
		t.Errorf("below the working directory: %q, %v, want %q", got, err, want)
	}
	none := filepath.Join(empty, "none.so")
	_, err := Find(func(name string) string { return map[string]string{"BRAID_ORT_LIB": none}[name] }, exe)
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "$BRAID_ORT_LIB leads to "+none) || strings.Contains(err.Error(), "\n") {
		t.Errorf("a variable that leads nowhere: %v", err)
	}
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
