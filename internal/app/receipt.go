package app

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"braid/internal/frame"
	"braid/sink"
	"braid/sink/wire"
)

// receipts hands out what follows a message through its sinks until the last of
// them has settled it, and then closes the frame's line in the Ledger.
type receipts struct {
	log  *slog.Logger
	free sync.Pool

	mu    sync.Mutex // over the Writes of one message: a Sink has one writer, the lines of several models share it
	sinks []sink.Sink
}

func newReceipts(sinks []sink.Sink, log *slog.Logger) *receipts {
	r := &receipts{sinks: sinks, log: log}
	r.free.New = func() any {
		rec := &receipt{home: r}
		for _, s := range sinks {
			rec.parts = append(rec.parts, part{of: rec, sink: s.Name()})
		}
		return rec
	}
	return r
}

// receipt is one message's. Its parts are what the sinks settle.
type receipt struct {
	home    *receipts
	parts   []part
	pending atomic.Int32
	failed  atomic.Pointer[part]
	ledger  *frame.Ledger // nil: the frame is accounted for already
}

type part struct {
	of   *receipt
	sink string
}

// Settle implements sink.Receipt.
func (p *part) Settle(err error) {
	r := p.of
	if err != nil && r.failed.CompareAndSwap(nil, p) {
		r.home.log.Warn("publishing failed", "sink", p.sink, "error", err)
	}
	if r.pending.Add(-1) == 0 {
		r.close()
	}
}

// take starts a receipt. A nil ledger means that the frame's fate is settled,
// and only its message is on the way.
func (r *receipts) take(ledger *frame.Ledger) *receipt {
	rec := r.free.Get().(*receipt)
	rec.pending.Store(int32(len(rec.parts)) + 1) // one for write
	rec.failed.Store(nil)
	rec.ledger = ledger
	return rec
}

// write gives the message to every sink, with the picture where there is one and
// the sink looks at it, and settles the caller's own part.
func (rec *receipt) write(ctx context.Context, m *wire.Frame, f *frame.Frame) {
	rec.home.mu.Lock()
	for i, s := range rec.home.sinks {
		if v, ok := s.(sink.Viewer); ok && f != nil {
			v.View(ctx, m, f, &rec.parts[i])
			continue
		}
		s.Write(ctx, m, &rec.parts[i])
	}
	rec.home.mu.Unlock()
	if rec.pending.Add(-1) == 0 {
		rec.close()
	}
}

func (rec *receipt) close() {
	if rec.ledger != nil {
		if p := rec.failed.Load(); p != nil {
			rec.ledger.CountFailed(p.sink)
		} else {
			rec.ledger.CountPublished()
		}
	}
	rec.home.free.Put(rec)
}
