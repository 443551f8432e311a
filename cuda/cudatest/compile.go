//go:build cgo && linux

package cudatest

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
	cc := compiler(t)
	root := testdata.Root(t)
	sources, headers := inputs(t, filepath.Join(root, "cuda"))
	args := append(append([]string{}, flags...), strings.Fields(os.Getenv("BRAID_CUDA_FAKE_CFLAGS"))...)
	dir := filepath.Join(root, ".cache", "cuda-fake")
	out := filepath.Join(dir, key(t, cc, args, append(headers, sources...))+".so")
	if _, err := os.Stat(out); err == nil {
		return out
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatalf("compiling the CUDA stand-in: %v", err)
	}
	// Several test programs may be at it: each writes its own and renames it.
	made := filepath.Join(t.TempDir(), filepath.Base(out))
	args = append(append(args, "-o", made), append(sources, "-lm")...)
	if said, err := exec.CommandContext(t.Context(), cc, args...).CombinedOutput(); err != nil {
		compiling.failed = fmt.Sprintf("compiling the CUDA stand-in: %v\n%s", err, said)
		t.Fatal(compiling.failed)
	}
	mine := fmt.Sprintf("%s.%d", out, os.Getpid())
	copyFile(t, made, mine)
	if err := os.Rename(mine, out); err != nil {
		t.Fatalf("keeping the CUDA stand-in: %v", err)
	}
	return out
}

// compiler is $CC, or what systems call theirs.
func compiler(t testing.TB) string {
	t.Helper()
	for _, name := range []string{os.Getenv("CC"), "gcc", "cc", "clang"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("there is no C compiler for the CUDA stand-in")
	}
	t.Skip("there is no C compiler for the CUDA stand-in")
	return ""
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
func key(t testing.TB, cc string, args, files []string) string {
	t.Helper()
	h := sha256.New()
	fmt.Fprintln(h, cc, args)
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
