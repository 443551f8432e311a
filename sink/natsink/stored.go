package natsink

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"braid/sink/wire"
)

// Stored asks the stream of frames for the highest seq that it has of a camera's
// run, 0 where it has none. It is where a publisher that was cut off goes on.
func Stored(ctx context.Context, c Config, camera, run string) (seq uint64, err error) {
	js, done, err := c.JetStreamOnce()
	if err != nil {
		return 0, err
	}
	defer done()
	stream, err := js.Stream(ctx, wire.StreamFrames)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return 0, nil
	case isNoJetStream(err):
		return 0, c.noJetStream()
	case err != nil:
		return 0, fmt.Errorf("asking %s for the stream %s: %w", c.Redacted(), wire.StreamFrames, err)
	}
	first := string(wire.AppendMsgID(nil, c.Site, camera, run, 0))
	first = first[:len(first)-1] // what all ids of the run begin with
	subject := wire.FrameSubject(c.Site, camera)
	last, err := stream.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("asking %s for the last message of camera %s: %w", c.Redacted(), camera, err)
	}
	if seq, ok := seqOf(last, first); ok {
		return seq, nil
	}
	return searchRun(ctx, stream, subject, first, last.Sequence)
}

// searchRun looks through the messages of a subject, up to one of another run,
// for the last of a run.
func searchRun(ctx context.Context, stream jetstream.Stream, subject, first string, end uint64) (seq uint64, err error) {
	for at := uint64(1); at <= end; at++ {
		m, err := stream.GetMsg(ctx, at, jetstream.WithGetMsgSubject(subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return seq, nil
		}
		if err != nil {
			return 0, fmt.Errorf("looking through the messages of %s: %w", subject, err)
		}
		if n, ok := seqOf(m, first); ok {
			seq = max(seq, n)
		}
		at = m.Sequence
	}
	return seq, nil
}

// seqOf is the number of a message whose id begins so.
func seqOf(m *jetstream.RawStreamMsg, first string) (uint64, bool) {
	text, ok := strings.CutPrefix(m.Header.Get(wire.HeaderMsgID), first)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(text, 10, 64)
	return n, err == nil
}
