package source

import (
	"context"
	"time"

	"braid/internal/frame"
)

// Gate is where frames of one camera wait for the graph, and the only place
// where they are dropped. The source's goroutine calls Offer and Put, the Mux
// takes frames out.
type Gate struct{}

// Offer counts a frame in and asks whether it is wanted: a rate limit (every-n,
// max_fps) or a policy that has no room answers nil, nil, and the frame is
// counted as dropped; the source then skips the copy. Otherwise it returns an
// empty Frame to fill and Put. Policy block waits here.
func (g *Gate) Offer(ctx context.Context, pts time.Duration) (*frame.Frame, error) { return nil, nil }

// Put hands a filled Frame over. Its Meta must hold PTS, Capture, Clock and
// Decode; the Gate fills the rest.
func (g *Gate) Put(ctx context.Context, f *frame.Frame) error { return nil }
