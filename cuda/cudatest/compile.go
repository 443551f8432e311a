//go:build cgo && linux

package cudatest

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"braid/internal/testdata"
)

// flags of the compiler; $BRAID_CUDA_FAKE_CFLAGS comes behind them.
var flags = []string{
	"-std=c11", "-D_DEFAULT_SOURCE", "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-pthread", "-fPIC", "-shared", "-fvisibility=hidden",
}

// compiling lets one test at a time compile, and keeps what the compiler said
// where it failed, so that not every test waits for it to say so again.
var compiling struct {
	sync.Mutex
	failed string
}

// compiled is the stand-in as a shared library. It is kept in .cache under the
// hash of what it was made from. Without a C compiler the test is skipped, in CI
// it fails.
func compiled(t testing.TB) string {
	t.Helper()
	compiling.Lock()
	defer compiling.Unlock()
	if compiling.failed != "" {
		t.Fatal(compiling.failed)
	}
	command := compiler(t)
	root := testdata.Root(t)
	sources, headers := inputs(t, filepath.Join(root, "cuda"))
	dir := filepath.Join(root, ".cache", "cuda-fake")
	out := filepath.Join(dir, key(t, command, append(headers, sources...))+".so")
	if _, err := os.Stat(out); err == nil {
		return out
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatalf("compiling the CUDA stand-in: %v", err)
	}
	// Several test programs may be at it: each writes its own and renames it.
	made := filepath.Join(t.TempDir(), filepath.Base(out))
	if err := compile(t, command, made, append(sources, "-lm")); err != nil {
		compiling.failed = err.Error()
		t.Fatal(compiling.failed)
	}
	mine := fmt.Sprintf("%s.%d", out, os.Getpid())
	copyFile(t, made, mine)
	if err := os.Rename(mine, out); err != nil {
		t.Fatalf("keeping the CUDA stand-in: %v", err)
	}
	return out
}

// Compile makes another stand-in, the shared library out, of C files and options.
// It is compiled as this package's own is; without a C compiler the test is skipped,
// in CI it fails.
func Compile(t testing.TB, out string, inputs ...string) {
	t.Helper()
	if err := compile(t, compiler(t), out, inputs); err != nil {
		t.Fatal(err)
	}
}

func compile(t testing.TB, command []string, out string, inputs []string) error {
	args := slices.Concat(command[1:], []string{"-o", out}, inputs)
	if said, err := exec.CommandContext(t.Context(), command[0], args...).CombinedOutput(); err != nil {
		return fmt.Errorf("compiling %s, a stand-in: %w\n%s", filepath.Base(out), err, said)
	}
	return nil
}

// compiler is $CC, or what systems call theirs, and its options.
func compiler(t testing.TB) (command []string) {
	t.Helper()
	for _, name := range []string{os.Getenv("CC"), "gcc", "cc", "clang"} {
		if path, err := exec.LookPath(name); err == nil {
			return slices.Concat([]string{path}, flags, strings.Fields(os.Getenv("BRAID_CUDA_FAKE_CFLAGS")))
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("there is no C compiler for stand-ins")
	}
	t.Skip("there is no C compiler for stand-ins")
	return nil
}

// inputs are the files that the stand-in is made of.
func inputs(t testing.TB, dir string) (sources, headers []string) {
	t.Helper()
	for _, pattern := range []string{"src/fake.c", "src/fake/*.c"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("no %s in %s (%v)", pattern, dir, err)
		}
		sources = append(sources, found...)
	}
	for _, name := range []string{"src/fake/fake.h", "cudatest/control.h", "include/braid_cuda.h"} {
		headers = append(headers, filepath.Join(dir, name))
	}
	return sources, headers
}

// key names the result by what goes into it.
func key(t testing.TB, command, files []string) string {
	t.Helper()
	h := sha256.New()
	fmt.Fprintln(h, command)
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatalf("reading the CUDA stand-in: %v", err)
		}
		fmt.Fprintln(h, filepath.Base(name), len(data))
		h.Write(data)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:12])
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o755)
	}
	if err != nil {
		t.Fatalf("copying the CUDA stand-in: %v", err)
	}
}
