package subscribe_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"braid/sink/subscribe"
	"braid/sink/wire"
)

var errKilled = errors.New("killed")

// TestDurable kills readers in the middle: each next one goes on at once, and
// in order, with the first frame that was not handled.
func TestDurable(t *testing.T) {
	b := newBroker(t)
	b.makeStream()
	cfg := b.config()
	cfg.Durable = "t"
	b.publish("a", 1, 1000)
	start := time.Now()
	first := uint64(1)
	for _, last := range []uint64{100, 101, 600} {
		r := read(t, cfg, quiet, func(f *wire.Frame) error {
			if f.Seq > last {
				return errKilled // hundreds are on their way
			}
			return nil
		})
		r.wait(errKilled)
		r.expect("a", first, last)
		first = last + 1
	}
	r := read(t, cfg, quiet, nil)
	r.expect("a", 601, 1000)
	b.publish("a", 1001, 1010)
	r.expect("a", 1001, 1010)
	r.stop(nil)
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %v: frames were delivered again only after a wait", took)
	}
	r = read(t, cfg, quiet, func(f *wire.Frame) error {
		if f.Seq == 1012 {
			return subscribe.ErrStop // it is handled
		}
		return nil
	})
	b.publish("a", 1011, 1020)
	r.wait(nil)
	r.expect("a", 1011, 1011) // nothing twice after a clean end
	r = read(t, cfg, quiet, nil)
	r.expect("a", 1013, 1020)
	r.stop(nil)
}

func TestDurableOverARestartOfTheServer(t *testing.T) {
	b := newBroker(t)
	b.makeStream()
	cfg := b.config()
	cfg.Durable = "t"
	log, out := newRecord()
	r := read(t, cfg, log, nil)
	b.publish("a", 1, 500)
	r.expect("a", 1, 100)
	b.holds(500)
	b.stop()
	out.await(t, "NATS is away")
	b.start()
	b.publish("a", 501, 600)
	r.expect("a", 101, 600)
	r.stop(nil)
}

func TestTakenOver(t *testing.T) {
	b := newBroker(t)
	b.makeStream()
	cfg := b.config()
	cfg.Durable = "t"
	one := read(t, cfg, quiet, nil)
	b.publish("a", 1, 10)
	one.expect("a", 1, 10)
	two := read(t, cfg, quiet, nil)
	one.wait(subscribe.ErrTakenOver)
	b.publish("a", 11, 20)
	for two.next() != "a/20" {
	}
	two.stop(nil)
}

func TestSince(t *testing.T) {
	b := newBroker(t)
	b.makeStream()
	b.publish("a", 1, 10)
	cfg := b.config()
	cfg.Since = time.Minute
	for range 2 { // nobody remembers
		r := read(t, cfg, quiet, nil)
		r.expect("a", 1, 10)
		r.stop(nil)
	}
	<-time.After(2100 * time.Millisecond)
	cfg.Since = 2 * time.Second
	r := read(t, cfg, quiet, nil)
	b.publish("a", 11, 20)
	r.expect("a", 11, 20)
	r.stop(nil)
}

func TestStreamComesLater(t *testing.T) {
	b := newBroker(t)
	cfg := b.config()
	cfg.Durable = "t"
	log, out := newRecord()
	r := read(t, cfg, log, nil)
	out.await(t, "is not there yet")
	b.makeStream()
	b.publish("a", 1, 10)
	r.expect("a", 1, 10)
	r.stop(nil)
}

func TestNoJetStream(t *testing.T) {
	b := newBroker(t)
	b.stop()
	b.cfg.JetStream = false
	b.start()
	cfg := b.config()
	cfg.Durable = "t"
	read(t, cfg, quiet, nil).wait(subscribe.ErrNoJetStream)
}

// record is a log that can be waited for.
type record struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	more chan struct{}
}

func newRecord() (*slog.Logger, *record) {
	r := &record{more: make(chan struct{}, 1)}
	return slog.New(slog.NewTextHandler(r, nil)), r
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case r.more <- struct{}{}:
	default:
	}
	return r.buf.Write(p)
}

func (r *record) await(t *testing.T, text string) {
	t.Helper()
	deadline := time.After(15 * time.Second)
	for {
		r.mu.Lock()
		seen := strings.Contains(r.buf.String(), text)
		r.mu.Unlock()
		if seen {
			return
		}
		select {
		case <-r.more:
		case <-deadline:
			t.Fatalf("%q was not logged", text)
		}
	}
}
