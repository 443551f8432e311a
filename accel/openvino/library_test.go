package openvino

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"braid/cuda/cudatest"
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
	want := touch(t, filepath.Join(home, ".deps/openvino/libopenvino_c.so"))
	exe := touch(t, filepath.Join(home, "bin", "braid"))
	if got, err := Find(func(string) string { return "" }, exe); err != nil || got != want {
		t.Errorf("beside bin: %q, %v, want %q", got, err, want)
	}
	t.Chdir(home)
	if got, err := Find(func(string) string { return "" }, filepath.Join(empty, "x")); err != nil || got != want {
		t.Errorf("below the working directory: %q, %v, want %q", got, err, want)
	}
	none := filepath.Join(empty, "none.so")
	_, err := Find(func(name string) string { return map[string]string{"BRAID_OPENVINO_LIB": none}[name] }, exe)
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "$BRAID_OPENVINO_LIB leads to "+none) || strings.Contains(err.Error(), "\n") {
		t.Errorf("a variable that leads nowhere: %v", err)
	}
}

// fake compiles a library: see testdata/fake.c.
func fake(t *testing.T, defines ...string) string {
	t.Helper()
	source := filepath.Join("testdata", "fake.c")
	if _, err := os.Stat(source); err != nil { // go test runs anew where a file changed that was looked at
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), library.File)
	cudatest.Compile(t, path, append(defines, source)...)
	return path
}

func TestUnfitLibraries(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.so")
	if err := os.WriteFile(text, []byte("no library at all, but long enough to have a header"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, path, says string }{
		{"missing", filepath.Join(dir, "none.so"), "no such file"},
		{"a folder", dir, "not a shared library"},
		{"empty", touch(t, filepath.Join(dir, "empty.so")), "not a shared library"},
		{"text", text, "not a shared library"},
		{"another library", fake(t, "-Dov_get_openvino_version=gone"), "it has no ov_get_openvino_version"},
	} {
		_, err := Open(c.path, Options{Log: slog.New(slog.DiscardHandler)})
		for _, want := range []string{c.path, c.says, "make setup", "BRAID_OPENVINO_LIB"} {
			if err == nil || !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: error %v, want one line that says %q and wraps ErrUnavailable", c.name, err, want)
			}
		}
	}
	for _, c := range []struct{ name, path, says string }{ // past the lock of the process's own library
		{"unknown to the loader", "libno-such-openvino.so", "cannot open shared object"},
		{"too old", fake(t, `-DVERSION="2023.3.0-13775-ceeafaf64f3"`), "version 2023.3.0 is too old, 2024.0 or newer is needed"},
		{"no version", fake(t, `-DVERSION="custom_master"`), `its version is "custom_master"`},
		{"lacks a function", fake(t, "-Dov_core_import_model=gone"), "undefined symbol: ov_core_import_model"},
		{"other types", fake(t), "element types"},
	} {
		if err := newLibrary(c.path).open(); err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line that says %q", c.name, err, c.says)
		}
	}
}

func TestCheckVersion(t *testing.T) {
	for build, want := range map[string]string{
		"2026.4.1-22982-e213a147257-releases/2026/4": "2026.4.1", "2024.0.0-14509-34caeefd078": "2024.0.0", "2025.0": "2025.0", "2100.1.0-1": "2100.1.0",
		"2023.3.0-13775": "", "2022.1": "", "": "", "custom": "",
	} {
		got, err := checkVersion(build)
		if err == nil && got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v, want %q", build, got, err, want)
		}
	}
}
