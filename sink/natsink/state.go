package natsink

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/nats-io/nats.go"

	"braid/sink/wire"
)

// PublishCamera publishes a camera's state without asking for a confirmation.
// The last state of each camera is kept and published again with each new
// connection, so that one which changed while the server was away is not lost.
func (s *Sink) PublishCamera(m *wire.Camera) error {
	msg, err := stateMsg(wire.CameraSubject(s.cfg.Site, m.Camera), wire.SchemaCamera, m)
	if err != nil {
		return err
	}
	// Published again when the connection is new, it is stored once.
	msg.Header.Set(wire.HeaderMsgID, fmt.Sprintf("%s:%s:%s:%s:%d", s.site, wire.Slug(m.Camera), m.Run, m.State, m.Since.UnixNano()))
	s.mu.Lock()
	s.states[msg.Subject] = msg
	s.mu.Unlock()
	if !s.nc.IsConnected() {
		return nil
	}
	return s.publishState(msg)
}

// PublishStats publishes the stats of an instance. What cannot be sent now is
// given up: the next ones come in a second.
func (s *Sink) PublishStats(m *wire.Stats) error {
	msg, err := stateMsg(wire.StatsSubject(s.cfg.Site, m.Instance), wire.SchemaStats, m)
	if err != nil || !s.nc.IsConnected() {
		return err
	}
	return s.publishState(msg)
}

func (s *Sink) publishState(msg *nats.Msg) error {
	err := s.nc.PublishMsg(msg)
	if err != nil && !errors.Is(err, nats.ErrReconnectBufExceeded) { // that one: not connected any more
		return fmt.Errorf("publishing on %s: %w", msg.Subject, err)
	}
	return nil
}

// republish publishes the last state of each camera.
func (s *Sink) republish() {
	s.mu.Lock()
	states := slices.Collect(maps.Values(s.states))
	s.mu.Unlock()
	for _, msg := range states {
		if err := s.nc.PublishMsg(msg); err != nil {
			return // the connection is gone again
		}
	}
}

func stateMsg(subject, schema string, m any) (*nats.Msg, error) {
	data, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("writing a %s message: %w", schema, err)
	}
	return &nats.Msg{Subject: subject, Data: data, Header: nats.Header{
		wire.HeaderContentType: {wire.ContentTypeJSON},
		wire.HeaderSchema:      {schema},
	}}, nil
}
