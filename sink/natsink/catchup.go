package natsink

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"braid/sink"
	"braid/sink/wire"
)

// catchUp makes sure of what was sent before the connection broke or the server
// fell silent, and prepares to send the rest again, in order. With JetStream it
// asks the stream for the last message of each camera concerned: up to that one
// everything is stored, however long the server was away, since the messages of
// a camera go out in order and one server stores them in order.
func (s *Sink) catchUp(ctx context.Context) bool {
	s.mu.Lock()
	s.resync = false // a new doubt from here on counts
	if s.js == nil {
		s.window.rewind() // nothing is on its way between two batches
	}
	s.mu.Unlock()
	if s.js == nil {
		return true
	}
	ctx, done := s.asking(ctx)
	defer done()
	stream, err := s.ensureStreams(ctx)
	if err != nil {
		s.uncertain(err)
		return false
	}
	s.recovered()
	stored := map[*route]string{}
	for rt := range s.doubted() {
		if stream == nil {
			break // it is not ours to ask; the ids must do
		}
		m, err := stream.GetLastMsgForSubject(ctx, rt.subject)
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
			stored[rt] = ""
		case err != nil:
			s.uncertain(fmt.Errorf("asking for the last message of camera %s: %w", rt.slug, err))
			return false
		default:
			stored[rt] = m.Header.Get(wire.HeaderMsgID)
		}
	}
	s.settleStored(stored)
	return true
}

// doubted are the routes of unsettled messages that were sent, perhaps by an
// earlier process.
func (s *Sink) doubted() map[*route]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	routes := map[*route]bool{}
	for i := s.window.head; i < s.window.tail; i++ {
		if e := s.window.at(i); s.window.holds(i) && (i < s.window.next || e.doubtful && !e.route.asked) {
			routes[e.route] = true
		}
	}
	return routes
}

// settleStored settles what was sent up to the last stored id of each route and
// makes the rest unsent.
func (s *Sink) settleStored(stored map[*route]string) {
	var receipts []sink.Receipt
	s.mu.Lock()
	for rt, last := range stored {
		rt.asked, rt.last = true, last
	}
	for i := s.window.head; i < s.window.tail; i++ {
		if !s.window.holds(i) {
			continue
		}
		e := s.window.at(i)
		last, ok := stored[e.route]
		sent := i < s.window.next || e.doubtful
		e.doubtful = e.doubtful && !ok
		e.route.asked = true // where the stream is not ours to ask, once is enough
		if ok && sent && !s.window.overtaken(i) && covers(last, string(e.id), e.seq) {
			receipts = append(receipts, s.window.settle(i))
		}
	}
	s.window.rewind()
	s.notifyRoom()
	s.mu.Unlock()
	for _, r := range receipts {
		s.settle(r, nil)
	}
}

// covers reports whether a stream whose last id is last has stored the message
// id with number seq: the same run, and not a later number.
func covers(last, id string, seq uint64) bool {
	cut := strings.LastIndexByte(id, ':') + 1
	if len(last) <= cut || last[:cut] != id[:cut] {
		return false
	}
	n, err := strconv.ParseUint(last[cut:], 10, 64)
	return err == nil && seq <= n
}
