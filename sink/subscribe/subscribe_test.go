package subscribe_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"braid/internal/porttest"
	"braid/sink/embedded"
	"braid/sink/embedded/embeddedtest"
	"braid/sink/natsconn"
	"braid/sink/subscribe"
	"braid/sink/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, embeddedtest.Leaks()...) }

var quiet = slog.New(slog.DiscardHandler)

// broker is a server that can restart at its address, and a client to publish.
type broker struct {
	t   *testing.T
	cfg embedded.Config
	srv *embedded.Server
	url string
	nc  *nats.Conn
}

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
	if b.nc, err = nats.Connect(b.url); err != nil {
		b.t.Fatal(err)
	}
}

func (b *broker) stop() {
	b.nc.Close()
	if err := b.srv.Shutdown(); err != nil {
		b.t.Error(err)
	}
}

// makeStream makes the stream that publishers make.
func (b *broker) makeStream() {
	b.t.Helper()
	js, err := b.nc.JetStream()
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := js.AddStream(&nats.StreamConfig{Name: wire.StreamFrames, Subjects: []string{"braid.v1.*.frame.>"}}); err != nil {
		b.t.Fatal(err)
	}
}

func (b *broker) publish(camera string, first, last uint64) {
	b.t.Helper()
	f := wire.Frame{Site: "demo", Camera: camera, Run: "r"}
	for f.Seq = first; f.Seq <= last; f.Seq++ {
		b.send(wire.FrameSubject("demo", camera), f.AppendJSON(nil))
	}
	if err := b.nc.Flush(); err != nil {
		b.t.Fatal(err)
	}
}

// holds returns when the stream has n messages: a server that is told of them stores them
// later, and one that stops first does not.
func (b *broker) holds(n uint64) {
	b.t.Helper()
	js, err := jetstream.New(b.nc)
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.t.Context(), 20*time.Second)
	defer cancel()
	for {
		stream, err := js.Stream(ctx, wire.StreamFrames)
		if err != nil {
			b.t.Fatal(err)
		}
		if stream.CachedInfo().State.Msgs == n {
			return
		}
	}
}

func (b *broker) send(subject string, data []byte) {
	b.t.Helper()
	if err := b.nc.Publish(subject, data); err != nil {
		b.t.Fatal(err)
	}
}

func (b *broker) config() subscribe.Config {
	return subscribe.Config{Config: natsconn.Config{URL: b.url}, Site: "demo"}
}

// reader runs a Subscriber and hands out what it hears.
type reader struct {
	t    *testing.T
	got  chan string
	end  context.CancelFunc
	done chan error
}

