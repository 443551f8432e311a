package natsink_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"braid/sink/natsink"
	"braid/sink/wire"
)

func TestServerComesLater(t *testing.T) {
	for name, change := range map[string]func(*natsink.Config){"core": core, "jetstream": nil} {
		t.Run(name, func(t *testing.T) {
			b := newBroker(t)
			b.stop()
			s, f := open(t, b.url, change), newFates(t)
			write(s, f, "a", 1, 50)
			f.check(0, nil)
			b.start()
			flush(t, s)
			f.check(50, nil)
			if name == "jetstream" {
				checkDense(t, "a", b.stored()["a"], 50)
			}
		})
	}
}

func TestServerNeverComes(t *testing.T) {
	b := newBroker(t)
	b.stop()
	url := strings.Replace(b.url, "nats://", "nats://user:secret@", 1)
	var out record
	s, err := tryOpen(t, url, out.log(), func(c *natsink.Config) { c.MaxWait, c.MaxPending = 200*time.Millisecond, 8 })
	if err != nil {
		t.Fatal(err)
	}
	f := newFates(t)
	start := time.Now()
	write(s, f, "a", 1, 20) // two and a half windows: Write waits until the first has failed
	flush(t, s)
	f.check(20, natsink.ErrTimeout)
	if took := time.Since(start); took < 500*time.Millisecond || took > 5*time.Second {
		t.Errorf("it took %v, want three times 200 ms", took)
	}
	text := f.of["a/1"].Error()
	if !strings.Contains(text, b.url+" is away") || strings.Contains(text, "secret") || out.count("secret") > 0 {
		t.Errorf("the error is %q", text)
	}
	if n := out.count("NATS is away"); n != 1 {
		t.Errorf("said %d times that the server is away", n)
	}
}

