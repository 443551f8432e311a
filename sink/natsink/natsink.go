package natsink

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
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
// too long. Changes of cameras' states go the same way. PublishCamera and PublishStats may be called from anywhere.
type Sink struct {
	cfg     Config
	site    string // cfg.Site as a token
	log     *slog.Logger
	nc      *nats.Conn
	js      jetstream.JetStream // nil without JetStream
	inbox   string              // reply subjects are inbox + index
	kick    chan struct{}       // wakes the sender
	room    chan struct{}       // wakes a Write that waits
	idle    chan struct{}       // wakes a Flush: everything is settled
	stop    context.CancelFunc
	done    chan struct{} // the sender has ended
	open    atomic.Int64  // receipts not yet settled
	lost    atomic.Uint64 // changes of states that were given up in memory
	changes *changes
	hurry   atomic.Bool // the caller's patience has ended: Close must not wait
	backlog *backlog    // nil: what waits, waits in memory

	telling sync.Mutex // over the number of a change of state and its place behind the one before; locked before backlog.mu and mu

	mu         sync.Mutex
	window     *window
	routes     map[string]*route // by the camera's name
	ways       map[string]*route // the same by subject
	timer      *time.Timer       // runs tick; armed while the window holds something
	armed      bool
	waiting    bool  // a Write waits for room
	closed     bool  // nothing is taken any more
	broken     error // ends everything for good, see Config.Whole
	trouble    error // fails every message at once, until the next connection
	lastErr    error // why we are not connected, or the server's last complaint
	resync     bool  // what was sent is uncertain: find out before sending more
	paused     bool  // wait for the resume timer
	backoff    time.Duration
	reconnects uint64                  // of the connection, that resync knows of
	said       map[string]bool         // what was logged since the last connection
	denied     map[string]error        // by subject: the server lets us not publish there
	cancelAPI  context.CancelCauseFunc // of the questions that the server is asked now
	repeat     bool                    // the cameras' states are to be told again
	keepsState bool                    // BRAID_EVENTS confirms the changes of states
	looks      int                     // in a row that did not find out whether it does
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
	var err error
	if s.backlog, err = openBacklog(s.cfg, s.log); err != nil {
		return nil, err
	}
	if err := s.connect(ctx); err != nil {
		return nil, errors.Join(err, s.closeBacklog())
	}
	s.refill()                                                  // what an earlier process may have sent is taken before anything can be dropped
	run, stop := context.WithCancel(context.WithoutCancel(ctx)) // Close ends it
	s.stop = stop
	go s.send(run)
	s.wake()
	return s, nil
}

// connect returns with a connection, or with one that is tried. Where the server
// is there its streams are too.
func (s *Sink) connect(ctx context.Context) error {
	s.mu.Lock() // the events wait until s.nc is set
	nc, err := s.cfg.Connect(natsconn.Events{Up: s.up, Down: s.down, Error: s.complaint})
	s.nc = nc
	s.mu.Unlock()
	if err != nil {
		return err
	}
	if err := s.prepare(); err != nil {
		nc.Close()
		return err
	}
	if err := s.firstLook(ctx); err != nil {
		nc.Close()
		return err
	}
	return nil
}

