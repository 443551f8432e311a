package cuda

import (
	"fmt"
	"path/filepath"

	"braid/internal/sharedlib"
)

// library is where the file that `make cuda` builds may be.
var library = sharedlib.Library{File: "libbraid_cuda.so", Variable: "BRAID_CUDA_LIB", Beside: []string{".", "../bin", "../lib"}}

// Find says where the library is: $BRAID_CUDA_LIB, else beside the executable
// exe, else in bin/ or lib/ beside its folder. It is braid's own: the dynamic loader is
// not asked for it. An error wraps ErrMissing.
func Find(getenv func(string) string, exe string) (string, error) {
	const doing = "finding the CUDA library"
	path, err := library.Find(getenv, exe)
	if err != nil {
		return "", missing(doing, err.Error())
	}
	if sharedlib.IsBare(path) {
		return "", missing(doing, fmt.Sprintf("no %s in %s, nor in bin or lib beside it: make cuda builds it", path, filepath.Dir(exe)))
	}
	return path, nil
}
