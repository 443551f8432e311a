package ort

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ErrUnavailable is wrapped by Open where there is no ONNX Runtime to use.
var ErrUnavailable = errors.New("ONNX Runtime is not available: run make setup or set BRAID_ORT_LIB")

const (
	libraryName = "libonnxruntime.so"
	// minMinor is the 1.x version that offers the C API of the header that
	// onnxruntime_go was compiled with: API n came with 1.n.
	minMinor = 24
)

// Find says where the library is: $BRAID_ORT_LIB, else .deps/onnxruntime beside
// the folder of the executable exe (bin/), else below the working directory,
// else the bare name for the dynamic loader to seek. Only a BRAID_ORT_LIB that
// leads nowhere is an error, which wraps ErrUnavailable.
func Find(env func(string) string, exe string) (string, error) {
	if p := env("BRAID_ORT_LIB"); p != "" {
		if _, err := os.Stat(p); err != nil {
			return "", fmt.Errorf("finding $BRAID_ORT_LIB: %w: %w", err, ErrUnavailable)
		}
		return p, nil
	}
	if real, err := filepath.EvalSymlinks(exe); err == nil {
		exe = real
	}
	roots := []string{filepath.Join(filepath.Dir(exe), "..")}
	if wd, err := os.Getwd(); err == nil {
		roots = append(roots, wd)
	}
	for _, root := range roots {
		p := filepath.Join(root, ".deps", "onnxruntime", libraryName)
		if _, err := os.Stat(p); err == nil {
			return p, nil
		}
	}
	return libraryName, nil
}

// inspect reads the file before the loader does: ONNX Runtime prints to stderr
// where its API is too old, and is unloaded before it can tell its version. A
// bare name is left to the loader; a version that the file does not state passes.
func inspect(path string) error {
	if !strings.ContainsRune(path, filepath.Separator) {
		return nil
	}
	if _, err := os.Stat(path); err != nil {
		return errors.New("no such file")
	}
	f, err := elf.Open(path)
	if err != nil {
		return fmt.Errorf("not a shared library: %w", err)
	}
	defer f.Close()
	symbols, err := f.DynamicSymbols()
	if err != nil {
		return fmt.Errorf("not a shared library: %w", err)
	}
	for _, s := range symbols {
		if s.Name == "OrtGetApiBase" {
			return checkVersion(s.Version)
		}
	}
	return errors.New("not ONNX Runtime: it has no OrtGetApiBase")
}

// checkVersion judges the version of the library's symbols, "VERS_1.27.0".
func checkVersion(symbol string) error {
	version := strings.TrimPrefix(symbol, "VERS_")
	minor, ok := strings.CutPrefix(version, "1.")
	if !ok {
		return nil
	}
	minor, _, _ = strings.Cut(minor, ".")
	if n, err := strconv.Atoi(minor); err == nil && n < minMinor {
		return fmt.Errorf("version %s is too old, 1.%d or newer is needed", version, minMinor)
	}
	return nil
}
