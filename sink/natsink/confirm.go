package natsink

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The pause before something is tried again, doubled each time.
const (
	backoffMin = 100 * time.Millisecond
	backoffMax = 2 * time.Second
)

// errNoStream is what a server says where no stream takes the subject.
var errNoStream = errors.New("no stream takes the subject")

// confirmation is called with each answer of JetStream.
func (s *Sink) confirmation(m *nats.Msg) {
	i, err := strconv.ParseUint(m.Subject[len(s.inbox):], 36, 64)
	if err != nil {
		return
	}
	place, err, again := readAck(m)
	if again {
		s.uncertain(err)
		return
	}
	s.mu.Lock()
	if !s.window.holds(i) {
		s.mu.Unlock()
		return
	}
	r := s.window.at(i).receipt
	if err == nil {
		s.backoff = 0
		s.window.confirm(i, place)
	} else {
		s.window.settle(i)
	}
	s.notifyRoom()
	s.mu.Unlock()
	s.settle(r, err)
}

// readAck reads an answer: place is the message's in the stream (where it was
// perhaps before, see Nats-Msg-Id), and again is whether it should be sent again.
func readAck(m *nats.Msg) (place uint64, err error, again bool) {
	if len(m.Data) == 0 && m.Header.Get("Status") == "503" {
		return 0, errNoStream, true
	}
	if _, rest, ok := bytes.Cut(m.Data, []byte(`"seq":`)); ok && !bytes.Contains(m.Data, []byte(`"error"`)) {
		digits := 0
		for ; digits < len(rest) && '0' <= rest[digits] && rest[digits] <= '9'; digits++ {
			place = 10*place + uint64(rest[digits]-'0')
		}
		return place, nil, false
	}
	var ack struct {
		Seq   uint64              `json:"seq"`
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(m.Data, &ack); err != nil {
		return 0, fmt.Errorf("reading the confirmation: %w", err), false
	}
	if ack.Error == nil {
		return ack.Seq, nil, false
	}
	// 503: a leader is being elected, a store is being read. 429: too much waits.
	again = ack.Error.Code == 503 || ack.Error.Code == 429
	return 0, fmt.Errorf("storing the message: %w", ack.Error), again
}

// uncertain notes that what was sent may not have arrived, and has the sender
// find out after a pause. err is why, nil where nothing new is known.
func (s *Sink) uncertain(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.lastErr = err
	}
	s.resync = true
	s.pause()
}

// pause keeps the sender quiet for a while. s.mu is held.
func (s *Sink) pause() {
	if s.paused || s.closed {
		return
	}
	s.paused = true
	s.backoff = min(max(2*s.backoff, backoffMin), backoffMax)
	time.AfterFunc(s.backoff, s.resume)
}

func (s *Sink) resume() {
	s.mu.Lock()
	s.paused = false
	s.mu.Unlock()
	s.wake()
}

// arm starts the timer where it does not run. s.mu is held.
func (s *Sink) arm(now time.Time) {
	if s.armed || s.closed {
		return
	}
	e := s.window.oldest()
	if e == nil {
		return
	}
	wait := s.cfg.AckWait
	if !e.deadline.IsZero() {
		wait = min(wait, e.deadline.Sub(now))
	}
	s.armed = true
	s.timer.Reset(wait)
}

// tick fails what waited too long, and asks about what should have been
// confirmed by now.
func (s *Sink) tick() {
	now := time.Now()
	reason := error(nil)
	s.mu.Lock()
	s.armed = false
	for i := s.window.head; i < s.window.tail; i++ {
		if !s.window.holds(i) {
			continue
		}
		e := s.window.at(i)
		if !e.spooled && !e.deadline.After(now) {
			if reason == nil {
				reason = s.whyLocked()
			}
			if s.cfg.Whole {
				s.broken = reason
				break
			}
			r := s.window.settle(i)
			s.mu.Unlock()
			s.settle(r, reason)
			s.mu.Lock()
			continue
		}
		if late := i < s.window.next && now.Sub(e.sentAt) >= s.cfg.AckWait; late && s.js != nil {
			s.resync = true
		}
		if !e.spooled {
			break // the later ones have later deadlines
		}
	}
	broken := s.broken
	s.arm(now)
	s.notifyRoom()
	s.mu.Unlock()
	if broken != nil {
		s.failWhere(broken, inMemory)
	}
	s.wake()
}

// whyLocked is the error of a message that waited too long. The caller holds s.mu.
func (s *Sink) whyLocked() error {
	return fmt.Errorf("%w within %v: %w", ErrTimeout, s.cfg.MaxWait, s.silence())
}

// silence is what is known of a server that confirms nothing. The caller holds s.mu.
func (s *Sink) silence() error {
	what := "does not answer"
	if !s.nc.IsConnected() {
		what = "is away"
	}
	err := fmt.Errorf("%s %s", s.cfg.Redacted(), what)
	if s.lastErr != nil {
		err = fmt.Errorf("%w: %w", err, s.lastErr)
	}
	return err
}
