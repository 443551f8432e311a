package subscribe

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"braid/sink/wire"
)

const (
	// apiWait bounds one question to JetStream.
	apiWait = 5 * time.Second
	// settleWait bounds the wait for the last acknowledgement's confirmation.
	settleWait = 2 * time.Second
	// The pause before a stream is tried again, doubled each time.
	pauseMin = 100 * time.Millisecond
	pauseMax = 2 * time.Second
	// A consumer that has gone is noticed after two heartbeats.
	heartbeat = 2 * time.Second
	expiry    = 10 * time.Second
	// prefetch is how many frames are asked for ahead.
	prefetch = 256
	// readerKey is where a consumer says which process reads it.
	readerKey = "braid.reader"
)

// errGap says that the server believes frames delivered which we never got.
var errGap = errors.New("frames got lost on the way")

// cursor is how far a reader of the stream has come. The consumer on the server
// keeps the same in its ack floor, for the time after a restart.
//
// A JetStream consumer alone would give frames that were on their way to a
// killed process only after a wait, and behind newer ones. So a reader makes the
// consumer anew whenever it attaches, to begin behind the last frame handled;
// and it attaches again when the consumer's own numbers, which are dense, show
// that a delivery was lost.
type cursor struct {
	*Subscriber
	js     jetstream.JetStream
	id     string // of this reader
	owned  bool   // the durable consumer was ours already
	last   uint64 // stream sequence of the last frame handled, 0: unknown
	begun  time.Time
	handle func(*wire.Frame) error
	said   string // the last trouble that was logged
	acked  string // where the last frame was acknowledged
}

// readStream reads frames from the stream BRAID_FRAMES.
func (s *Subscriber) readStream(ctx context.Context, handle func(*wire.Frame) error) error {
	js, err := jetstream.New(s.nc)
	if err != nil {
		return fmt.Errorf("preparing JetStream: %w", err)
	}
	c := &cursor{Subscriber: s, js: js, id: rand.Text(), begun: time.Now(), handle: handle}
	defer c.settle(ctx)
	wait := pauseMin
	for {
		last := c.last
		consumer, err := c.attach(ctx)
		if err == nil {
			err = c.read(ctx, consumer)
		}
		var final *finalError
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.As(err, &final):
			return final.error
		case c.last != last:
			wait = pauseMin
		}
		c.say(err)
		s.pause(ctx, wait)
		wait = min(2*wait, pauseMax)
	}
}

// say logs a trouble that will be tried again, once.
func (c *cursor) say(err error) {
	if errors.Is(err, errGap) || !c.nc.IsConnected() || err.Error() == c.said {
		return
	}
	c.said = err.Error()
	c.log.Warn("reading the stream, will try again", "error", err)
}

// finalError is one that trying again does not mend.
type finalError struct{ error }

func (e *finalError) Unwrap() error { return e.error }

// attach makes the consumer, at the cursor.
func (c *cursor) attach(ctx context.Context) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, apiWait)
	defer cancel()
	stream, err := c.js.Stream(ctx, wire.StreamFrames)
	switch {
	case isNoJetStream(err):
		return nil, &finalError{fmt.Errorf("%w on %s: durable names and --since need it", ErrNoJetStream, c.cfg.Redacted())}
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return nil, fmt.Errorf("the stream %s is not there yet: braid makes it when it publishes with nats.jetstream: true", wire.StreamFrames)
	case err != nil:
		return nil, fmt.Errorf("asking for the stream %s: %w", wire.StreamFrames, err)
	}
	if c.last > stream.CachedInfo().State.LastSeq {
		c.last = 0 // the stream was made anew
	}
	cfg := jetstream.ConsumerConfig{
		FilterSubject:     wire.FrameSubject(c.site(), c.camera()),
		AckPolicy:         jetstream.AckNonePolicy,
		MemoryStorage:     true,
		InactiveThreshold: 30 * time.Second,
	}
	if c.cfg.Durable != "" {
		cfg.Durable, cfg.InactiveThreshold, cfg.MemoryStorage = c.cfg.Durable, 0, false
		cfg.AckPolicy, cfg.MaxAckPending = jetstream.AckExplicitPolicy, 4*prefetch
		cfg.Metadata = map[string]string{readerKey: c.id}
		if err := c.takeOver(ctx, stream); err != nil {
			return nil, err
		}
	}
	c.startAt(&cfg)
	consumer, err := stream.CreateConsumer(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("making the consumer %s: %w", c.cfg.Durable, err)
	}
	c.owned = true
	return consumer, nil
}

