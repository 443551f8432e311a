package natsink

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"braid/sink/wire"
)

const (
	frameSubjects = "braid.v1.*.frame.>"

	defaultMaxAge     = time.Hour
	defaultDuplicates = 10 * time.Second
)

// config is the stream as it is made.
func (l Limits) config() jetstream.StreamConfig {
	d := jetstream.StreamConfig{
		Name:              wire.StreamFrames,
		Description:       "what braid found in each frame, see docs/messages.md",
		Subjects:          []string{frameSubjects},
		Retention:         jetstream.LimitsPolicy,
		Discard:           jetstream.DiscardOld,
		Storage:           jetstream.FileStorage,
		Compression:       jetstream.S2Compression,
		AllowDirect:       true,
		MaxAge:            defaultMaxAge,
		MaxBytes:          1 << 30,
		MaxMsgsPerSubject: 20_000,
		Duplicates:        defaultDuplicates,
		Replicas:          1,
	}
	l.apply(&d)
	return d
}

// apply sets what l sets.
func (l Limits) apply(c *jetstream.StreamConfig) {
	set(&c.MaxAge, l.MaxAge)
	set(&c.MaxBytes, l.MaxBytes)
	set(&c.MaxMsgsPerSubject, l.MaxMsgsPerSubject)
	set(&c.Duplicates, l.Duplicates)
	set(&c.Replicas, l.Replicas)
}

func set[T int | int64 | time.Duration](dst *T, v T) {
	if v > 0 {
		*dst = v
	}
}

// updateStream changes a stream that exists in what the configuration names,
// and has it take the frames. Nothing else: its owner may have tuned it, and a
// lower limit throws messages away.
func (s *Sink) updateStream(ctx context.Context, stream jetstream.Stream) (jetstream.Stream, error) {
	have := stream.CachedInfo().Config
	want := have
	s.cfg.Stream.apply(&want)
	if !slices.Contains(want.Subjects, frameSubjects) {
		want.Subjects = append(slices.Clone(want.Subjects), frameSubjects)
	}
	if reflect.DeepEqual(have, want) {
		return stream, nil
	}
	return s.js.UpdateStream(ctx, want)
}

// ensureStream makes or mends the stream of frames. A nil stream without error
// means that we may not look after it, and publish nevertheless.
func (s *Sink) ensureStream(ctx context.Context) (jetstream.Stream, error) {
	if s.mayNotManage() {
		return nil, nil
	}
	stream, err := s.js.Stream(ctx, wire.StreamFrames)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = s.js.CreateStream(ctx, s.cfg.Stream.config())
	} else if err == nil {
		stream, err = s.updateStream(ctx, stream)
	}
	switch {
	case err == nil:
		return stream, nil
	case isNoJetStream(err):
		err = fmt.Errorf("%w on %s: enable it there, or set nats.jetstream: false", ErrNoJetStream, s.cfg.Redacted())
		s.fail(err)
		return nil, err
	case s.mayNotManage() || isFinal(err):
		if s.first("stream") {
			s.log.Warn("the stream of frames is not ours to make or change, publishing all the same", "stream", wire.StreamFrames, "error", err)
		}
		return nil, nil
	}
	return nil, fmt.Errorf("preparing the stream %s: %w", wire.StreamFrames, err)
}

// mayNotManage reports whether the server denied us JetStream's API.
func (s *Sink) mayNotManage() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for subject := range s.denied {
		if strings.HasPrefix(subject, "$JS.API.") {
			return true
		}
	}
	return false
}

func isNoJetStream(err error) bool {
	return errors.Is(err, jetstream.ErrJetStreamNotEnabled) ||
		errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount) ||
		errors.Is(err, nats.ErrNoResponders)
}

// isFinal reports whether the server understood and said no, rather than not now.
func isFinal(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.Code != 503
}
