package embedded

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// probe says in one line what the server itself would only log: that it cannot
// listen there.
func probe(listen string) error {
	l, err := net.Listen("tcp", listen)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("starting the embedded NATS server: %w: %s: stop what listens there, set nats.listen to another address, or set nats.url to nats://%s to use that server",
			ErrPortInUse, listen, listen)
	case err != nil:
		return fmt.Errorf("starting the embedded NATS server on %s: %w", listen, err)
	}
	return l.Close()
}

// storeLock keeps a second server off a store: two would ruin it.
type storeLock struct{ f *os.File }

func lockStore(dir string) (*storeLock, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStore, err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "braid.lock"), os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStore, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		err = fmt.Errorf("%w: %s is used by another server: %w", ErrStore, dir, err)
		return nil, errors.Join(err, f.Close())
	}
	return &storeLock{f}, nil
}

// release gives the lock up with the file; the file stays, so that nobody locks
// one that is about to be removed. nil has nothing to release.
func (l *storeLock) release() error {
	if l == nil {
		return nil
	}
	return l.f.Close()
}
