package sharedlib

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// touch makes an empty file and the folders above it.
func touch(t *testing.T, parts ...string) string {
	t.Helper()
	p := filepath.Join(parts...)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFind(t *testing.T) {
	lib := Library{File: "libx.so", Variable: "X_LIB", Beside: []string{".", "../deps/x"}, Below: []string{"deps/x", "x"}}
	home, work, empty := t.TempDir(), t.TempDir(), t.TempDir()
	exe := touch(t, home, "bin", "program")
	both := touch(t, t.TempDir(), "bin", "program")
	beside := touch(t, filepath.Dir(both), lib.File)
	touch(t, filepath.Dir(both), "..", "deps", "x", lib.File)
	inHome, inWork := touch(t, home, "deps", "x", lib.File), touch(t, work, "deps", "x", lib.File)
	second := touch(t, t.TempDir(), "x", lib.File)
	named := touch(t, empty, "named.so")
	link, alone := filepath.Join(empty, "link"), filepath.Join(empty, "x", "program")
	if err := os.Symlink(exe, link); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, lib.File), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, variable, exe, dir, want string }{
		{"the variable wins", named, exe, work, named},
		{"the first folder wins", "", both, work, beside},
		{"beside the program's folder", "", exe, work, inHome},
		{"through a link", "", link, empty, inHome},
		{"below the working directory", "", alone, work, inWork},
		{"in the second folder there", "", alone, filepath.Dir(filepath.Dir(second)), second},
		{"a folder of its name is none", "", filepath.Join(folder, "program"), empty, lib.File},
		{"left to the loader", "", alone, empty, lib.File},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(c.dir)
			got, err := lib.Find(func(name string) string { return map[string]string{"X_LIB": c.variable}[name] }, c.exe)
			if err != nil || !sameFile(got, c.want) || IsBare(got) != (c.want == lib.File) {
				t.Errorf("Find() = %q, %v, want %q", got, err, c.want)
			}
		})
	}
	for _, wrong := range []string{filepath.Join(empty, "none.so"), empty} {
		got, err := lib.Find(func(string) string { return wrong }, exe)
		if want := "finding libx.so: $X_LIB leads to " + wrong + ", where no file is"; got != "" || err == nil || err.Error() != want {
			t.Errorf("a variable that leads to %s: %q, %v, want %q", wrong, got, err, want)
		}
	}
}

// sameFile compares paths without the links of the temporary directory.
func sameFile(a, b string) bool {
	ra, errA := filepath.EvalSymlinks(a)
	rb, errB := filepath.EvalSymlinks(b)
	return a == b || errA == nil && errB == nil && ra == rb
}

// libc is a shared library whose symbols have versions.
func libc(t *testing.T) string {
	t.Helper()
	for _, pattern := range []string{"/lib/*/libc.so.6", "/lib64/libc.so.6", "/usr/lib/libc.so.6"} {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return found[0]
		}
	}
	t.Skip("no glibc where it is looked for")
	return ""
}

func TestVersion(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.so")
	if err := os.WriteFile(text, []byte("no library at all, but long enough to have a header"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, path, says string }{
		{"missing", filepath.Join(dir, "none.so"), "no such file"},
		{"a folder", dir, "not a shared library"},
		{"empty", touch(t, dir, "empty.so"), "not a shared library"},
		{"text", text, "not a shared library"},
		{"another library", libc(t), "another library: it has no braid_symbol"},
	} {
		version, err := Version(c.path, "braid_symbol")
		if version != "" || err == nil || !strings.HasPrefix(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q, %v, want one line that begins with %q", c.name, version, err, c.says)
		}
	}
	if version, err := Version(libc(t), "malloc"); err != nil || !strings.HasPrefix(version, "GLIBC_") {
		t.Errorf("malloc of the C library: %q, %v", version, err)
	}
	if version, err := Version("libx.so", "braid_symbol"); version != "" || err != nil {
		t.Errorf("a bare name: %q, %v", version, err)
	}
}
