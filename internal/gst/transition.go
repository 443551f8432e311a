//go:build !nogst

package gst

import (
	"context"
	"fmt"
	"runtime"
	"time"

	gogst "github.com/tinyzimmer/go-gst/gst"
)

// transition is a change of a pipeline's state on its way. It has a goroutine of
// its own, because a driver or a streaming thread may hold it up for ever.
type transition struct {
	to   gogst.State
	done chan struct{}
	err  error // once done
}

// change begins a transition of p, which must live until it is done. It starts
// when the one before it, if there is one, has ended: GStreamer makes them wait
// for each other too, but in any order.
func change(p *gogst.Pipeline, to gogst.State, before *transition) *transition {
	t := &transition{to: to, done: make(chan struct{})}
	go func() {
		defer close(t.done)
		if before != nil {
			<-before.done
		}
		t.err = p.SetState(to)
		runtime.KeepAlive(p) // go-gst does not, and the finalizer may run inside the call
	}()
	return t
}

// await waits no longer than limit, nor than until stop is closed.
func (t *transition) await(stop <-chan struct{}, limit time.Duration) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-t.done:
		return t.err
	case <-stop:
		return context.Canceled
	case <-timer.C:
		return fmt.Errorf("%w (%v, to %v)", ErrStuck, limit, t.to)
	}
}

// setState changes the state of a pipeline, but waits no longer than limit, nor
// than until stop is closed.
func setState(stop <-chan struct{}, p *gogst.Pipeline, s gogst.State, limit time.Duration) error {
	return change(p, s, nil).await(stop, limit)
}
