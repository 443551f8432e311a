// Package sink says what takes the results of the graph.
package sink

import (
	"context"
	"errors"

	"braid/internal/frame"
	"braid/sink/wire"
)

// Sink takes one message for each analysed frame, in order per camera. Write,
// Flush and Close are called from one goroutine.
type Sink interface {
	Name() string
	// Write takes a message. It must not keep m, nor anything m points to, after
	// it returns. It may block, within the sink's own bound. r.Settle is called
	// exactly once for each Write, before or after Write returns and from any
	// goroutine: with nil when the sink has the message for good.
	Write(ctx context.Context, m *wire.Frame, r Receipt)
	// Flush returns when every Write is settled, or when ctx ends.
	Flush(ctx context.Context) error
	Close() error
}

// Viewer is a Sink that looks at the picture too. Frames must then stay with
// their Jobs until they are emitted.
type Viewer interface {
	Sink
	// View is Write for a message whose picture is still there. It must not keep f
	// after it returns.
	View(ctx context.Context, m *wire.Frame, f *frame.Frame, r Receipt)
}

// Receipt hears what became of a message.
type Receipt interface {
	Settle(err error)
}

// Keeper is a Receipt of a message that a Sink may keep on disk, where there can
// be more messages than memory should hold Receipts for.
type Keeper interface {
	Receipt
	// Account is what all messages of a camera's run have in common: its Settle is
	// called once for each that is kept, nil when the Sink has got rid of it for
	// good, ErrDropped where it had to make room. It may be called with the Sink's
	// locks held, and is nil where nobody counts this message any more.
	Account() Receipt
	// Keep says that the message is on disk and the account, which Account gave,
	// hears the rest. It is called instead of Settle.
	Keep(account Receipt)
}

// ErrDropped is what the account of a message hears that was kept on disk, and
// given up there because there was no more room.
var ErrDropped = errors.New("dropped from the spool")
