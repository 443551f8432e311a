package natsink

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"braid/sink"
	"braid/sink/natsconn"
	"braid/sink/wire"
)

// Sink publishes frames on NATS. One goroutine sends what Write has put into
// the window, so that a slow server holds up nobody before the window is full;
// confirmations come in on the client's goroutine; a timer fails what waited
// too long. PublishCamera and PublishStats may be called from anywhere.
type Sink struct {
	cfg    Config
	site   string // cfg.Site as a token
	log    *slog.Logger
	nc     *nats.Conn
	js     jetstream.JetStream // nil without JetStream
	inbox  string              // reply subjects are inbox + index
	kick   chan struct{}       // wakes the sender
	room   chan struct{}       // wakes a Write that waits
	idle   chan struct{}       // wakes a Flush: everything is settled
	stop   context.CancelFunc
	done   chan struct{} // the sender has ended
	open   atomic.Int64  // receipts not yet settled
	hurry  atomic.Bool   // the caller's patience has ended: Close must not wait
	routes map[string]*route

	mu      sync.Mutex
	window  *window
	timer   *time.Timer // runs tick; armed while the window holds something
	armed   bool
	waiting bool  // a Write waits for room
	closed  bool  // nothing is taken any more
	trouble error // fails every message at once, until the next connection
	lastErr error // why we are not connected, or the server's last complaint
	resync  bool  // what was sent is uncertain: find out before sending more
	paused  bool  // wait for the resume timer
	backoff time.Duration
	said    map[string]bool      // what was logged since the last connection
	denied  map[string]error     // by subject: the server lets us not publish there
	states  map[string]*nats.Msg // last state of each camera, for reconnects
}

var _ sink.Sink = (*Sink)(nil)

// New connects to the server of cfg, or begins to try: a server that is away
// now may come back later. A configuration that cannot work and a server that
// refuses the credentials are errors.
func New(ctx context.Context, cfg Config, log *slog.Logger) (*Sink, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	s := newSink(cfg.withDefaults(), log)
	s.mu.Lock() // the events wait until s.nc is set
	nc, err := s.cfg.Connect(natsconn.Events{Up: s.up, Down: s.down, Error: s.complaint})
	s.nc = nc
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if err := s.prepare(); err != nil {
		nc.Close()
		return nil, err
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx)) // Close ends it
	s.stop = stop
	go s.send(run)
	s.wake()
	return s, nil
}

// newSink is a Sink without its connection and its goroutine.
func newSink(cfg Config, log *slog.Logger) *Sink {
	s := &Sink{
		cfg: cfg, site: wire.Slug(cfg.Site), log: log.With("part", "nats", "server", cfg.Redacted()),
		kick: make(chan struct{}, 1), room: make(chan struct{}, 1), idle: make(chan struct{}, 1),
		done: make(chan struct{}), window: newWindow(cfg.MaxPending, cfg.MaxPendingBytes),
		routes: map[string]*route{}, said: map[string]bool{}, denied: map[string]error{},
		states: map[string]*nats.Msg{}, resync: true,
	}
	s.timer = time.AfterFunc(time.Hour, s.tick)
	s.timer.Stop()
	return s
}

// prepare subscribes to the confirmations.
func (s *Sink) prepare() (err error) {
	if !s.cfg.JetStream {
		return nil
	}
	if s.js, err = jetstream.New(s.nc); err != nil {
		return fmt.Errorf("preparing JetStream: %w", err)
	}
	s.inbox = s.nc.NewInbox() + "."
	sub, err := s.nc.Subscribe(s.inbox+"*", s.confirmation)
	if err != nil {
		return fmt.Errorf("subscribing to confirmations: %w", err)
	}
	// Bounded by the window: at most one confirmation for each sending.
	if err := sub.SetPendingLimits(-1, -1); err != nil {
		return fmt.Errorf("subscribing to confirmations: %w", err)
	}
	return nil
}

// Name implements sink.Sink.
func (s *Sink) Name() string { return "nats" }

