package cuda

import (
	"fmt"
	"os"
	"path/filepath"
)

// libraryName is the file that `make cuda` builds.
const libraryName = "libbraid_cuda.so"

// Find says where the library is: $BRAID_CUDA_LIB, else beside the executable
// exe, else in bin/ or lib/ beside its folder. An error wraps ErrMissing.
func Find(getenv func(string) string, exe string) (string, error) {
	const doing = "finding the CUDA library"
	if p := getenv("BRAID_CUDA_LIB"); p != "" {
		if !isFile(p) {
			return "", missing(doing, fmt.Sprintf("$BRAID_CUDA_LIB leads to %s, where no file is", p))
		}
		return p, nil
	}
	if real, err := filepath.EvalSymlinks(exe); err == nil {
		exe = real
	}
	dir := filepath.Dir(exe)
	for _, d := range []string{dir, filepath.Join(dir, "..", "bin"), filepath.Join(dir, "..", "lib")} {
		if p := filepath.Join(d, libraryName); isFile(p) {
			return p, nil
		}
	}
	return "", missing(doing, fmt.Sprintf("no %s in %s, nor in bin or lib beside it: make cuda builds it", libraryName, dir))
}

func isFile(p string) bool {
	info, err := os.Stat(p)
	return err == nil && info.Mode().IsRegular()
}
