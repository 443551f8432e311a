package natsink

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"braid/sink/wire"
)

// apiPrefix begins the subjects of JetStream's API.
const apiPrefix = "$JS.API."

// Inspect asks the server what New would do about its streams, and does nothing.
func Inspect(ctx context.Context, c Config) (changes []Change, err error) {
	js, done, err := c.JetStreamOnce()
	if err != nil {
		return nil, err
	}
	defer done()
	for _, w := range c.streams() {
		stream, err := js.Stream(ctx, w.made.Name)
		switch {
		case errors.Is(err, jetstream.ErrStreamNotFound):
			changes = append(changes, w.change(nil))
		case isNoJetStream(err):
			return nil, c.noJetStream()
		case err != nil:
			return nil, fmt.Errorf("asking %s for the stream %s: %w", c.Redacted(), w.made.Name, err)
		default:
			changes = append(changes, w.change(&stream.CachedInfo().Config))
		}
	}
	return changes, nil
}

func (c Config) noJetStream() error {
	return fmt.Errorf("%w on %s: enable it there, or set nats.jetstream: false", ErrNoJetStream, c.Redacted())
}

// firstLook makes and checks the streams where the server is there at the start,
// so that what cannot be as it is configured ends the start. Where it is away, or
// has other troubles, the sender tries later.
func (s *Sink) firstLook(ctx context.Context) error {
	if s.js == nil || !s.nc.IsConnected() {
		return nil
	}
	ctx, done := s.asking(ctx)
	defer done()
	if _, err := s.ensureStreams(ctx); errors.Is(err, ErrStream) {
		return err
	}
	return nil
}

// asking bounds a few questions to JetStream. The server does not answer one that
// it does not allow, but complains, which ends the context too.
func (s *Sink) asking(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	ctx, stop := context.WithTimeout(ctx, s.cfg.AckWait)
	s.mu.Lock()
	s.cancelAPI = cancel
	s.mu.Unlock()
	return ctx, func() {
		s.mu.Lock()
		s.cancelAPI = nil
		s.mu.Unlock()
		stop()
		cancel(nil)
	}
}

// ensureStreams makes or mends the streams and returns them by name; one that is
// not there without error is not ours to look after, and we publish nevertheless.
func (s *Sink) ensureStreams(ctx context.Context) (map[string]jetstream.Stream, error) {
	found := map[string]jetstream.Stream{}
	for _, w := range s.cfg.streams() {
		stream, err := s.ensureStream(ctx, w)
		switch {
		case isNoJetStream(err):
			err = s.cfg.noJetStream()
			s.fail(err)
			return nil, err
		case err != nil && (w.required || s.lookAgain(err)):
			return nil, err
		case err != nil:
			s.warnOnce("changes of state are not kept", w.made.Name, err)
		case stream != nil:
			found[w.made.Name] = stream
		}
	}
	s.mu.Lock()
	s.looks, s.keepsState = 0, found[wire.StreamEvents] != nil
	s.mu.Unlock()
	return found, nil
}

// lookAgain reports whether the stream of changes of state, about which err says
// nothing for good, may be there next time: a server that has just come back is
// reading its stores. The frames do not wait for it for ever. A look that the end of
// the connection cut short does not count.
func (s *Sink) lookAgain(err error) bool {
	if errors.Is(err, context.Canceled) {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looks++
	return !errors.Is(err, ErrStream) && s.looks <= changeTries
}

func (s *Sink) ensureStream(ctx context.Context, w wantedStream) (jetstream.Stream, error) {
	if s.mayNot("INFO", w) {
		return nil, nil
	}
	stream, err := s.js.Stream(ctx, w.made.Name)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return s.createStream(ctx, w)
	case s.mayNot("INFO", w):
		s.warnOnce("it is not ours to ask about, publishing all the same", w.made.Name, err)
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("asking for the stream %s: %w", w.made.Name, err)
	}
	return stream, s.updateStream(ctx, w, stream.CachedInfo().Config)
}

func (s *Sink) createStream(ctx context.Context, w wantedStream) (jetstream.Stream, error) {
	if s.mayNot("CREATE", w) {
		return nil, nil
	}
	stream, err := s.js.CreateStream(ctx, w.new())
	switch {
	case err == nil:
		s.log.Info("stream made", "stream", w.made.Name)
		return stream, nil
	case s.mayNot("CREATE", w):
		s.warnOnce("it is missing and not ours to make, publishing all the same", w.made.Name, err)
		return nil, nil
	case isOverlap(err):
		s.warnOnce("another stream takes its subjects, publishing to that one", w.made.Name, err)
		return nil, nil
	case isFinal(err):
		return nil, fmt.Errorf("%w %s cannot be made on %s: %w", ErrStream, w.made.Name, s.cfg.Redacted(), mended(err, w.new()))
	}
	return nil, fmt.Errorf("making the stream %s: %w", w.made.Name, err)
}

