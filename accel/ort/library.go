package ort

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"braid/internal/sharedlib"
)

// ErrUnavailable is wrapped by Open where there is no ONNX Runtime to use.
var ErrUnavailable = errors.New("ONNX Runtime is not available: run make setup or set BRAID_ORT_LIB")

// minMinor is the 1.x version that offers the C API of the header that
// onnxruntime_go was compiled with: API n came with 1.n.
const minMinor = 24

// library is where ONNX Runtime may be; make setup puts it into .deps beside bin.
var library = sharedlib.Library{
	File: "libonnxruntime.so", Variable: "BRAID_ORT_LIB",
	Beside: []string{"../.deps/onnxruntime"}, Below: []string{".deps/onnxruntime"},
}

// Find says where the library is: see sharedlib.Library. An error wraps ErrUnavailable.
func Find(getenv func(string) string, exe string) (string, error) {
	path, err := library.Find(getenv, exe)
	if err != nil {
		return "", fmt.Errorf("%w: %w", err, ErrUnavailable)
	}
	return path, nil
}

// inspect reads the file before the loader does: ONNX Runtime prints to stderr
// where its API is too old, and is unloaded before it can tell its version. A
// bare name is left to the loader; a version that the file does not state passes.
func inspect(path string) error {
	version, err := sharedlib.Version(path, "OrtGetApiBase")
	if err != nil {
		return err
	}
	return checkVersion(version)
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
