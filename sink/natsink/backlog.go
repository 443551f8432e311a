package natsink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"braid/sink"
	"braid/sink/spool"
	"braid/sink/wire"
)

// backlog is the messages that wait on disk. The window is its beginning: what
// is on its way, and what comes next. Each message goes to disk first, so that it
// outlives this process, and from there on is the backlog's to publish.
type backlog struct {
	log *slog.Logger

	mu    sync.Mutex // over queue, and over who enters the window next; locked before Sink.mu
	queue *spool.Queue

	accounts map[string]*account // by the run of their messages' ids; mu
	nobody   *account            // of messages that nobody counts

	past spool.Pos     // the queue knows that everything before is done; Sink.mu
	lost atomic.Uint64 // messages that no server will ever take
	told atomic.Uint64 // dropped ones that were logged
}

// Backlog is what waits on disk for the server, nil without a spool.
func (s *Sink) Backlog() *wire.Spool {
	b := s.backlog
	if b == nil {
		return nil
	}
	b.mu.Lock()
	q := b.queue.Stats()
	b.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	return &wire.Spool{Waiting: q.Waiting + s.window.spooled, Bytes: q.Bytes, Dropped: q.Dropped + b.lost.Load()}
}

// writeSpooled is Write with a spool: the message is the backlog's when it is on
// disk. False: the disk does not take it, it must wait in memory as without a spool.
func (s *Sink) writeSpooled(rt *route, rec record, r sink.Receipt) bool {
	b := s.backlog
	b.mu.Lock()
	s.mu.Lock()
	refused, fits := s.refusal(rt), s.window.fits(len(rec.msg))
	s.mu.Unlock()
	if refused != nil {
		b.mu.Unlock()
		s.giveBack(rec.buf)
		s.settle(r, refused)
		return true
	}
	account := b.open(&rec, r)
	end, taken, err := b.queue.Append(rec.buf, fits)
	waiting := b.queue.Stats().Waiting
	b.tellDropped(b.queue.Stats())
	if taken {
		s.enter(entry{record: rec, route: rt, receipt: account, spooled: true, end: end})
	}
	b.mu.Unlock()
	switch {
	case err != nil && waiting == 0:
		b.log.Warn("a message waits in memory, for the disk does not take it", "error", err)
		return false
	case !taken:
		s.giveBack(rec.buf)
	}
	if err != nil {
		s.settle(r, err)
	} else {
		s.keep(r, account)
	}
	s.wake()
	return true
}

// enter puts a message into the window, which has room. b.mu is held.
func (s *Sink) enter(e entry) {
	s.mu.Lock()
	s.window.push(e)
	s.arm(time.Now())
	s.mu.Unlock()
}

// tellDropped logs that messages had to make room. The log handler makes it one
// line a second.
func (b *backlog) tellDropped(q spool.Stats) {
	if was := b.told.Swap(q.Dropped); q.Dropped > was {
		b.log.Warn("the spool is full, the oldest messages are dropped", "dropped", q.Dropped, "waiting", q.Waiting, "bytes", q.Bytes)
	}
}

// refill tells the queue what is done, and takes from it what the window has
// room for.
func (s *Sink) refill() {
	b := s.backlog
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	s.mu.Lock()
	past := s.window.past
	marked := past == b.past
	s.mu.Unlock()
	if !marked {
		if err := b.queue.Done(past); err != nil {
			b.log.Warn("messages may come twice after a restart", "error", err)
		}
		s.mu.Lock()
		b.past = past
		s.mu.Unlock()
	}
	for s.hasRoom() && s.takeNext() {
	}
}

// hasRoom reports whether the window takes one more message. Its size is known
// when it is taken: the last one may go over the bound.
func (s *Sink) hasRoom() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.window.fits(0)
}

// takeNext moves a message from the queue into the window. b.mu is held. false:
// none waits.
func (s *Sink) takeNext() bool {
	b := s.backlog
	s.mu.Lock()
	buf := s.window.buffer()
	s.mu.Unlock()
	buf, end, ok, err := b.queue.Next(buf)
	if err != nil {
		b.log.Warn("messages of the spool are lost", "error", err)
	}
	if !ok {
		s.giveBack(buf)
		return err != nil
	}
	rec, err := parseRecord(buf)
	if err != nil {
		s.giveBack(buf)
		b.nobody.Settle(err)
		return true
	}
	s.mu.Lock()
	rt := s.routeOf(rec.subject)
	s.mu.Unlock()
	e := entry{record: rec, route: rt, receipt: b.accountOf(&rec), spooled: true, end: end}
	if b.queue.Found(end) {
		e.doubtful = true
		s.mu.Lock()
		s.resync = s.resync || !rt.asked
		s.mu.Unlock()
	}
	s.enter(e)
	return true
}

// giveBack returns a buffer that no message came to be in.
func (s *Sink) giveBack(buf []byte) {
	s.mu.Lock()
	s.window.putBack(buf)
	s.mu.Unlock()
}

// barred reports whether the next message must wait because it is the first of
// its camera's run: until everything before is published and known on disk to be
// so. Else a process that is killed now would leave in doubt an older run, about
// which the stream's last message of the camera says nothing any more. s.mu is
// held.
func (s *Sink) barred(e *entry) bool {
	if s.backlog == nil || !e.spooled || bytes.Equal(e.route.run, e.run()) {
		return false
	}
	if s.window.next != s.window.head || s.window.past != s.backlog.past {
		return true
	}
	e.route.run = append(e.route.run[:0], e.run()...)
	return false
}

// unmarked reports whether messages are done of which the queue does not know.
func (s *Sink) unmarked() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.backlog != nil && s.window.past != s.backlog.past
}

// waits reports whether a message waits that the server could have.
func (s *Sink) waits() bool { return s.nc.IsConnected() && s.anyWaits() }

// anyWaits reports whether a message waits, in memory or on disk.
func (s *Sink) anyWaits() bool {
	b := s.Backlog()
	return s.Pending() > 0 || b != nil && b.Waiting > 0
}

// drained returns when nothing waits any more, or when ctx ends.
func (s *Sink) drained(ctx context.Context) {
	for s.waits() {
		select {
		case <-s.idle:
		case <-ctx.Done():
			return
		}
	}
}

// closeBacklog leaves what waits to the next process, and says how much that is.
func (s *Sink) closeBacklog() error {
	b := s.backlog
	if b == nil {
		return nil
	}
	s.refill() // the last marks
	if left := s.Backlog(); left.Waiting > 0 {
		b.log.Warn("messages wait on disk for the next start", "waiting", left.Waiting, "bytes", left.Bytes)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.queue.Close(); err != nil {
		return fmt.Errorf("closing the spool: %w", err)
	}
	return nil
}

// openBacklog finds what an earlier process has left.
func openBacklog(cfg Config, log *slog.Logger) (*backlog, error) {
	if cfg.Spool.MaxBytes == 0 {
		return nil, nil
	}
	if !cfg.JetStream {
		return nil, errors.New("a spool needs JetStream: without its confirmations nobody knows what has arrived")
	}
	b := &backlog{log: log, accounts: map[string]*account{}}
	b.nobody = &account{backlog: b}
	on := cfg.Spool
	on.Owner, on.Lost = b.owner, b.drop
	q, err := spool.Open(on)
	if err != nil {
		return nil, err
	}
	b.queue = q
	if n := q.Stats().Waiting; n > 0 {
		log.Info("messages of an earlier start wait for the server", "waiting", n, "bytes", q.Stats().Bytes)
	}
	return b, nil
}