// updateStream makes the stream what it is configured to be, and says what that
// changes.
func (s *Sink) updateStream(ctx context.Context, w wantedStream, have jetstream.StreamConfig) error {
	change := w.change(&have)
	if len(change.Differences) == 0 {
		return nil
	}
	if err := change.Refused(s.cfg.Redacted()); err != nil {
		return err
	}
	if s.mayNot("UPDATE", w) {
		return nil
	}
	want := w.applied(have)
	_, err := s.js.UpdateStream(ctx, want)
	switch {
	case s.mayNot("UPDATE", w):
		for _, d := range change.Differences {
			s.log.Warn("the stream is not ours to change, publishing all the same", "stream", w.made.Name, "key", d.Key, "is", d.Have, "configured", d.Want)
		}
		return nil
	case isFinal(err):
		return fmt.Errorf("%w %s on %s: %s, and the server does not change that: %w", ErrStream, w.made.Name, s.cfg.Redacted(), change.differences(), mended(err, want))
	case err != nil:
		return fmt.Errorf("changing the stream %s: %w", w.made.Name, err)
	}
	for _, d := range change.Differences {
		s.log.Info("stream changed", "stream", w.made.Name, "key", d.Key, "from", d.Have, "to", d.Want)
	}
	return nil
}

// differences are the stream's, in one line.
func (c Change) differences() string {
	texts := make([]string, len(c.Differences))
	for i, d := range c.Differences {
		texts[i] = d.String()
	}
	return strings.Join(texts, ", ")
}

// mended adds the key and the mend to a server's refusal of more copies than it has
// servers for, which names neither.
func mended(err error, want jetstream.StreamConfig) error {
	if !lacksServers(err) || want.Replicas <= 1 {
		return err
	}
	return fmt.Errorf("nats.replicas is %d, and each copy needs a server of its own in one cluster: set nats.replicas to no more than the cluster has servers, 1 without a cluster (%w)", want.Replicas, err)
}

// Refused is why the change cannot be at a server, nil where it can.
func (c Change) Refused(server string) error {
	var fixed, mend []string
	for _, d := range c.Differences {
		if d.Fixed {
			fixed = append(fixed, d.String())
			mend = append(mend, keyOf(c.Stream, d.Key)+": "+d.Have)
		}
	}
	if fixed == nil {
		return nil
	}
	return fmt.Errorf("%w %s on %s: %s, and the server cannot change that: set %s, or remove the stream (nats stream rm %s)",
		ErrStream, c.Stream, server, strings.Join(fixed, ", "), strings.Join(mend, " and "), c.Stream)
}

// keyOf is a setting's key in the configuration.
func keyOf(stream, key string) string {
	if stream == wire.StreamEvents && (key == "max_age" || key == "max_bytes") {
		return "nats.events." + key
	}
	return "nats." + key
}

// String is one line: "storage is memory, configured is file".
func (d Difference) String() string {
	return fmt.Sprintf("%s is %s, configured is %s", d.Key, d.Have, d.Want)
}

// warnOnce logs what a connection need not hear twice.
func (s *Sink) warnOnce(what, stream string, err error) {
	if s.first(what + stream) {
		s.log.Warn("a stream is not looked after", "stream", stream, "why", what, "error", err)
	}
}

// mayNot reports whether the server denied us an operation on a stream.
func (s *Sink) mayNot(op string, w wantedStream) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.denied[apiPrefix+"STREAM."+op+"."+w.made.Name] != nil
}

// mayNotRead reports whether the server denied us the messages of a stream.
func (s *Sink) mayNotRead(stream string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for subject := range s.denied {
		for _, op := range []string{"DIRECT.GET.", "STREAM.MSG.GET."} {
			if rest, ok := strings.CutPrefix(subject, apiPrefix+op+stream); ok && (rest == "" || rest[0] == '.') {
				return true
			}
		}
	}
	return false
}

func isNoJetStream(err error) bool {
	return errors.Is(err, jetstream.ErrJetStreamNotEnabled) ||
		errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount) ||
		errors.Is(err, nats.ErrNoResponders)
}

// isOverlap reports whether a stream of another name has our subjects.
func isOverlap(err error) bool {
	const subjectsOverlap = 10065
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == subjectsOverlap
}

// lacksServers reports whether a server has too few others for a stream's copies.
func lacksServers(err error) bool {
	const noPeers, notClustered = 10005, 10074
	var api *jetstream.APIError
	return errors.As(err, &api) && (api.ErrorCode == noPeers || api.ErrorCode == notClustered)
}

// isFinal reports whether the server understood and said no, rather than not now.
func isFinal(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.Code != 503
}
