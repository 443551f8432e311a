package openvino

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ErrUnavailable is wrapped by Open where there is no OpenVINO to use.
var ErrUnavailable = errors.New("OpenVINO is not available: run make setup or set BRAID_OPENVINO_LIB")

const (
	libraryName = "libopenvino_c.so"
	minYear     = 2024 // OpenVINO is numbered by years
)

// Find says where the library is: $BRAID_OPENVINO_LIB, else .deps/openvino beside the
// folder of the executable exe (bin/), else below the working directory, else the bare
// name for the dynamic loader to seek. The other libraries of OpenVINO lie beside it.
// Only a BRAID_OPENVINO_LIB that leads nowhere is an error, which wraps ErrUnavailable.
func Find(env func(string) string, exe string) (string, error) {
	if p := env("BRAID_OPENVINO_LIB"); p != "" {
		if _, err := os.Stat(p); err != nil {
			return "", fmt.Errorf("finding $BRAID_OPENVINO_LIB: %w: %w", err, ErrUnavailable)
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
		p := filepath.Join(root, ".deps", "openvino", libraryName)
		if _, err := os.Stat(p); err == nil {
			return p, nil
		}
	}
	return libraryName, nil
}

// inspect reads the file before the loader does, whose own errors do not tell a library
// of something else from one that is too old. A bare name is left to the loader.
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
	if !slices.ContainsFunc(symbols, func(s elf.Symbol) bool { return s.Name == "ov_get_openvino_version" }) {
		return errors.New("not OpenVINO's C library: it has no ov_get_openvino_version")
	}
	return nil
}

// checkVersion reads the version out of a build number, 2026.4.1-22982-e213a147257, and
// refuses one that is too old.
func checkVersion(build string) (version string, err error) {
	version, _, _ = strings.Cut(build, "-")
	year, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(year)
	if err != nil {
		return "", fmt.Errorf("its version is %q, which is none of OpenVINO's", build)
	}
	if n < minYear {
		return "", fmt.Errorf("version %s is too old, %d.0 or newer is needed", version, minYear)
	}
	return version, nil
}
