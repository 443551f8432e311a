package openvino

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"braid/internal/sharedlib"
)

// ErrUnavailable is wrapped by Open where there is no OpenVINO to use.
var ErrUnavailable = errors.New("OpenVINO is not available: run make setup or set BRAID_OPENVINO_LIB")

const minYear = 2024 // OpenVINO is numbered by years

// library is where OpenVINO's C library may be; make setup puts it into .deps beside
// bin. The other libraries of OpenVINO lie beside it.
var library = sharedlib.Library{
	File: "libopenvino_c.so", Variable: "BRAID_OPENVINO_LIB",
	Beside: []string{"../.deps/openvino"}, Below: []string{".deps/openvino"},
}

// Find says where the library is: see sharedlib.Library. An error wraps ErrUnavailable.
func Find(getenv func(string) string, exe string) (string, error) {
	path, err := library.Find(getenv, exe)
	if err != nil {
		return "", fmt.Errorf("%w: %w", err, ErrUnavailable)
	}
	return path, nil
}

// inspect reads the file before the loader does, whose own errors do not tell a library
// of something else from one that is too old.
func inspect(path string) error {
	_, err := sharedlib.Version(path, "ov_get_openvino_version")
	return err
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
