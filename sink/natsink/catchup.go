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
// asks the streams for the last message of each camera concerned: up to that one
// everything is stored, however long the server was away, since the messages of
// a camera go out in order and one server stores them in order. Of a camera of
// which a later message was confirmed, it looks for each.
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
	streams, err := s.ensureStreams(ctx)
	if err != nil {
		if errors.Is(err, ErrStream) { // at the start it ends the start, which says it
			s.fail(err)
		}
		s.uncertain(reason(ctx, err))
		return false
	}
	s.recovered()
	found := map[*route]knowledge{}
	for rt, floor := range s.doubted() {
		stream := streams[rt.stream]
		if stream == nil || s.mayNotRead(rt.stream) {
			continue // it is not ours to ask; the ids must do
		}
		k, err := look(ctx, stream, rt.subject, floor)
		if err != nil && s.mayNotRead(rt.stream) {
			s.warnOnce("it is not ours to read, a message may be stored twice", rt.stream, err)
			continue
		}
		if err != nil {
			s.uncertain(fmt.Errorf("asking for the last messages of camera %s: %w", rt.slug, reason(ctx, err)))
			return false
		}
		found[rt] = k
	}
	s.settleStored(found)
	return true
}

// reason is why a question has no answer: what ended its context, where err is only
// that.
func reason(ctx context.Context, err error) error {
	if errors.Is(err, context.Canceled) {
		return context.Cause(ctx)
	}
	return err
}

// knowledge is what the stream has of a camera.
type knowledge struct {
	last string          // the id of its last message
	ids  map[string]bool // where it was asked for them, the ids behind the route's floor
}

// noFloor is that of a route whose last message says enough.
const noFloor = ^uint64(0)

// look asks for the last message of a subject and, with a floor, for all that are
// behind it.
func look(ctx context.Context, stream jetstream.Stream, subject string, floor uint64) (k knowledge, err error) {
	m, err := stream.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return k, nil
	}
	if err != nil {
		return k, err
	}
	k.last = m.Header.Get(wire.HeaderMsgID)
	if floor == noFloor {
		return k, nil
	}
	k.ids = map[string]bool{}
	for at, end := floor, m.Sequence; at < end; {
		m, err := stream.GetMsg(ctx, at+1, jetstream.WithGetMsgSubject(subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return k, err
		}
		k.ids[m.Header.Get(wire.HeaderMsgID)] = true
		at = m.Sequence
	}
	return k, nil
}

// doubted are the routes of unsettled messages that were sent, perhaps by an
// earlier process. Where a later message of the route was confirmed, the last one
// says nothing of them, and the floor is where to look.
func (s *Sink) doubted() map[*route]uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	routes := map[*route]uint64{}
	for i := s.window.head; i < s.window.tail; i++ {
		if !s.window.holds(i) {
			continue
		}
		e := s.window.at(i)
		if s.window.overtaken(i) {
			routes[e.route] = e.route.floor
		} else if _, ok := routes[e.route]; !ok && (i < s.window.next || e.doubtful && !e.route.asked) {
			routes[e.route] = noFloor
		}
	}
	return routes
}

// settleStored settles what the stream has and makes the rest unsent.
func (s *Sink) settleStored(found map[*route]knowledge) {
	var receipts []sink.Receipt
	s.mu.Lock()
	for rt, k := range found {
		rt.asked, rt.last = true, k.last
	}
	for i := s.window.head; i < s.window.tail; i++ {
		if !s.window.holds(i) {
			continue
		}
		e := s.window.at(i)
		k, ok := found[e.route]
		sent, overtaken := i < s.window.next || e.doubtful, s.window.overtaken(i)
		e.doubtful = e.doubtful && !ok
		e.route.asked = true // where the stream is not ours to ask, once is enough
		if overtaken && k.ids[string(e.id)] || sent && !overtaken && covers(k.last, string(e.id), e.seq) {
			receipts = append(receipts, s.window.leave(i, nil))
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
