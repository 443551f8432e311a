package natsink

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"braid/sink/wire"
)

// coreBatch is how many messages one round trip confirms without JetStream. It
// bounds what is uncertain when a connection breaks.
const coreBatch = 256

// send is the sender's goroutine.
func (s *Sink) send(ctx context.Context) {
	defer close(s.done)
	out := outgoing{msg: nats.Msg{Header: nats.Header{
		wire.HeaderMsgID:       {""},
		wire.HeaderContentType: {wire.ContentTypeJSON},
		wire.HeaderSchema:      {wire.SchemaFrame},
	}}}
	for {
		select {
		case <-s.kick:
		case <-ctx.Done():
			return
		}
		for ctx.Err() == nil && s.round(ctx, &out) {
		}
	}
}

// outgoing is the message that the sender fills again and again.
type outgoing struct {
	msg   nats.Msg
	batch []uint64 // sent, not confirmed; without JetStream only
}

// round sends what there is. False: nothing more to do before the next kick.
func (s *Sink) round(ctx context.Context, out *outgoing) bool {
	s.refill()
	s.mu.Lock()
	again := s.repeat && s.window.empty() && s.nc.IsConnected()
	s.repeat = s.repeat && !again
	wanted := !s.window.empty() || s.trouble != nil
	ready := wanted && !s.paused && s.broken == nil && s.nc.IsConnected()
	if n := s.nc.Stats().Reconnects; n != s.reconnects { // up hears of it later than we may send
		s.reconnects, s.resync = n, true
	}
	resync := s.resync
	s.mu.Unlock()
	if again {
		s.republish()
		return true
	}
	if !ready {
		return false
	}
	if resync {
		return s.catchUp(ctx)
	}
	if s.js == nil {
		return s.sendBatch(ctx, out)
	}
	return s.sendNext(out)
}

// sendNext publishes one message; its confirmation comes later.
func (s *Sink) sendNext(out *outgoing) bool {
	i, e := s.claim()
	if e == nil {
		return s.unmarked()
	}
	if !s.confirms(e.route) {
		out.msg.Reply = ""
		ok := s.publish(i, e, out)
		if ok {
			s.settleSent(i, nil)
		}
		return ok
	}
	out.msg.Reply = s.inbox + strconv.FormatUint(i, 36)
	return s.publish(i, e, out)
}

// confirms reports whether a stream will say that it has the messages of a route.
// Changes of states are told without that where the stream is not ours to look after.
func (s *Sink) confirms(rt *route) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keepsState || !rt.ofChanges()
}

// changeTries is how often a change of a state is sent, at most: it must not hold
// up the frames behind it for ever.
const changeTries = 5

// claim takes the next message to send, nil where there is none for now.
func (s *Sink) claim() (uint64, *entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if e := s.window.upcoming(); e == nil || s.broken != nil || s.barred(e) {
			return 0, nil
		}
		i, e := s.window.claim(time.Now())
		err := error(nil)
		switch {
		case s.window.overtaken(i):
			err = ErrOvertaken
		case e.doubtful && covers(e.route.last, string(e.id), e.seq): // an earlier process sent it, and it was stored
		case e.route.ofChanges() && e.tries > changeTries:
			err = s.whyLocked()
		default:
			return i, e
		}
		r := s.window.leave(i, err)
		s.window.release(i)
		s.notifyRoom()
		s.mu.Unlock()
		s.settle(r, err)
		s.mu.Lock()
	}
}

// publish hands a claimed message to the client and releases it. False: the
// connection is gone, and the message is to be sent again.
func (s *Sink) publish(i uint64, e *entry, out *outgoing) bool {
	out.msg.Subject, out.msg.Data = e.route.subject, e.msg
	out.msg.Header[wire.HeaderMsgID][0] = string(e.id)
	out.msg.Header[wire.HeaderSchema][0] = e.route.schema
	err := s.nc.PublishMsg(&out.msg)
	if errors.Is(err, nats.ErrMaxPayload) {
		err = fmt.Errorf("%w: %d bytes, the server takes %d (max_payload)", ErrTooLarge, len(e.msg), s.nc.MaxPayload())
		s.finish(i, err)
		return true
	}
	s.mu.Lock()
	s.window.release(i)
	s.mu.Unlock()
	if err == nil {
		return true
	}
	if errors.Is(err, nats.ErrReconnectBufExceeded) {
		err = nil // the client's way of saying that it is not connected
	}
	s.uncertain(err)
	return false
}

// finish releases and settles a claimed message.
func (s *Sink) finish(i uint64, err error) {
	s.mu.Lock()
	r := s.window.settle(i)
	s.window.release(i)
	s.notifyRoom()
	s.mu.Unlock()
	s.settle(r, err)
}

// sendBatch publishes what waits and asks the server with one round trip
// whether it has it.
func (s *Sink) sendBatch(ctx context.Context, out *outgoing) bool {
	out.batch = out.batch[:0]
	ok := true
	for ok && len(out.batch) < coreBatch {
		i, e := s.claim()
		if e == nil {
			break
		}
		if ok = s.publish(i, e, out); ok {
			out.batch = append(out.batch, i)
		}
	}
	if len(out.batch) == 0 {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.AckWait)
	err := s.nc.FlushWithContext(ctx)
	cancel()
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrUnconfirmed, err)
	}
	for _, i := range out.batch {
		s.settleSent(i, err)
	}
	return ok && err == nil
}

// settleSent settles a message that no stream confirms: err is the round trip's of
// a core batch.
func (s *Sink) settleSent(i uint64, err error) {
	s.mu.Lock()
	if !s.window.holds(i) { // it waited too long
		s.mu.Unlock()
		return
	}
	if err == nil {
		err = s.denial(s.window.at(i).route)
	}
	r := s.window.leave(i, err)
	s.notifyRoom()
	s.mu.Unlock()
	s.settle(r, err)
}

// denial is the server's complaint about the subject, if there was one. The
// client notes the last one before it sees the round trip's answer, and tells
// of all of them somewhat later. s.mu is held.
func (s *Sink) denial(rt *route) error {
	if err := s.denied[rt.subject]; err != nil {
		return err
	}
	if err := s.nc.LastError(); deniedSubject(err) == rt.subject {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return nil
}

// deniedSubject is the subject of `Permissions Violation for Publish to "…"`.
func deniedSubject(err error) string {
	if !errors.Is(err, nats.ErrPermissionViolation) {
		return ""
	}
	_, rest, _ := strings.Cut(err.Error(), `Publish to "`)
	subject, _, _ := strings.Cut(rest, `"`)
	return subject
}