// TestWhole: nothing is published behind what failed, though the server is back.
func TestWhole(t *testing.T) {
	b := newBroker(t)
	s, f := open(t, b.url, func(c *natsink.Config) { c.Whole, c.MaxWait = true, 2*time.Second }), newFates(t)
	write(s, f, "a", 1, 10)
	flush(t, s)
	b.stop()
	write(s, f, "a", 11, 20)
	if err := s.Flush(within(t, 10*time.Second)); !errors.Is(err, natsink.ErrTimeout) {
		t.Errorf("Flush: %v", err)
	}
	b.start()
	write(s, f, "a", 21, 30)
	if err := s.Flush(within(t, 10*time.Second)); !errors.Is(err, natsink.ErrTimeout) {
		t.Errorf("Flush: %v", err)
	}
	for seq, want := range map[string]error{"a/10": nil, "a/11": natsink.ErrTimeout, "a/30": natsink.ErrTimeout} {
		if err := f.of[seq]; !errors.Is(err, want) {
			t.Errorf("%s: %v", seq, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	checkDense(t, "a", b.stored()["a"], 10)
}

func TestWriteEndsWithItsContext(t *testing.T) {
	b := newBroker(t)
	b.stop()
	s, f := open(t, b.url, func(c *natsink.Config) { c.MaxPending = 1 }), newFates(t)
	write(s, f, "a", 1, 1)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	m := wire.Frame{Camera: "a", Run: "r", Seq: 2}
	s.Write(ctx, &m, f.receipt(&m))
	f.check(1, context.Canceled)
	if err := s.Flush(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Flush: %v", err)
	}
	err := s.Close()
	if !errors.Is(err, natsink.ErrTimeout) || !strings.Contains(err.Error(), "1 messages") {
		t.Errorf("Close: %v", err)
	}
	delete(f.of, "a/2")
	f.check(1, natsink.ErrClosed)
}

// TestWholeEndsWithAContext: nor behind a message whose Write was given up, though there is
// room again.
func TestWholeEndsWithAContext(t *testing.T) {
	b := newBroker(t)
	s, f := open(t, b.url, func(c *natsink.Config) { c.Whole, c.MaxPending, c.MaxWait = true, 4, time.Minute }), newFates(t)
	write(s, f, "a", 1, 10)
	flush(t, s)
	b.stop()
	write(s, f, "a", 11, 14)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m := wire.Frame{Site: "Demo", Camera: "a", Run: "r", Seq: 15}
	s.Write(ctx, &m, f.receipt(&m))
	b.start()
	write(s, f, "a", 16, 20)
	if err := s.Close(); err == nil {
		t.Error("nothing is missing")
	}
	for _, key := range []string{"a/15", "a/16", "a/20"} {
		if err := f.of[key]; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", key, err)
		}
	}
	if stored := b.stored()["a"]; len(stored) > 14 || len(stored) < 10 {
		t.Errorf("stored %v", stored)
	}
}

// TestRestart takes the server away twice while two cameras publish.
func TestRestart(t *testing.T) {
	b := newBroker(t)
	s, f := open(t, b.url, nil), newFates(t)
	const n = 3000
	written := make(chan struct{})
	third := make(chan struct{}, 2)
	go func() {
		defer close(written)
		for seq := uint64(1); seq <= n; seq++ {
			write(s, f, "a", seq, seq)
			write(s, f, "b", seq, seq)
			if seq%1000 == 0 && seq < n {
				third <- struct{}{}
			}
		}
	}()
	for range 2 {
		<-third
		b.stop()
		b.start()
	}
	<-written
	flush(t, s)
	f.check(2*n, nil)
	stored := b.stored()
	checkDense(t, "a", stored["a"], n)
	checkDense(t, "b", stored["b"], n)
}

// TestRestartCore: nothing comes twice or out of order, and what is not
// confirmed is said to be.
func TestRestartCore(t *testing.T) {
	b := newBroker(t)
	sub := subscribe(t, b.connect(), "braid.v1.demo.frame.a")
	var out record
	s, err := tryOpen(t, b.url, out.log(), core)
	if err != nil {
		t.Fatal(err)
	}
	f := newFates(t)
	write(s, f, "a", 1, 500)
	b.stop()
	out.await(t, "NATS is away")
	write(s, f, "a", 501, 600) // these wait
	b.start()
	flush(t, s)
	write(s, f, "a", 601, 601)
	flush(t, s)
	failed := 0
	for key, err := range f.of {
		if err != nil {
			failed++
		}
		if err != nil && !errors.Is(err, natsink.ErrUnconfirmed) {
			t.Errorf("%s: %v", key, err)
		}
	}
	if len(f.of) != 601 || failed > 256 || f.of["a/600"] != nil {
		t.Errorf("%d settled, %d failed", len(f.of), failed)
	}
	last := uint64(0)
	for {
		m, err := sub.NextMsg(200 * time.Millisecond)
		if err != nil {
			break // the subscriber may have missed what came before it was back
		}
		frame, err := wire.ParseFrame(m.Data)
		if err != nil || frame.Seq <= last {
			t.Fatalf("%v: seq %d after %d", err, frame.Seq, last)
		}
		last = frame.Seq
	}
}

// TestLostConfirmations: the messages were stored, the confirmations lost with
// the connection, and when it is back the stream has forgotten the ids.
func TestLostConfirmations(t *testing.T) {
	b := newBroker(t)
	p := newProxy(t, strings.TrimPrefix(b.url, "nats://"))
	s := open(t, "nats://"+p.addr(), func(c *natsink.Config) {
		c.Frames.Duplicates = 100 * time.Millisecond
		c.AckWait = time.Second
	})
	f := newFates(t)
	write(s, f, "a", 1, 10)
	flush(t, s)
	p.mute()
	write(s, f, "a", 11, 20)
	b.await(20)
	f.check(10, nil)
	<-time.After(150 * time.Millisecond) // longer than Duplicates
	p.cut()
	p.unmute()
	write(s, f, "a", 21, 30)
	flush(t, s)
	f.check(30, nil)
	checkDense(t, "a", b.stored()["a"], 30)
}

// TestSilentServer: the connection stands, but confirmations stay away.
func TestSilentServer(t *testing.T) {
	b := newBroker(t)
	p := newProxy(t, strings.TrimPrefix(b.url, "nats://"))
	s := open(t, "nats://"+p.addr(), func(c *natsink.Config) { c.AckWait, c.MaxWait = 100*time.Millisecond, 500*time.Millisecond })
	f := newFates(t)
	write(s, f, "a", 1, 10)
	flush(t, s)
	p.mute()
	write(s, f, "a", 11, 20)
	flush(t, s)
	f.mu.Lock()
	for seq, key := range []string{"a/11", "a/20"} {
		if err := f.of[key]; !errors.Is(err, natsink.ErrTimeout) {
			t.Errorf("%d: %v", seq, err)
		}
	}
	f.mu.Unlock()
}

func TestStreamIsDeletedMeanwhile(t *testing.T) {
	b := newBroker(t)
	s, f := open(t, b.url, nil), newFates(t)
	write(s, f, "a", 1, 10)
	flush(t, s)
	js, err := b.connect().JetStream()
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(wire.StreamFrames); err != nil {
		t.Fatal(err)
	}
	write(s, f, "a", 11, 20)
	flush(t, s)
	f.check(20, nil)
	seqs := b.stored()["a"]
	if len(seqs) != 10 || seqs[0] != 11 || seqs[9] != 20 {
		t.Errorf("the new stream holds %v", seqs)
	}
}

func TestNoJetStream(t *testing.T) {
	b := newBroker(t)
	b.stop()
	b.cfg.JetStream = false
	b.start()
	var out record
	s, err := tryOpen(t, b.url, out.log(), nil)
	if err != nil {
		t.Fatal(err)
	}
	f := newFates(t)
	start := time.Now()
	write(s, f, "a", 1, 5)
	flush(t, s)
	write(s, f, "a", 6, 10)
	flush(t, s)
	f.check(10, natsink.ErrNoJetStream)
	if text := f.of["a/1"].Error(); !strings.Contains(text, b.url) || !strings.Contains(text, "set nats.jetstream: false") {
		t.Errorf("the error is %q", text)
	}
	if took := time.Since(start); took > 10*time.Second || out.count("JetStream is not enabled") > 2 { // once a connection, and the first may be told of after the first look
		t.Errorf("it took %v, and was said %d times", took, out.count("JetStream is not enabled"))
	}
	b.stop()
	b.cfg.JetStream = true
	b.start()
	for len(b.stored()["a"]) == 0 { // until the sink has found the new server
		f.of = map[string]error{}
		write(s, f, "a", 11, 11)
		flush(t, s)
	}
	f.check(1, nil)
}
