package app

import (
	"context"
	"errors"
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

	accounts sync.Map // *frame.Ledger to *account: of the one sink that keeps messages

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
	kept    bool          // a sink keeps the message, and the camera's account has the frame
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

// Account implements sink.Keeper.
func (p *part) Account() sink.Receipt {
	r := p.of
	if r.ledger == nil || r.failed.Load() != nil {
		return nil
	}
	return r.home.account(r.ledger, p.sink)
}

// Keep implements sink.Keeper. The frame stays in flight.
func (p *part) Keep(account sink.Receipt) {
	if p.of.kept = account != nil; p.of.kept {
		p.of.ledger.CountSpooled()
	}
	p.Settle(nil)
}

// account is a camera whose messages a sink keeps.
type account struct {
	ledger *frame.Ledger
	sink   string
}

// Settle implements sink.Receipt for each message that was kept.
func (a *account) Settle(err error) {
	a.ledger.CountUnspooled()
	switch {
	case err == nil:
		a.ledger.CountPublished()
	case errors.Is(err, sink.ErrDropped):
		a.ledger.CountDropped(frame.Spool)
	default:
		a.ledger.CountFailed(a.sink)
	}
}

// account finds that of a camera.
func (r *receipts) account(l *frame.Ledger, name string) sink.Receipt {
	a, ok := r.accounts.Load(l)
	if !ok {
		a, _ = r.accounts.LoadOrStore(l, &account{l, name})
	}
	return a.(*account)
}

// take starts a receipt. A nil ledger means that the frame's fate is settled,
// and only its message is on the way.
func (r *receipts) take(ledger *frame.Ledger) *receipt {
	rec := r.free.Get().(*receipt)
	rec.pending.Store(int32(len(rec.parts)) + 1) // one for write
	rec.failed.Store(nil)
	rec.ledger, rec.kept = ledger, false
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
	if rec.ledger != nil && !rec.kept {
		if p := rec.failed.Load(); p != nil {
			rec.ledger.CountFailed(p.sink)
		} else {
			rec.ledger.CountPublished()
		}
	}
	rec.home.free.Put(rec)
}
