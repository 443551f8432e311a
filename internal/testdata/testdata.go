// Package testdata finds the test data that lies beside the repository, and
// decides whether its absence is a skip or a failure. Only tests import it.
package testdata

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// Root is the repository's root: the nearest folder above that holds go.mod.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatalf("finding the repository: %v", err)
	}
	for !exists(filepath.Join(dir, "go.mod")) {
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("finding the repository: no go.mod above the test")
		}
		dir = up
	}
	return dir
}

// Path is the place of a file of the data set: below $BRAID_TEST_DATA, else
// ../shared/data beside the repository. Where it is missing the test is
// skipped; but in CI, where the data set is there and the file is not, it fails.
func Path(t testing.TB, name string) string {
	t.Helper()
	shared := filepath.Join(Root(t), "..", "shared")
	dir := os.Getenv("BRAID_TEST_DATA")
	if dir == "" {
		dir = filepath.Join(shared, "data")
	}
	p := filepath.Join(dir, filepath.FromSlash(name))
	if exists(p) {
		return p
	}
	if os.Getenv("CI") == "true" && exists(shared) {
		t.Fatalf("test data %s is missing", name)
	}
	t.Skipf("test data %s is not on this machine; set BRAID_TEST_DATA to its folder", name)
	return ""
}

// ORT is the ONNX Runtime library that tests load: $BRAID_ORT_LIB, else the one
// that `make setup` unpacks. Without either the test is skipped, in CI it fails.
func ORT(t testing.TB) string {
	t.Helper()
	return library(t, "ONNX Runtime", "BRAID_ORT_LIB", "onnxruntime/libonnxruntime.so")
}

// OpenVINO is OpenVINO's C library that tests load, as ORT is ONNX Runtime's:
// $BRAID_OPENVINO_LIB, else the one of `make setup`.
func OpenVINO(t testing.TB) string {
	t.Helper()
	return library(t, "OpenVINO", "BRAID_OPENVINO_LIB", "openvino/libopenvino_c.so")
}

func library(t testing.TB, name, variable, inDeps string) string {
	t.Helper()
	p := os.Getenv(variable)
	if p == "" {
		p = filepath.Join(Root(t), ".deps", filepath.FromSlash(inDeps))
	}
	if exists(p) {
		return p
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing at %s: run make setup", name, p)
	}
	t.Skipf("no %s at %s: run make setup", name, p)
	return ""
}

func exists(p string) bool {
	_, err := os.Stat(p)
	return !errors.Is(err, fs.ErrNotExist)
}
