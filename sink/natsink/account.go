package natsink

import "braid/sink"

// account is a run of a camera whose messages are on disk. It stands in for the
// receipts of their writers, which memory could not hold for as long as a server
// may be away.
type account struct {
	backlog *backlog
	writer  sink.Receipt // nil: nobody counts these messages any more
}

// Settle hears what became of a message of the window that is on disk too.
func (a *account) Settle(err error) {
	if err != nil {
		a.backlog.lost.Add(1)
		a.backlog.log.Warn("a message of the spool is lost", "error", err)
	}
	if a.writer != nil {
		a.writer.Settle(err)
	}
}

// open finds the account of a message that goes to disk, and marks the message
// where its writer does not count it. b.mu is held.
func (b *backlog) open(rec *record, r sink.Receipt) *account {
	var writer sink.Receipt
	if k, ok := r.(sink.Keeper); ok {
		writer = k.Account()
	}
	if writer == nil {
		rec.disown()
		return b.nobody
	}
	a := b.accounts[string(rec.run())]
	if a == nil {
		a = &account{backlog: b, writer: writer}
		b.accounts[string(rec.run())] = a
	}
	return a
}

// accountOf finds the account of a message from the disk. b.mu is held.
func (b *backlog) accountOf(rec *record) *account {
	if a := b.accounts[string(rec.run())]; a != nil && !rec.disowned() {
		return a
	}
	return b.nobody // an earlier process has written it
}

// owner tells the queue whose a record is.
func (b *backlog) owner(buf []byte) any {
	rec, err := parseRecord(buf)
	if err != nil {
		return nil
	}
	if a := b.accountOf(&rec); a != b.nobody {
		return a
	}
	return nil
}

// drop hears that the queue has given up messages of an account, which it counts.
func (b *backlog) drop(owner any, n uint64) {
	for range n {
		owner.(*account).writer.Settle(sink.ErrDropped)
	}
}

// keep tells the writer of a message that it is on disk.
func (s *Sink) keep(r sink.Receipt, a *account) {
	if k, ok := r.(sink.Keeper); ok {
		k.Keep(a.writer)
		s.countSettled()
		return
	}
	s.settle(r, nil)
}