// newSink is a Sink without its connection and its goroutine.
func newSink(cfg Config, log *slog.Logger) *Sink {
	s := &Sink{
		cfg: cfg, site: wire.Slug(cfg.Site), log: log.With("part", "nats", "server", cfg.Redacted()),
		kick: make(chan struct{}, 1), room: make(chan struct{}, 1), idle: make(chan struct{}, 1),
		done: make(chan struct{}), window: newWindow(cfg.MaxPending, cfg.MaxPendingBytes),
		routes: map[string]*route{}, ways: map[string]*route{}, said: map[string]bool{}, denied: map[string]error{},
		resync: true,
	}
	s.changes = &changes{s}
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

// Write implements sink.Sink. Without a spool it waits only while the window is
// full, which MaxWait ends at the latest, or until ctx ends; the message fails
// then. With one it waits for the disk only.
func (s *Sink) Write(ctx context.Context, m *wire.Frame, r sink.Receipt) {
	s.open.Add(1)
	s.mu.Lock()
	rt := s.route(m.Camera)
	buf := s.window.buffer()
	s.mu.Unlock()
	rec := newRecord(buf, rt, s.site, m)
	if s.backlog != nil && s.writeSpooled(rt, rec, r) {
		return
	}
	s.writeHeld(ctx, rt, rec, r)
}

// writeHeld puts a message into the window, when there is room, where it waits
// for MaxWait at most.
func (s *Sink) writeHeld(ctx context.Context, rt *route, rec record, r sink.Receipt) {
	s.mu.Lock()
	if err := s.admit(ctx, rt, len(rec.msg)); err != nil {
		if s.cfg.Whole && ctx.Err() != nil && s.broken == nil {
			s.broken = err // the next may find room
		}
		s.window.putBack(rec.buf)
		s.mu.Unlock()
		s.settle(r, err)
		return
	}
	s.hold(rt, rec, r)
	s.mu.Unlock()
	s.wake()
}

// hold puts a message that fits into the window. s.mu is held.
func (s *Sink) hold(rt *route, rec record, r sink.Receipt) {
	now := time.Now()
	s.window.push(entry{record: rec, route: rt, receipt: r, deadline: now.Add(s.cfg.MaxWait)})
	s.arm(now)
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

// refusal is why a message would fail for sure. On disk it may wait until the
// trouble is over.
func (s *Sink) refusal(rt *route) error {
	switch {
	case s.closed:
		return ErrClosed
	case s.broken != nil:
		return s.broken
	case s.trouble != nil && s.backlog == nil:
		return s.trouble
	}
	return s.denied[rt.subject]
}

// route finds a camera's route. s.mu is held.
func (s *Sink) route(camera string) *route {
	rt := s.routes[camera]
	if rt == nil {
		rt = s.routeOf([]byte(wire.FrameSubject(s.cfg.Site, camera)))
		s.routes[camera] = rt
	}
	return rt
}

// routeOf finds the route of a subject. s.mu is held.
func (s *Sink) routeOf(subject []byte) *route {
	rt := s.ways[string(subject)]
	if rt == nil {
		rt = newRoute(string(subject))
		s.ways[rt.subject] = rt
	}
	return rt
}

// newRoute makes the route of a subject, braid.v1.<site>.<kind>.<camera>.
func newRoute(subject string) *route {
	rt := &route{subject: subject, slug: subject[strings.LastIndexByte(subject, '.')+1:], schema: wire.SchemaFrame, stream: wire.StreamFrames}
	if parts := strings.Split(subject, "."); len(parts) > 3 && parts[3] == "camera" {
		rt.schema, rt.stream = wire.SchemaCamera, wire.StreamEvents
	}
	return rt
}

// settle tells a receipt, nil where there is none, without holding the lock.
func (s *Sink) settle(r sink.Receipt, err error) {
	if r == nil {
		return
	}
	r.Settle(err)
	switch r.(type) {
	case *account, *changes: // no writer waits for it
	default:
		s.countSettled()
	}
}

// countSettled notes that one more writer has heard.
func (s *Sink) countSettled() {
	if s.open.Add(-1) == 0 {
		signal(s.idle)
	}
}

// Flush implements sink.Sink. Where ctx ends first, Close does not wait either.
// The error is also what made the results end, where they must be whole.
func (s *Sink) Flush(ctx context.Context) error {
	if err := s.settled(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broken
}

// settled returns when every message of a writer is settled.
func (s *Sink) settled(ctx context.Context) error {
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
// closes the connection. The error says how many that were. What is on disk is
// sent as far as the time goes, and left to the next process.
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
	err := s.settled(ctx)
	s.drained(ctx)
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	n := s.failWhere(ErrClosed, func(e *entry) bool { return inMemory(e) && !e.route.ofChanges() })
	s.failWhere(ErrClosed, inMemory)
	if n > 0 {
		s.mu.Lock()
		err = fmt.Errorf("%d messages were %w: %w", n, ErrTimeout, s.silence())
		s.mu.Unlock()
	}
	s.stop()
	if s.nc.IsConnected() && ctx.Err() == nil {
		_ = s.nc.FlushWithContext(ctx) // stats: best effort
	}
	s.nc.Close()
	<-s.done
	s.timer.Stop()
	return errors.Join(err, s.closeBacklog())
}

// notifyRoom wakes who waits for something to leave the window: a Write, a Close,
// and the sender, which may have more on disk or states to tell again. s.mu is held.
func (s *Sink) notifyRoom() {
	if s.waiting {
		signal(s.room)
	}
	if s.backlog != nil || s.repeat {
		s.wake()
	}
	signal(s.idle)
}

func (s *Sink) wake() { signal(s.kick) }

// signal wakes the one who waits on c, or who will next.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
