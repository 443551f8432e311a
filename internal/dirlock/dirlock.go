// Package dirlock keeps a second process off a folder that belongs to one.
package dirlock

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// ErrTaken is wrapped by Take where another process has the folder.
var ErrTaken = errors.New("used by another process")

// Lock is a folder that is taken. It ends with the process, whatever ends that.
type Lock struct{ f *os.File }

// Take makes the folder where it is missing, and takes it.
func Take(dir string) (*Lock, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, "braid.lock"), os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case err == nil:
		return &Lock{f}, nil
	case errors.Is(err, syscall.EWOULDBLOCK): // the system's words for it say less
		err = fmt.Errorf("%s is %w", dir, ErrTaken)
	default: // a file system without locks, perhaps
		err = fmt.Errorf("locking %s: %w", dir, err)
	}
	return nil, errors.Join(err, f.Close())
}

// Release gives the folder up with the file; the file stays, so that nobody
// locks one that is about to be removed. nil has nothing to release.
func (l *Lock) Release() error {
	if l == nil {
		return nil
	}
	return l.f.Close()
}
