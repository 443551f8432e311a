package natsink_test

import (
	"errors"
	"testing"
	"time"

	"braid/sink/natsink"
	"braid/sink/wire"
)

func TestStored(t *testing.T) {
	address := accounts(t) // the publisher of the example may ask
	cfg := natsink.Config{Config: login(address, "publisher"), Site: "Demo"}
	check := func(camera, run string, want uint64) {
		t.Helper()
		if got, err := natsink.Stored(within(t, 10*time.Second), cfg, camera, run); err != nil || got != want {
			t.Errorf("%s of %s: %d, %v; want %d", run, camera, got, err, want)
		}
	}
	check("a", "r", 0) // no stream
	s, err := tryOpen(t, address, quiet, func(c *natsink.Config) { c.Config = cfg.Config })
	if err != nil {
		t.Fatal(err)
	}
	check("a", "r", 0) // no message
	f := newFates(t)
	write(s, f, "a", 1, 30)
	write(s, f, "b", 1, 7)
	flush(t, s)
	check("a", "r", 30)
	check("b", "r", 7)
	check("a", "rr", 0)
	m := wire.Frame{Camera: "a", Run: "later", Seq: 1}
	for ; m.Seq <= 20; m.Seq++ {
		s.Write(t.Context(), &m, nothing{})
	}
	flush(t, s)
	check("a", "later", 20)
	check("a", "r", 30) // behind another run
	check("a", "other", 0)
}

func TestStoredRefuses(t *testing.T) {
	b := newBroker(t)
	b.stop()
	cfg := natsink.Config{Site: "Demo"}
	cfg.URL = b.url
	if _, err := natsink.Stored(within(t, 10*time.Second), cfg, "a", "r"); err == nil {
		t.Error("without a server")
	}
	b.cfg.JetStream = false
	b.start()
	if _, err := natsink.Stored(within(t, 10*time.Second), cfg, "a", "r"); !errors.Is(err, natsink.ErrNoJetStream) {
		t.Errorf("without JetStream: %v", err)
	}
}
