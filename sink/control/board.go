package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"braid/sink/natsconn"
)

// Config is what an instance serves.
type Config struct {
	natsconn.Config

	Site, Instance string
	JetStream      bool          // keep the state in the bucket
	TTL            time.Duration // 0: the package's
	Read           func() State
	Do             func(ctx context.Context, r Request) error
}

// Server keeps an instance's state in the bucket and answers requests.
type Server struct {
	cfg     Config
	log     *slog.Logger
	nc      *nats.Conn
	changed chan struct{}
	back    atomic.Bool // the server is there, perhaps another one
	sub     *nats.Subscription
	asked   chan *nats.Msg
}

// opTime bounds one operation on the bucket: a server that is away must not hold
// up the next heartbeat for long.
const opTime = 3 * time.Second

// queue is how many requests may wait.
const queue = 16

// Open connects, or begins to try where the server is away.
func Open(cfg Config, log *slog.Logger) (*Server, error) {
	if cfg.TTL == 0 {
		cfg.TTL = TTL
	}
	s := &Server{
		cfg: cfg, log: log.With("part", "control", "server", cfg.Redacted()),
		changed: make(chan struct{}, 1), asked: make(chan *nats.Msg, queue),
	}
	nc, err := cfg.Connect(natsconn.Events{
		Up:    s.up,
		Error: func(err error) { s.log.Warn("NATS complains", "error", err) },
	})
	if err != nil {
		return nil, err
	}
	if s.sub, err = nc.ChanSubscribe(Subject(cfg.Site, cfg.Instance), s.asked); err != nil {
		nc.Close()
		return nil, fmt.Errorf("subscribing to requests: %w", err)
	}
	if nc.IsConnected() { // who hears that this instance runs may ask it at once
		_ = nc.FlushTimeout(opTime) // a connection that broke meanwhile subscribes again
	}
	s.nc = nc
	return s, nil
}

func (s *Server) up() {
	s.back.Store(true)
	s.Changed()
}

// Changed has the state written soon. It never waits.
func (s *Server) Changed() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// Run serves until ctx ends. What the instance had in the bucket is taken out then.
func (s *Server) Run(ctx context.Context) {
	tick := time.NewTicker(s.cfg.TTL / 3)
	defer tick.Stop()
	b := board{server: s, written: map[string][]byte{}}
	for {
		select {
		case <-ctx.Done():
			b.clear(context.WithoutCancel(ctx))
			return
		case <-tick.C:
			b.write(ctx, true)
		case <-s.changed:
			if s.back.Swap(false) {
				b.kv = nil // the server may have lost it
			}
			b.write(ctx, false)
		case m := <-s.asked:
			s.answer(ctx, m)
			b.write(ctx, false)
		}
	}
}

// Close ends the connection.
func (s *Server) Close() error {
	_ = s.sub.Unsubscribe() // the connection may be gone
	s.nc.Close()
	return nil
}

// board is what of a State stands in the bucket.
type board struct {
	server  *Server
	kv      jetstream.KeyValue // nil before it was found
	written map[string][]byte  // the marks
	said    string             // the last trouble that was logged
}

// write puts what has changed into the bucket, and with all set everything: its
// time to live starts again. Keys that are no more are deleted.
func (b *board) write(ctx context.Context, all bool) {
	if !b.server.cfg.JetStream || !b.server.nc.IsConnected() {
		return
	}
	err := b.open(ctx)
	if err == nil {
		err = b.put(ctx, all)
	}
	if err == nil {
		b.said = ""
		return
	}
	if ctx.Err() != nil {
		return
	}
	b.kv = nil // the server may have lost it
	if b.said != err.Error() {
		b.said = err.Error()
		b.server.log.Warn("the state of the cameras is not in the bucket", "bucket", Bucket, "error", err)
	}
}

// open finds or makes the bucket.
func (b *board) open(ctx context.Context) error {
	if b.kv != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, opTime)
	defer cancel()
	js, err := jetstream.New(b.server.nc)
	if err != nil {
		return fmt.Errorf("asking for JetStream: %w", err)
	}
	kv, err := js.KeyValue(ctx, Bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: Bucket, Description: "what the cameras of braid do, see docs/cameras.md",
			History: 1, TTL: b.server.cfg.TTL, Storage: jetstream.MemoryStorage,
		})
	}
	if err != nil {
		return fmt.Errorf("opening the bucket: %w", err)
	}
	b.kv = kv
	clear(b.written)
	return nil
}

func (b *board) put(ctx context.Context, all bool) error {
	entries, err := b.server.cfg.Read().entries()
	if err != nil {
		return fmt.Errorf("writing the state: %w", err)
	}
	for key, e := range entries {
		if !all && bytes.Equal(b.written[key], e.mark) {
			continue
		}
		if err := b.do(ctx, key, func(ctx context.Context) error { _, err := b.kv.Put(ctx, key, e.value); return err }); err != nil {
			return err
		}
		b.written[key] = e.mark
	}
	for key := range b.written {
		if _, there := entries[key]; !there {
			if err := b.remove(ctx, key); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *board) remove(ctx context.Context, key string) error {
	delete(b.written, key)
	return b.do(ctx, key, func(ctx context.Context) error { return b.kv.Purge(ctx, key) })
}

// do runs one operation on a key, in bounded time.
func (b *board) do(ctx context.Context, key string, op func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, opTime)
	defer cancel()
	if err := op(ctx); err != nil {
		return fmt.Errorf("writing the key %s: %w", key, err)
	}
	return nil
}

// clear takes everything out: an instance that stops in order is not waited for.
func (b *board) clear(ctx context.Context) {
	if b.kv == nil || !b.server.nc.IsConnected() {
		return
	}
	for key := range b.written {
		if err := b.remove(ctx, key); err != nil {
			return // it expires
		}
	}
}
