package enginecache

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Lock waits until nobody else, of this process or another, builds the engine.
// unlock must be called once. A folder that cannot be written locks nothing: two
// builds of one engine then cost time and no more.
//
// The kernel wakes who waits; there is no polling. A wait in flock cannot be broken
// off, so that one goroutine sits in it; cancelled by ctx, it is left behind and
// gives the lock back as soon as it gets it, at the latest when the other's build
// ends. The empty lock file stays: to remove it would let two hold two files of
// one name.
func (c *Cache) Lock(ctx context.Context, key Key) (unlock func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("waiting for the build of an engine: %w", err)
	}
	f, err := c.lockFile(key)
	if err != nil {
		c.unwritable(err)
		return func() {}, nil
	}
	got := make(chan error, 1)
	go func() { got <- flock(f) }()
	select {
	case err := <-got:
		if err != nil {
			c.unwritable(errors.Join(err, f.Close()))
			return func() {}, nil
		}
		return func() { _ = f.Close() }, nil // closing gives the lock back
	case <-ctx.Done():
		go func() {
			_, _ = <-got, f.Close() // whether it got it or not, closing gives it back
		}()
		return nil, fmt.Errorf("waiting for the build of an engine elsewhere: %w", ctx.Err())
	}
}

func (c *Cache) lockFile(key Key) (*os.File, error) {
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return nil, err
	}
	return os.OpenFile(c.path(key.String(), lockSuffix), os.O_CREATE|os.O_RDWR, 0o644)
}

// flock waits for the lock on an open file: two that open it by themselves are two
// owners, in one process too.
func flock(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
