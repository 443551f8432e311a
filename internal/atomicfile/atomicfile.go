// Package atomicfile writes files that are there whole or not at all.
package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write writes data to path, readable by all, replacing a file that was there
// only once the new one is on the disk. On an error the old file is untouched.
func Write(path string, data []byte) error {
	return WriteFrom(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// WriteFrom is Write for what need not be in memory at once: write writes it.
func WriteFrom(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return named(path, "", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	err = write(f)
	if err := errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return named(path, f.Name(), err)
	}
	return named(path, f.Name(), os.Rename(f.Name(), path))
}

// named says of the file that was meant what went wrong with the temporary one that stands for it until it
// is whole; "" is one that could not be made. Another file's error stays.
func named(path, temporary string, err error) error {
	var at *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &link) && link.Old == temporary:
		return &fs.PathError{Op: "writing", Path: path, Err: link.Err}
	case errors.As(err, &at) && (at.Path == temporary || temporary == ""):
		return &fs.PathError{Op: "writing", Path: path, Err: at.Err}
	}
	return err
}
