package natsink

import (
	"fmt"
	"strings"

	"braid/sink/natsconn"
)

// up is called when the server is there, for the first time or again.
func (s *Sink) up() {
	s.mu.Lock()
	s.trouble, s.lastErr = nil, nil
	s.resync, s.paused, s.backoff, s.repeat = true, false, 0, true
	clear(s.said)
	clear(s.denied)
	s.mu.Unlock()
	s.log.Info("connected to NATS")
	s.wake()
}

// down is called when the connection broke, or an attempt to connect failed.
func (s *Sink) down(err error) {
	if natsconn.IsAuth(err) {
		s.fail(fmt.Errorf("%w: %w", ErrRefused, err))
		return
	}
	s.mu.Lock()
	s.resync, s.lastErr = true, err
	if s.cancelAPI != nil {
		s.cancelAPI(err) // the next connection will not have the answer
	}
	s.mu.Unlock()
	if s.first("away") {
		s.log.Warn("NATS is away, messages wait", "error", err)
	}
}

// complaint is called with what the server and the client say besides.
func (s *Sink) complaint(err error) {
	subject := deniedSubject(err)
	if subject != "" {
		err = fmt.Errorf("%w: %w", ErrRefused, err)
	}
	s.mu.Lock()
	s.lastErr = err
	if subject != "" {
		s.denied[subject] = err
		if strings.HasPrefix(subject, apiPrefix) && s.cancelAPI != nil {
			s.cancelAPI(err) // the server will not answer
		}
	}
	s.mu.Unlock()
	if s.first(err.Error()) {
		s.log.Warn("NATS complains", "error", err)
	}
	if subject != "" {
		s.failWhere(err, func(e *entry) bool { return e.route.subject == subject })
	}
}

// fail fails everything that waits in memory and will come, until the server takes
// us or JetStream answers. What is on disk waits.
func (s *Sink) fail(err error) {
	s.mu.Lock()
	s.trouble, s.lastErr = err, err
	s.mu.Unlock()
	if s.first(err.Error()) {
		s.log.Warn("nothing can be published", "error", err)
	}
	s.failWhere(err, inMemory)
}

// recovered ends what fail began.
func (s *Sink) recovered() {
	s.mu.Lock()
	trouble := s.trouble
	s.trouble = nil
	s.mu.Unlock()
	if trouble != nil {
		s.log.Info("publishing goes on")
	}
}

func inMemory(e *entry) bool { return !e.spooled }

// failWhere settles some messages with err, and counts them.
func (s *Sink) failWhere(err error, match func(*entry) bool) (n int) {
	s.mu.Lock()
	for i := s.window.head; i < s.window.tail; i++ {
		if !s.window.holds(i) || !match(s.window.at(i)) {
			continue
		}
		r := s.window.settle(i)
		n++
		s.mu.Unlock()
		s.settle(r, err)
		s.mu.Lock()
	}
	s.notifyRoom()
	s.mu.Unlock()
	return n
}

// first reports whether something is logged for the first time on this
// connection: attempts to connect and messages that fail come by the hundred.
func (s *Sink) first(what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	said := s.said[what]
	s.said[what] = true
	return !said
}
