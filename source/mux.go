package source

import (
	"context"
	"io"
	"slices"
	"sync"
	"time"

	"braid/internal/frame"
)

// Mux is the graph's intake: it takes frames out of several Gates by the weight of their
// cameras, so that one which always has a frame cannot starve another, leaves out those
// that would come too late, and numbers them.
type Mux struct {
	wake chan struct{} // a token after each Put, Close and Add

	mu     sync.Mutex
	shares shares // of the Gates that are not over
	stay   residence
	held   bool // more cameras may come
}

// NewMux makes the Mux of some Gates. A Gate belongs to one Mux.
func NewMux(gates ...*Gate) *Mux {
	m := &Mux{wake: make(chan struct{}, 1)}
	for _, g := range gates {
		m.Add(g)
	}
	return m
}

// Add lets one more camera in. It may be called while frames are taken, before
// Next returned io.EOF.
func (m *Mux) Add(g *Gate) {
	m.mu.Lock()
	m.shares.add(g, time.Now())
	m.mu.Unlock()
	g.attach(m.wake)
	notify(m.wake)
}

// Hold keeps the Mux open when no camera is left: more may come, until Release.
func (m *Mux) Hold() { m.hold(true) }

// Release lets the Mux end with its last camera.
func (m *Mux) Release() { m.hold(false) }

func (m *Mux) hold(held bool) {
	m.mu.Lock()
	m.held = held
	m.mu.Unlock()
	notify(m.wake)
}

// Next waits for a frame of any camera and hands it on, numbered per camera
// from 1. It returns io.EOF when all Gates are closed and empty and the Mux is not
// held, ctx's cause when ctx ends first. One goroutine calls it.
func (m *Mux) Next(ctx context.Context) (*frame.Frame, error) {
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		f, over := m.take()
		if f != nil {
			return f, nil
		}
		if over {
			return nil, io.EOF
		}
		m.ask()
		select {
		case <-m.wake:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// take gives the graph the next frame of the camera whose turn it is.
func (m *Mux) take() (f *frame.Frame, over bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shares.lanes = slices.DeleteFunc(m.shares.lanes, func(l lane) bool { return l.gate.over() })
	now := time.Now()
	for {
		i := m.shares.best(now, func(g *Gate) bool { return g.Waiting() > 0 })
		if i < 0 {
			return nil, len(m.shares.lanes) == 0 && !m.held
		}
		f := m.shares.lanes[i].gate.take(now, m.stay.expected(), m.stay.inside == 0)
		if f == nil { // all that waited was too late
			continue
		}
		m.shares.serve(i, now)
		m.stay.enter(&f.Meta, now)
		return f, false
	}
}

// Left notes that a frame which Next handed on has left the graph. Each is told of once, by
// any goroutine: from that the Mux learns how late frames will be.
func (m *Mux) Left(f *frame.Meta) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stay.leave(f, time.Now())
}

// ask tells the Gate in lock step whose turn it is that the graph waits: the others do not
// wait to be asked, and one that sends nothing must not keep it from them.
func (m *Mux) ask() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := m.shares.best(time.Now(), (*Gate).Lockstep); i >= 0 {
		m.shares.lanes[i].gate.ask()
	}
}

// Discard closes all Gates and counts the frames that wait in them as
// cancelled: for a graph that ended before its sources did.
func (m *Mux) Discard() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range m.shares.lanes {
		l.gate.Discard()
	}
}
