package sharedlib

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
)

// Version is the version of a symbol of the library at path, "" where it has none. It
// is read before the dynamic loader gets the file, whose own errors do not tell another
// library from one that is too old. The error says what is wrong with the file, without
// its name. A bare name is left to the loader: it has no version here and is no error.
func Version(path, symbol string) (string, error) {
	if IsBare(path) {
		return "", nil
	}
	if _, err := os.Stat(path); err != nil {
		return "", errors.New("no such file")
	}
	f, err := elf.Open(path)
	if err != nil {
		return "", fmt.Errorf("not a shared library: %w", err)
	}
	defer f.Close()
	symbols, err := f.DynamicSymbols()
	if err != nil {
		return "", fmt.Errorf("not a shared library: %w", err)
	}
	for _, s := range symbols {
		if s.Name == symbol {
			return s.Version, nil
		}
	}
	return "", fmt.Errorf("another library: it has no %s", symbol)
}
