package source

import (
	"context"
	"io"
	"slices"
	"sync"

	"braid/internal/frame"
)

// Mux is the graph's intake: it takes frames out of several Gates in turn, so
// that a camera which always has one cannot starve another, and numbers them.
type Mux struct {
	wake chan struct{} // a token after each Put, Close and Add

	mu    sync.Mutex
	gates []*Gate // those that are not over
	next  int     // where the turn is
	held  bool    // more cameras may come
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
	m.gates = append(m.gates, g)
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

// take asks each Gate once, from the one after the last that had a frame.
func (m *Mux) take() (f *frame.Frame, over bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for range len(m.gates) {
		if m.next >= len(m.gates) {
			m.next = 0
		}
		f, over := m.gates[m.next].take()
		if over {
			m.gates = slices.Delete(m.gates, m.next, m.next+1)
			continue
		}
		m.next++
		if f != nil {
			return f, false
		}
	}
	return nil, len(m.gates) == 0 && !m.held
}

// ask tells the Gate whose turn it is that the graph waits.
func (m *Mux) ask() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.gates) > 0 {
		m.gates[m.next%len(m.gates)].ask()
	}
}

// Discard closes all Gates and counts the frames that wait in them as
// cancelled: for a graph that ended before its sources did.
func (m *Mux) Discard() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, g := range m.gates {
		g.Discard()
	}
}