// startAt says where a new consumer begins.
func (c *cursor) startAt(cfg *jetstream.ConsumerConfig) {
	switch {
	case c.last > 0:
		cfg.DeliverPolicy, cfg.OptStartSeq = jetstream.DeliverByStartSequencePolicy, c.last+1
	case c.cfg.Since > 0:
		start := c.begun.Add(-c.cfg.Since)
		cfg.DeliverPolicy, cfg.OptStartTime = jetstream.DeliverByStartTimePolicy, &start
	default:
		cfg.DeliverPolicy = jetstream.DeliverAllPolicy
	}
}

// takeOver removes the consumer of our name, if there is one, and goes on where
// its reader was.
func (c *cursor) takeOver(ctx context.Context, stream jetstream.Stream) error {
	old, err := stream.Consumer(ctx, c.cfg.Durable)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("asking for the consumer %s: %w", c.cfg.Durable, err)
	}
	info := old.CachedInfo()
	switch {
	case !c.owned:
		c.last = info.AckFloor.Stream
	case info.Config.Metadata[readerKey] != c.id:
		return &finalError{fmt.Errorf("reading as %s: %w", c.cfg.Durable, ErrTakenOver)}
	}
	err = stream.DeleteConsumer(ctx, c.cfg.Durable)
	if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return fmt.Errorf("taking the consumer %s over: %w", c.cfg.Durable, err)
	}
	return nil
}

// read hands frames on until something is wrong with the consumer.
func (c *cursor) read(ctx context.Context, consumer jetstream.Consumer) error {
	messages, err := consumer.Messages(
		jetstream.PullMaxMessages(prefetch), jetstream.PullExpiry(expiry), jetstream.PullHeartbeat(heartbeat))
	if err != nil {
		return fmt.Errorf("reading the consumer: %w", err)
	}
	defer messages.Stop()
	for delivered := uint64(1); ; delivered++ {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("waiting for a frame: %w", err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("reading a frame's place in the stream: %w", err)
		}
		if meta.Sequence.Consumer != delivered {
			return errGap
		}
		if meta.Sequence.Stream > c.last { // else it is late, and handled
			err = c.one(m)
			if err != nil && !errors.Is(err, ErrStop) {
				return &finalError{err}
			}
			c.last = meta.Sequence.Stream
		}
		c.ack(m)
		if err != nil {
			return &finalError{err}
		}
	}
}

// ack may fail without harm: the cursor knows, and a reader that comes after us
// sees the frame once more.
func (c *cursor) ack(m jetstream.Msg) {
	if c.cfg.Durable != "" {
		_ = m.Ack()
		c.acked = m.Reply()
	}
}

// settle returns when the server has taken in every acknowledgement: it works
// them off in order, so it is enough to have the last one confirmed. Without it
// a reader that comes at once would see frames again that were handled.
func (c *cursor) settle(ctx context.Context) {
	if c.acked == "" || !c.nc.IsConnected() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWait)
	defer cancel()
	_, _ = c.nc.RequestWithContext(ctx, c.acked, []byte("+ACK")) // as ack: may fail without harm
}

func (c *cursor) one(m jetstream.Msg) error {
	f, err := wire.ParseFrame(m.Data())
	if err != nil {
		c.log.Warn("a message that is not ours", "subject", m.Subject(), "error", err)
		return nil
	}
	return c.handle(&f)
}