// read starts a reader; handle, where not nil, is asked about each frame first.
func read(t *testing.T, cfg subscribe.Config, log *slog.Logger, handle func(*wire.Frame) error) *reader {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s, err := subscribe.Open(ctx, cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{t: t, got: make(chan string, 1<<16), end: cancel, done: make(chan error, 1)}
	h := subscribe.Handler{
		Frame: func(f *wire.Frame) error {
			if handle != nil {
				if err := handle(f); err != nil {
					return err
				}
			}
			r.got <- fmt.Sprintf("%s/%d", f.Camera, f.Seq)
			return nil
		},
		Camera: func(c *wire.Camera) error { r.got <- "camera " + c.Camera + " " + c.State; return nil },
		Stats:  func(m *wire.Stats) error { r.got <- "stats " + m.Instance; return nil },
	}
	go func() {
		err := s.Run(ctx, h)
		s.Close()
		r.done <- err
	}()
	t.Cleanup(cancel)
	return r
}

func (r *reader) next() string {
	r.t.Helper()
	select {
	case s := <-r.got:
		return s
	case err := <-r.done:
		r.t.Fatalf("Run ended: %v", err)
	case <-time.After(15 * time.Second):
		r.t.Fatal("nothing came")
	}
	return ""
}

// expect wants the frames of a camera, in order and none else.
func (r *reader) expect(camera string, first, last uint64) {
	r.t.Helper()
	for seq := first; seq <= last; seq++ {
		if got, want := r.next(), fmt.Sprintf("%s/%d", camera, seq); got != want {
			r.t.Fatalf("got %s, want %s", got, want)
		}
	}
}

// stop ends the reader and wants err from Run.
func (r *reader) stop(want error) {
	r.t.Helper()
	r.end()
	r.wait(want)
}

func (r *reader) wait(want error) {
	r.t.Helper()
	select {
	case err := <-r.done:
		if !errors.Is(err, want) {
			r.t.Errorf("Run returned %v, want %v", err, want)
		}
	case <-time.After(15 * time.Second):
		r.t.Fatal("Run does not return")
	}
}

// begin publishes stats until the reader hears them: it is subscribed then.
func (b *broker) begin(r *reader) {
	b.t.Helper()
	for {
		b.send(wire.StatsSubject("demo", "begin"), []byte(`{"schema":"braid.v1.Stats","instance":"begin"}`))
		select {
		case <-r.got:
			b.send(wire.StatsSubject("demo", "begun"), []byte(`{"schema":"braid.v1.Stats","instance":"begun"}`))
			for r.next() != "stats begun" {
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestLive(t *testing.T) {
	b := newBroker(t)
	r := read(t, b.config(), quiet, nil)
	b.begin(r)
	b.send("braid.v1.demo.frame.a", []byte("not ours"))
	b.publish("a", 1, 100)
	r.expect("a", 1, 100)
	b.send("braid.v1.demo.camera.a", []byte(`{"schema":"braid.v1.Camera","camera":"a","state":"playing"}`))
	b.send("braid.v1.other.frame.a", (&wire.Frame{Camera: "a", Seq: 101}).AppendJSON(nil))
	b.publish("b", 1, 1)
	if got := []string{r.next(), r.next()}; !slices.Contains(got, "camera a playing") || !slices.Contains(got, "b/1") {
		t.Errorf("got %v", got)
	}
	r.stop(nil)
}

func TestOneCamera(t *testing.T) {
	b := newBroker(t)
	cfg := b.config()
	cfg.Camera, cfg.Site = "Gate 1", ""
	r := read(t, cfg, quiet, nil)
	b.begin(r)
	b.publish("other", 1, 5)
	b.publish("Gate 1", 1, 5)
	r.expect("Gate 1", 1, 5)
	r.stop(nil)
}

func TestStopAndErrors(t *testing.T) {
	b := newBroker(t)
	b.makeStream()
	broken := errors.New("broken pipe")
	for _, durable := range []string{"", "d"} {
		for _, want := range []error{nil, broken} {
			cfg := b.config()
			cfg.Durable = durable
			count := 0
			r := read(t, cfg, quiet, func(f *wire.Frame) error {
				if count++; f.Seq < 3 {
					return nil
				}
				return cmpOr(want, subscribe.ErrStop)
			})
			if durable == "" {
				b.begin(r)
			}
			b.publish("a", 1, 10)
			r.wait(want)
			if count == 0 {
				t.Error("no frame was handled")
			}
		}
	}
}

func cmpOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// TestReconnect: the server goes away and comes back under a live reader.
func TestReconnect(t *testing.T) {
	b := newBroker(t)
	log, out := newRecord()
	r := read(t, b.config(), log, nil)
	b.begin(r)
	b.publish("a", 1, 5)
	r.expect("a", 1, 5)
	b.stop()
	out.await(t, "NATS is away")
	b.start()
	b.begin(r)
	b.publish("a", 6, 10)
	r.expect("a", 6, 10)
	out.await(t, "connected to NATS again")
	r.stop(nil)
}

// TestServerComesLater: the reader was there first.
func TestServerComesLater(t *testing.T) {
	b := newBroker(t)
	b.stop()
	r := read(t, b.config(), quiet, nil)
	b.start()
	b.begin(r)
	b.publish("a", 1, 5)
	r.expect("a", 1, 5)
	r.stop(nil)
}

// TestSlowReader: what cannot wait is lost and said, and the reader goes on.
func TestSlowReader(t *testing.T) {
	b := newBroker(t)
	log, out := newRecord()
	release := make(chan struct{})
	r := read(t, b.config(), log, func(f *wire.Frame) error {
		if f.Camera == "a" {
			<-release
		}
		return nil
	})
	b.begin(r)
	b.publish("a", 1, 5000)
	out.await(t, "messages are lost")
	close(release)
	r.expect("a", 1, 4000)
	for b.publish("b", 1, 1); !strings.HasPrefix(r.next(), "b/"); {
		b.publish("b", 1, 1)
	}
	r.stop(nil)
}

func TestOpenRefuses(t *testing.T) {
	for _, c := range []struct {
		cfg  subscribe.Config
		says string
	}{
		{subscribe.Config{Durable: "a b"}, "durable name"},
		{subscribe.Config{Durable: "a.b"}, "durable name"},
		{subscribe.Config{Config: natsconn.Config{URL: "ftp://u:secret@h"}}, "nats.url"},
		{subscribe.Config{Config: natsconn.Config{CredsFile: "none"}}, "none"},
	} {
		_, err := subscribe.Open(t.Context(), c.cfg, quiet)
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: %v", c.cfg, err)
		}
	}
}