// Write implements sink.Sink. It waits only while the window is full, which
// MaxWait ends at the latest, or until ctx ends; the message fails then.
func (s *Sink) Write(ctx context.Context, m *wire.Frame, r sink.Receipt) {
	s.open.Add(1)
	rt := s.route(m.Camera)
	s.mu.Lock()
	msg := s.window.buffer()
	s.mu.Unlock()
	msg = m.AppendJSON(msg)
	size := len(msg)
	msg = wire.AppendMsgID(msg, s.site, rt.slug, m.Run, m.Seq)

	s.mu.Lock()
	if err := s.admit(ctx, rt, size); err != nil {
		s.window.putBack(msg)
		s.mu.Unlock()
		s.settle(r, err)
		return
	}
	now := time.Now()
	s.window.push(entry{
		msg: msg[:size], id: msg[size:], seq: m.Seq,
		route: rt, receipt: r, deadline: now.Add(s.cfg.MaxWait),
	})
	s.arm(now)
	s.mu.Unlock()
	s.wake()
}

// admit waits until n bytes fit. s.mu is held, but not while it waits.
func (s *Sink) admit(ctx context.Context, rt *route, n int) error {
	for {
		if err := s.refusal(rt); err != nil || s.window.fits(n) {
			return err
		}
		s.waiting = true
		s.mu.Unlock()
		select {
		case <-s.room:
		case <-ctx.Done():
		}
		s.mu.Lock()
		s.waiting = false
		if ctx.Err() != nil {
			return fmt.Errorf("waiting for room in the window of %s: %w", s.cfg.Redacted(), context.Cause(ctx))
		}
	}
}

// refusal is why a message would fail for sure.
func (s *Sink) refusal(rt *route) error {
	switch {
	case s.closed:
		return ErrClosed
	case s.trouble != nil:
		return s.trouble
	}
	return s.denied[rt.subject]
}

// route finds a camera's route. Only Write calls it.
func (s *Sink) route(camera string) *route {
	rt := s.routes[camera]
	if rt == nil {
		rt = &route{slug: wire.Slug(camera), subject: wire.FrameSubject(s.cfg.Site, camera)}
		s.routes[camera] = rt
	}
	return rt
}

// settle tells a receipt, nil where there is none, without holding the lock.
func (s *Sink) settle(r sink.Receipt, err error) {
	if r == nil {
		return
	}
	r.Settle(err)
	if s.open.Add(-1) == 0 {
		signal(s.idle)
	}
}

// Flush implements sink.Sink. Where ctx ends first, Close does not wait either.
func (s *Sink) Flush(ctx context.Context) error {
	for s.open.Load() > 0 {
		select {
		case <-s.idle:
		case <-ctx.Done():
			s.hurry.Store(true)
			return fmt.Errorf("flushing %d messages to %s: %w", s.open.Load(), s.cfg.Redacted(), context.Cause(ctx))
		}
	}
	return nil
}

// Close waits for what is unsettled, CloseWait at most, fails the rest and
// closes the connection. The error says how many that were.
func (s *Sink) Close() error {
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	if closed {
		return nil
	}
	wait := s.cfg.CloseWait
	if s.hurry.Load() {
		wait = 0
	}
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	err := s.Flush(ctx)
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	if n := s.failWhere(ErrClosed, anyRoute); n > 0 {
		err = fmt.Errorf("closing %s: %d messages were not confirmed: %w", s.cfg.Redacted(), n, s.why())
	}
	s.stop()
	if s.nc.IsConnected() && ctx.Err() == nil {
		_ = s.nc.FlushWithContext(ctx) // camera states and stats: best effort
	}
	s.nc.Close()
	<-s.done
	s.timer.Stop()
	return err
}

// notifyRoom wakes a waiting Write. s.mu is held.
func (s *Sink) notifyRoom() {
	if s.waiting {
		signal(s.room)
	}
}

func (s *Sink) wake() { signal(s.kick) }

// signal wakes the one who waits on c, or who will next.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
