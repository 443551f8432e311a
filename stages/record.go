package stages

import (
	"slices"
	"sync"
	"time"
)

// Span is one Stage's work on one frame.
type Span struct {
	Node, Worker int
	Camera       string
	Seq          uint64
	Begin, End   time.Time
}

// recording collects Spans until it has room for no more.
type recording struct {
	mu    sync.Mutex
	spans []Span
}

// Record keeps the next n Spans, for Spans to return, and forgets those that were
// kept before. It may be called while the Graph runs. Without it a frame pays one
// atomic load a node.
func (g *Graph) Record(n int) {
	g.recorded.Store(&recording{spans: make([]Span, 0, n)})
}

// Spans are those kept since Record, by their end. Nothing more is kept then.
func (g *Graph) Spans() []Span {
	r := g.recorded.Swap(nil)
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.spans)
}

// add keeps a Span while there is room.
func (r *recording) add(s Span) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.spans) < cap(r.spans) {
		r.spans = append(r.spans, s)
	}
}
