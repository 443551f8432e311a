package natsink_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"braid/sink/natsink"
	"braid/sink/wire"
)

func TestPublishes(t *testing.T) {
	for name, change := range map[string]func(*natsink.Config){"core": core, "jetstream": nil} {
		t.Run(name, func(t *testing.T) {
			b := newBroker(t)
			sub := subscribe(t, b.connect(), "braid.v1.>")
			s, f := open(t, b.url, change), newFates(t)
			if err := s.Flush(t.Context()); err != nil {
				t.Errorf("flushing nothing: %v", err)
			}
			write(s, f, "Gate 1", 1, 100)
			flush(t, s)
			f.check(100, nil)
			for seq := uint64(1); seq <= 100; seq++ {
				m, err := sub.NextMsg(5 * time.Second)
				if err != nil {
					t.Fatal(err)
				}
				checkMessage(t, m, seq)
			}
			if name == "jetstream" {
				checkDense(t, "Gate 1", b.stored()["Gate 1"], 100)
			}
			if err := errors.Join(s.Close(), s.Close()); err != nil {
				t.Error(err)
			}
			write(s, f, "Gate 1", 101, 101)
			if err := f.of["Gate 1/101"]; !errors.Is(err, natsink.ErrClosed) {
				t.Errorf("after Close: %v", err)
			}
		})
	}
}

func checkMessage(t *testing.T, m *nats.Msg, seq uint64) {
	t.Helper()
	f, err := wire.ParseFrame(m.Data)
	if err != nil || f.Seq != seq || m.Subject != "braid.v1.demo.frame.gate-1" {
		t.Errorf("%s: %v, seq %d, want %d", m.Subject, err, f.Seq, seq)
	}
	id := string(wire.AppendMsgID(nil, "demo", "gate-1", "r", seq))
	for key, want := range map[string]string{
		"Nats-Msg-Id": id, "Content-Type": "application/json", "Braid-Schema": "braid.v1.Frame",
	} {
		if got := m.Header.Get(key); got != want {
			t.Errorf("header %s is %q, want %q", key, got, want)
		}
	}
}

func TestInProcess(t *testing.T) {
	b := newBroker(t)
	s, f := open(t, "", func(c *natsink.Config) { c.InProcess = b.srv }), newFates(t)
	write(s, f, "a", 1, 1000)
	flush(t, s)
	f.check(1000, nil)
	checkDense(t, "a", b.stored()["a"], 1000)
}

func TestTwoPublishers(t *testing.T) {
	b := newBroker(t)
	f := newFates(t)
	done := make(chan struct{})
	for _, camera := range []string{"a", "b"} {
		s := open(t, b.url, nil)
		go func() {
			write(s, f, camera, 1, 500)
			_ = s.Flush(t.Context())
			done <- struct{}{}
		}()
	}
	<-done
	<-done
	f.check(1000, nil)
	stored := b.stored()
	checkDense(t, "a", stored["a"], 500)
	checkDense(t, "b", stored["b"], 500)
}

func TestTheSameMessageIsStoredOnce(t *testing.T) {
	b := newBroker(t)
	for range 2 { // a batch that is run again
		s, f := open(t, b.url, nil), newFates(t)
		write(s, f, "a", 1, 10)
		flush(t, s)
		f.check(10, nil)
	}
	checkDense(t, "a", b.stored()["a"], 10)
}

func TestOversizeFailsAlone(t *testing.T) {
	for name, change := range map[string]func(*natsink.Config){"core": core, "jetstream": nil} {
		t.Run(name, func(t *testing.T) {
			b := newBroker(t)
			s, f := open(t, b.url, change), newFates(t)
			write(s, f, "a", 1, 1)
			big := wire.Frame{Camera: "big", Run: "r", Seq: 1, Error: strings.Repeat("x", 2<<20)}
			s.Write(t.Context(), &big, f.receipt(&big))
			write(s, f, "a", 2, 3)
			flush(t, s)
			err := f.of["big/1"]
			if !errors.Is(err, natsink.ErrTooLarge) || !strings.Contains(err.Error(), "1048576") {
				t.Errorf("the large one: %v", err)
			}
			delete(f.of, "big/1")
			f.check(3, nil)
		})
	}
}

func TestStates(t *testing.T) {
	b := newBroker(t)
	nc := b.connect()
	cameras := subscribe(t, nc, "braid.v1.demo.camera.*")
	stats := subscribe(t, nc, "braid.v1.demo.stats.*")
	s := open(t, b.url, core)
	if err := s.PublishCamera(&wire.Camera{Site: "Demo", Camera: "Gate 1", State: wire.StatePlaying}); err != nil {
		t.Fatal(err)
	}
	if err := s.PublishStats(&wire.Stats{Instance: "host"}); err != nil {
		t.Fatal(err)
	}
	checkState(t, cameras, wire.StatePlaying)
	m, err := stats.NextMsg(5 * time.Second)
	if err != nil || m.Subject != "braid.v1.demo.stats.host" || m.Header.Get("Braid-Schema") != wire.SchemaStats {
		t.Errorf("stats: %v, %+v", err, m)
	}

	// What changes while the server is away is told when it is back.
	b.stop()
	if err := s.PublishCamera(&wire.Camera{Camera: "Gate 1", State: wire.StateStalled}); err != nil {
		t.Error(err)
	}
	for tries := 1; ; tries++ {
		b.start()
		if hears(t, cameras, wire.StateStalled) {
			return
		}
		if tries == 10 {
			t.Fatal("the last state is not told")
		}
		b.stop() // the subscriber may be connected later than the sink, and missed it
	}
}

// checkState demands the next state.
func checkState(t *testing.T, sub *nats.Subscription, want string) {
	t.Helper()
	if c := nextState(t, sub, 10*time.Second); c != want {
		t.Errorf("state %q, want %s", c, want)
	}
}

// hears reports whether a state is told, after others perhaps.
func hears(t *testing.T, sub *nats.Subscription, want string) bool {
	t.Helper()
	for {
		if s := nextState(t, sub, 2*time.Second); s == "" || s == want {
			return s == want
		}
	}
}

// nextState reads the next state, "" where none comes.
func nextState(t *testing.T, sub *nats.Subscription, within time.Duration) string {
	t.Helper()
	m, err := sub.NextMsg(within)
	if errors.Is(err, nats.ErrTimeout) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	var c wire.Camera
	if err := json.Unmarshal(m.Data, &c); err != nil || c.Schema != wire.SchemaCamera || m.Subject != "braid.v1.demo.camera.gate-1" {
		t.Errorf("%v on %s: %s", err, m.Subject, m.Data)
	}
	return c.State
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		change func(*natsink.Config)
		says   string
	}{
		{func(c *natsink.Config) { c.URL = "nats://user:secret@%zz" }, "nats.url"},
		{func(c *natsink.Config) { c.URL = "http://user:secret@host" }, `scheme "http"`},
		{func(c *natsink.Config) { c.CredsFile = "none.creds" }, "none.creds"},
		{func(c *natsink.Config) { c.CAFile = "none.pem" }, "none.pem"},
		{func(c *natsink.Config) { c.CertFile = "none.pem" }, "certificate"},
	} {
		_, err := tryOpen(t, "nats://user:secret@127.0.0.1:1", quiet, c.change)
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v, want %q", err, c.says)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := natsink.New(gone, natsink.Config{}, quiet); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
}
