// Package sink says what takes the results of the graph.
package sink

import (
	"context"

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
