package source

import (
	"context"
	"sync/atomic"
)

// lockstep holds a source back until the graph waits for its next frame, so that
// nothing is decoded while the graph works: the serial baseline.
type lockstep struct {
	on     bool
	wanted atomic.Bool
	asked  chan struct{} // a token after wanted was set, or the Gate closed
}

// Lockstep says whether the Gate lets its source work only while the graph waits
// for it.
func (g *Gate) Lockstep() bool { return g.step.on }

// Asked waits, in lock step, until the graph waits for this Gate's next frame;
// else it returns at once. A source that decodes before it offers calls it first.
// It returns ErrClosed, or ctx's cause, when the Gate or ctx ended.
func (g *Gate) Asked(ctx context.Context) error {
	if !g.step.on || g.step.wanted.Load() {
		return nil
	}
	g.pulse.hold()
	defer g.pulse.release()
	for !g.step.wanted.Load() {
		select {
		case <-g.step.asked:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if g.isClosed() {
			return ErrClosed
		}
	}
	return nil
}

// ask lets the source of a Gate in lock step work on one frame.
func (g *Gate) ask() {
	if g.step.on && !g.step.wanted.Swap(true) {
		notify(g.step.asked)
	}
}

func (g *Gate) isClosed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed
}
