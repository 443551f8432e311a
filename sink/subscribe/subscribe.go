// Package subscribe reads braid's messages from NATS: live, from a moment in
// the past on, or with a durable name so that nothing is missed over restarts.
// It needs no more than the server; braid watch is made of it.
package subscribe

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"braid/sink/natsconn"
	"braid/sink/wire"
)

var (
	// ErrStop is what a callback returns to end Run without an error. Its
	// message counts as handled.
	ErrStop = errors.New("stop reading")
	// ErrNoJetStream is wrapped where Durable or Since need a stream, and the
	// server has no JetStream.
	ErrNoJetStream = errors.New("JetStream is not enabled")
	// ErrTakenOver is wrapped where another reader began to use the same durable
	// name. One reader has it at a time; the newest wins.
	ErrTakenOver = errors.New("taken over by another reader")
)

// queue is how many live messages may wait for the callbacks. What comes then
// is lost, and said to be.
const queue = 4096

// Config says what to read.
type Config struct {
	natsconn.Config

	Site    string        // "": every site
	Camera  string        // "": every camera
	Durable string        // the server remembers under this name what was handled
	Since   time.Duration // begin with messages of this age; an existing Durable goes on where it was
}

// Handler is who hears of the messages. Run calls one function at a time; nil
// ones are left out. An error ends Run, and is what it returns.
type Handler struct {
	// Frame gets frames in the order of each camera. With a Durable, a frame is
	// handled when Frame returned nil: a process that is killed sees the frames
	// again that were not, and perhaps the last one that was.
	Frame  func(*wire.Frame) error
	Camera func(*wire.Camera) error
	Stats  func(*wire.Stats) error
}

// Subscriber is a connection to read from.
type Subscriber struct {
	cfg Config
	log *slog.Logger
	nc  *nats.Conn
	up  chan struct{} // a token when the server is back

	mu   sync.Mutex
	away bool
	slow time.Time // when it was last said that we are
}

// CheckDurable refuses a name that no server takes for a durable reader; "" is none.
func CheckDurable(name string) error {
	if strings.ContainsAny(name, " \t\r\n.*>/\\") {
		return fmt.Errorf("durable name %q: want no spaces and none of . * > / \\", name)
	}
	return nil
}

// Open connects, or begins to try where the server is away. A configuration
// that cannot work and a server that refuses the credentials are errors.
func Open(ctx context.Context, cfg Config, log *slog.Logger) (*Subscriber, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err := CheckDurable(cfg.Durable); err != nil {
		return nil, err
	}
	if cfg.Client == "" {
		cfg.Client = "braid watch"
	}
	s := &Subscriber{
		cfg: cfg, up: make(chan struct{}, 1),
		log: log.With("part", "nats", "server", cfg.Redacted()),
	}
	nc, err := cfg.Connect(natsconn.Events{Up: s.isUp, Down: s.isDown, Error: s.complaint})
	if err != nil {
		return nil, err
	}
	s.nc = nc
	return s, nil
}

// Run reads until ctx ends or a callback says ErrStop, both without an error,
// or until something fails for good. A server that goes away does not: Run waits
// for it. It may be called once.
func (s *Subscriber) Run(ctx context.Context, h Handler) error {
	frames := h.Frame
	if frames == nil {
		frames = func(*wire.Frame) error { return nil }
	}
	var turn sync.Mutex
	group, gctx := errgroup.WithContext(ctx)
	live := map[string]func([]byte) error{}
	if s.cfg.Durable == "" && s.cfg.Since == 0 {
		live[wire.FrameSubject(s.site(), s.camera())] = inTurn(s, &turn, wire.ParseFrame, h.Frame)
	} else {
		group.Go(func() error {
			return s.readStream(gctx, func(f *wire.Frame) error {
				turn.Lock()
				defer turn.Unlock()
				return frames(f)
			})
		})
	}
	live[wire.CameraSubject(s.site(), s.camera())] = inTurn(s, &turn, wire.ParseCamera, h.Camera)
	live[wire.StatsSubject(s.site(), "*")] = inTurn(s, &turn, wire.ParseStats, h.Stats)
	group.Go(func() error { return s.readLive(gctx, live) })
	err := group.Wait()
	ended := ctx.Err() != nil && errors.Is(err, context.Cause(ctx))
	if ended || errors.Is(err, ErrStop) {
		return nil
	}
	return err
}

// Close tells the server what was handled, and closes the connection. Run must
// have returned.
func (s *Subscriber) Close() {
	if s.nc.IsConnected() {
		_ = s.nc.FlushTimeout(2 * time.Second) // else the last frames come once more
	}
	s.nc.Close()
}

func (s *Subscriber) site() string   { return orAny(s.cfg.Site) }
func (s *Subscriber) camera() string { return orAny(s.cfg.Camera) }

func orAny(name string) string {
	if name == "" {
		return "*"
	}
	return name
}

// inTurn reads a message and calls to, never two at a time. It is nil where to is.
func inTurn[T any](s *Subscriber, turn *sync.Mutex, parse func([]byte) (T, error), to func(*T) error) func([]byte) error {
	if to == nil {
		return nil
	}
	return func(data []byte) error {
		m, err := parse(data)
		if err != nil {
			s.log.Warn("a message that is not ours", "error", err)
			return nil // no reason to stop reading the others
		}
		turn.Lock()
		defer turn.Unlock()
		return to(&m)
	}
}

// readLive hands on what is published from now on, by subject.
func (s *Subscriber) readLive(ctx context.Context, by map[string]func([]byte) error) error {
	messages := make(chan *nats.Msg, queue)
	to := map[*nats.Subscription]func([]byte) error{}
	for subject, f := range by {
		if f == nil {
			continue
		}
		sub, err := s.nc.ChanSubscribe(subject, messages)
		if err != nil {
			return fmt.Errorf("subscribing to %s: %w", subject, err)
		}
		defer func() { _ = sub.Unsubscribe() }() // fails on a closed connection only
		to[sub] = f
	}
	if s.nc.IsConnected() {
		// What is published after Run has begun to read is not missed.
		if err := s.nc.FlushTimeout(2 * time.Second); err != nil && s.nc.IsConnected() {
			return fmt.Errorf("subscribing at %s: %w", s.cfg.Redacted(), err)
		}
	}
	for {
		select {
		case m := <-messages:
			if err := to[m.Sub](m.Data); err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (s *Subscriber) isUp() {
	s.mu.Lock()
	was := s.away
	s.away = false
	s.mu.Unlock()
	if was {
		s.log.Info("connected to NATS again")
	}
	select {
	case s.up <- struct{}{}:
	default:
	}
}

func (s *Subscriber) isDown(err error) {
	s.mu.Lock()
	was := s.away
	s.away = true
	s.mu.Unlock()
	if !was {
		s.log.Warn("NATS is away, waiting for it", "error", err)
	}
}

func (s *Subscriber) complaint(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if errors.Is(err, nats.ErrSlowConsumer) {
		if time.Since(s.slow) < time.Second {
			return
		}
		s.slow = time.Now()
		s.log.Warn("messages are lost: they come faster than they are handled")
		return
	}
	s.log.Warn("NATS complains", "error", err)
}

// pause waits for d, or until the server is back.
func (s *Subscriber) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.up:
	case <-ctx.Done():
	}
}

// isNoJetStream reports whether the server has none for us, for good.
func isNoJetStream(err error) bool {
	return errors.Is(err, jetstream.ErrJetStreamNotEnabled) ||
		errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount) ||
		errors.Is(err, nats.ErrNoResponders)
}
