package natsink

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"

	"braid/sink/wire"
)

// change is a change of a camera's state, as it is published.
type change struct {
	run  string
	data []byte
}

// notStored is what a message expects its stream to be called where the stream
// should not store it: subscribers get it all the same.
const notStored = "none: told again"

// PublishCamera publishes a change of a camera's state. It goes the way of the
// frames, from the spool where there is one: changes arrive in order and once, each
// of them, however long the server was away. Without a spool they wait as long as
// frames do. It waits for the disk, and while the last states are told again; the changes
// of one camera come from one goroutine at a time.
func (s *Sink) PublishCamera(m *wire.Camera) error {
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("writing a %s message: %w", wire.SchemaCamera, err)
	}
	s.telling.Lock()
	defer s.telling.Unlock()
	s.mu.Lock()
	rt := s.routeOf([]byte(wire.CameraSubject(s.cfg.Site, m.Camera)))
	rt.written++
	rt.change = change{m.Run, data}
	s.mu.Unlock()
	s.writeChange(rt)
	return nil
}

// writeChange has the last change of a camera's state published. s.telling is held.
func (s *Sink) writeChange(rt *route) {
	s.mu.Lock()
	rec := changeRecord(s.window.buffer(), rt, s.site)
	s.mu.Unlock()
	if s.backlog != nil && s.writeSpooled(rt, rec, s.changes) {
		return
	}
	s.mu.Lock()
	err := s.refusal(rt)
	if err == nil && !s.window.fits(len(rec.msg)) {
		err = errNoRoom
	}
	if err == nil {
		s.hold(rt, rec, s.changes)
	} else {
		s.window.putBack(rec.buf)
	}
	s.mu.Unlock()
	if err != nil {
		s.settle(s.changes, err)
	}
	s.wake()
}

var errNoRoom = errors.New("too many messages wait for the server")

// changes is the receipt of every change of a camera's state.
type changes struct{ sink *Sink }

// Settle implements sink.Receipt.
func (c *changes) Settle(err error) {
	if err != nil {
		c.sink.lost.Add(1)
		c.sink.log.Warn("a change of a camera's state is lost", "error", err)
	}
}

// republish tells the last state of each camera again, for those who were not there
// when it changed. Nothing waits when it does so, else it comes later: the last state
// stays the last. A change that was lost is published as it would have been, the rest
// is not stored again.
func (s *Sink) republish() {
	s.telling.Lock()
	defer s.telling.Unlock()
	waits := s.anyWaits()
	var again []*route
	var told []*nats.Msg
	s.mu.Lock()
	if waits { // a change has come meanwhile, and is on its way
		s.repeat = true
		s.mu.Unlock()
		return
	}
	for _, rt := range s.ways {
		switch {
		case rt.written == 0:
		case rt.told < rt.written:
			again = append(again, rt)
		default:
			m := stateMsg(rt.subject, wire.SchemaCamera, rt.change.data)
			m.Header.Set(nats.ExpectedStreamHdr, notStored)
			told = append(told, m)
		}
	}
	s.mu.Unlock()
	for _, m := range told {
		if s.nc.PublishMsg(m) != nil {
			break // the connection is gone again
		}
	}
	for _, rt := range again {
		s.writeChange(rt)
	}
}

// PublishStats publishes the stats of an instance. What cannot be sent now is
// given up: the next ones come in a second.
func (s *Sink) PublishStats(m *wire.Stats) error {
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("writing a %s message: %w", wire.SchemaStats, err)
	}
	if !s.nc.IsConnected() {
		return nil
	}
	msg := stateMsg(wire.StatsSubject(s.cfg.Site, m.Instance), wire.SchemaStats, data)
	if err := s.nc.PublishMsg(msg); err != nil && !errors.Is(err, nats.ErrReconnectBufExceeded) { // that one: not connected any more
		return fmt.Errorf("publishing on %s: %w", msg.Subject, err)
	}
	return nil
}

func stateMsg(subject, schema string, data []byte) *nats.Msg {
	return &nats.Msg{Subject: subject, Data: data, Header: nats.Header{
		wire.HeaderContentType: {wire.ContentTypeJSON},
		wire.HeaderSchema:      {schema},
	}}
}
