package embedded

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"braid/internal/dirlock"
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

// lockStore keeps a second server off a store: two would ruin it.
func lockStore(dir string) (*dirlock.Lock, error) {
	l, err := dirlock.Take(dir)
	if errors.Is(err, dirlock.ErrTaken) {
		return nil, fmt.Errorf("%w: %w: stop the braid that runs there, or set nats.store_dir to another folder", ErrStore, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStore, err)
	}
	return l, nil
}
