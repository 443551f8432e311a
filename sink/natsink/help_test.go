package natsink_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"braid/internal/porttest"
	"braid/sink/embedded"
	"braid/sink/embedded/embeddedtest"
	"braid/sink/natsconn"
	"braid/sink/natsink"
	"braid/sink/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, embeddedtest.Leaks()...) }

var quiet = slog.New(slog.DiscardHandler)

// broker is a server that can go away and come back at the same address.
type broker struct {
	t   *testing.T
	cfg embedded.Config
	srv *embedded.Server
	url string
}

// newBroker starts a server, with JetStream in a folder of its own.
func newBroker(t *testing.T) *broker {
	t.Helper()
	b := &broker{t: t, cfg: embedded.DefaultConfig(t.TempDir())}
	b.cfg.Listen = porttest.Address(t)
	b.start()
	t.Cleanup(b.stop)
	return b
}

func (b *broker) start() {
	b.t.Helper()
	srv, err := embedded.Start(b.cfg, quiet)
	if err != nil {
		b.t.Fatal(err)
	}
	b.srv, b.url = srv, srv.ClientURL()
}

func (b *broker) stop() {
	if b.srv == nil {
		return
	}
	if err := b.srv.Shutdown(); err != nil {
		b.t.Error(err)
	}
	b.srv = nil
}

func (b *broker) connect() *nats.Conn {
	b.t.Helper()
	nc, err := nats.Connect(b.url, nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond), nats.ReconnectJitter(0, 0))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(nc.Close)
	return nc
}

// subscribe is known to the server when it returns.
func subscribe(t *testing.T, nc *nats.Conn, subject string) *nats.Subscription {
	t.Helper()
	sub, err := nc.SubscribeSync(subject)
	if err == nil {
		err = nc.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

// stored reads the stream: the seqs of each camera in the stream's order.
func (b *broker) stored() map[string][]uint64 {
	b.t.Helper()
	ctx := within(b.t, 10*time.Second)
	stream := b.stream(ctx)
	if stream == nil {
		return nil
	}
	seqs := map[string][]uint64{}
	n := stream.CachedInfo().State.Msgs
	if n == 0 {
		return seqs
	}
	consumer, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		b.t.Fatal(err)
	}
	messages, err := consumer.Messages()
	if err != nil {
		b.t.Fatal(err)
	}
	defer messages.Stop()
	for range n {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			b.t.Fatal(err)
		}
		f, err := wire.ParseFrame(m.Data())
		if err != nil {
			b.t.Fatal(err)
		}
		seqs[f.Camera] = append(seqs[f.Camera], f.Seq)
	}
	return seqs
}

// stream is nil where it does not exist.
func (b *broker) stream(ctx context.Context) jetstream.Stream {
	b.t.Helper()
	js, err := jetstream.New(b.connect())
	if err != nil {
		b.t.Fatal(err)
	}
	stream, err := js.Stream(ctx, wire.StreamFrames)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return stream
}

// await returns when the stream holds n messages.
func (b *broker) await(n uint64) {
	b.t.Helper()
	ctx := within(b.t, 10*time.Second)
	stream := b.stream(ctx)
	for {
		info, err := stream.Info(ctx)
		if err != nil {
			b.t.Fatal(err)
		}
		if info.State.Msgs >= n {
			return
		}
	}
}

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// open makes a sink of b's server, closed at the end of the test.
func open(t *testing.T, url string, change func(*natsink.Config)) *natsink.Sink {
	t.Helper()
	s, err := tryOpen(t, url, quiet, change)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func tryOpen(t *testing.T, url string, log *slog.Logger, change func(*natsink.Config)) (*natsink.Sink, error) {
	t.Helper()
	cfg := natsink.Config{Config: natsconn.Config{URL: url}, Site: "Demo", JetStream: true, CloseWait: 100 * time.Millisecond}
	if change != nil {
		change(&cfg)
	}
	s, err := natsink.New(t.Context(), cfg, log)
	if err == nil {
		t.Cleanup(func() { _ = s.Close() })
	}
	return s, err
}

func core(c *natsink.Config) { c.JetStream = false }

// fates notes what became of each message, and that it was heard once.
type fates struct {
	t  *testing.T
	mu sync.Mutex
	of map[string]error
}

func newFates(t *testing.T) *fates { return &fates{t: t, of: map[string]error{}} }

type fate struct {
	all *fates
	key string
}

func (f fate) Settle(err error) {
	f.all.mu.Lock()
	defer f.all.mu.Unlock()
	if _, twice := f.all.of[f.key]; twice {
		f.all.t.Errorf("%s was settled twice", f.key)
	}
	f.all.of[f.key] = err
}

func (f *fates) receipt(m *wire.Frame) fate { return fate{f, fmt.Sprintf("%s/%d", m.Camera, m.Seq)} }

// check demands n settled messages, each with an error that is want (nil: none).
func (f *fates) check(n int, want error) {
	f.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.of) != n {
		f.t.Errorf("%d messages are settled, want %d", len(f.of), n)
	}
	for key, err := range f.of {
		if !errors.Is(err, want) {
			f.t.Errorf("%s: %v, want %v", key, err, want)
		}
	}
}

// write sends the frames first to last of a camera.
func write(s *natsink.Sink, f *fates, camera string, first, last uint64) {
	m := wire.Frame{Site: "Demo", Camera: camera, Run: "r", Clock: "pts", Model: "m", Plan: "p"}
	for m.Seq = first; m.Seq <= last; m.Seq++ {
		s.Write(f.t.Context(), &m, f.receipt(&m))
	}
}

func flush(t *testing.T, s *natsink.Sink) {
	t.Helper()
	if err := s.Flush(within(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
}

// checkDense demands 1 to n, once each and in order.
func checkDense(t *testing.T, camera string, seqs []uint64, n uint64) {
	t.Helper()
	if uint64(len(seqs)) != n {
		t.Errorf("%s: %d messages, want %d", camera, len(seqs), n)
	}
	for i, seq := range seqs {
		if seq != uint64(i)+1 {
			t.Fatalf("%s: message %d has seq %d", camera, i+1, seq)
		}
	}
}

// record is a log that several goroutines write.
type record struct {
	mu  sync.Mutex
	buf bytes.Buffer

	waiters []*waiter
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.waiters {
		if bytes.Contains(p, []byte(w.text)) {
			w.once.Do(func() { close(w.seen) })
		}
	}
	return r.buf.Write(p)
}

// await returns when the text was logged, from the start on.
func (r *record) await(t *testing.T, text string) {
	t.Helper()
	w := &waiter{text: text, seen: make(chan struct{})}
	r.mu.Lock()
	if strings.Contains(r.buf.String(), text) {
		close(w.seen)
	} else {
		r.waiters = append(r.waiters, w)
	}
	r.mu.Unlock()
	select {
	case <-w.seen:
	case <-within(t, 10*time.Second).Done():
		t.Fatalf("%q was not logged", text)
	}
}

type waiter struct {
	text string
	once sync.Once
	seen chan struct{}
}

func (r *record) count(text string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Count(r.buf.String(), text)
}

func (r *record) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.String()
}

func (r *record) log() *slog.Logger { return slog.New(slog.NewTextHandler(r, nil)) }
