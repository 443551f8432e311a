package natsink

import (
	"errors"
	"log/slog"
	"os"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"braid/sink/natsconn"
	"braid/sink/spool"
	"braid/sink/wire"
)

// TestFramesWaitOnDisk: the server is away for longer than MaxWait, with more
// frames than the window holds.
func TestFramesWaitOnDisk(t *testing.T) {
	f := newFar(t)
	p := newPublisher(t, f.url, 64<<20)
	p.write("a", 100)
	p.settle()
	f.stop()
	p.cfg.MaxWait = time.Millisecond
	p.write("a", 1000)
	p.write("b", 1000)
	if p.heard.good.Load() != 2100 {
		t.Errorf("%d of 2100 are published, %d failed: %v", p.heard.good.Load(), p.heard.bad.Load(), p.heard.err)
	}
	if err := p.s.Flush(t.Context()); err != nil {
		t.Errorf("Flush waits for a server that is away: %v", err)
	}
	f.start()
	p.settle()
	if missing := p.check(f.stored()); missing != 0 {
		t.Errorf("%d are missing", missing)
	}
}

// TestQuestionsEndWithTheConnection: a server goes away while it owes an answer about
// the streams. The next connection does not wait until the answer is late.
func TestQuestionsEndWithTheConnection(t *testing.T) {
	f := newFar(t)
	f.stop()
	f.cfg.JetStream = false
	f.start()
	silent := f.listen(apiPrefix + "STREAM.INFO.>")
	cfg := Config{Config: natsconn.Config{URL: f.url}, Site: "demo", JetStream: true, AckWait: 10 * time.Minute, CloseWait: time.Second}
	opened := make(chan error)
	go func() {
		s, err := New(t.Context(), cfg, slog.New(slog.DiscardHandler))
		if err == nil {
			m := wire.Frame{Site: "demo", Camera: "a", Run: "1", Seq: 1}
			s.Write(t.Context(), &m, &counts{})
			err = errors.Join(s.Flush(t.Context()), s.Close())
		}
		opened <- err
	}()
	if _, err := silent.NextMsg(30 * time.Second); err != nil {
		t.Error(err)
	}
	f.stop()
	f.cfg.JetStream = true
	f.start()
	select {
	case err := <-opened:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it still waits for the answer of the connection that broke")
	}
	if n := len(f.stored()["a/1"]); n != 1 {
		t.Errorf("%d frames are stored", n)
	}
}

// TestKilledWithFramesOnDisk starts two lives with the server away, the second
// of which finds it.
func TestKilledWithFramesOnDisk(t *testing.T) {
	f := newFar(t)
	p := newPublisher(t, f.url, 64<<20)
	p.write("a", 50)
	f.stop()
	p.write("a", 500)
	p.write("b", 30)
	p.kill()
	p.start()
	p.write("a", 40)
	f.start()
	p.write("a", 40)
	p.settle()
	if missing := p.check(f.stored()); missing != 0 {
		t.Errorf("%d are missing", missing)
	}
	p.kill()
	if n := len(files(t, p.cfg.Spool.Dir)); n > 2 {
		t.Errorf("%d files are left of what is done", n)
	}
	p.start() // for Cleanup
}

func files(t *testing.T, dir string) []os.DirEntry {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// TestServerComesBackEmpty: what waits reaches the new store.
func TestServerComesBackEmpty(t *testing.T) {
	f := newFar(t)
	p := newPublisher(t, f.url, 64<<20)
	p.write("a", 100)
	p.settle()
	f.stop()
	f.lose()
	p.write("a", 200)
	f.start()
	p.settle()
	got := f.stored()["a/1"]
	if len(got) != 200 || got[0] != 101 || got[199] != 300 {
		t.Errorf("%d are stored: %v", len(got), got)
	}
}

// TestAnotherServer: the configuration names another address after a restart.
func TestAnotherServer(t *testing.T) {
	f := newFar(t)
	p := newPublisher(t, f.url, 64<<20)
	p.write("a", 10)
	p.settle()
	f.stop()
	p.write("a", 200)
	p.kill()
	g := newFar(t)
	p.cfg.URL = g.url
	p.start()
	p.write("a", 10)
	p.settle()
	got := g.stored()
	if n := got["a/1"]; len(n) != 200 || n[0] != 11 || len(got["a/2"]) != 10 {
		t.Errorf("stored %v", got)
	}
}

func TestSpoolBound(t *testing.T) {
	f := newFar(t)
	p := newPublisher(t, f.url, 256<<10)
	f.stop()
	p.write("a", 5000)
	if c := p.heard; c.kept.Load() != 5000 || c.fate.sent.Load() != 0 || c.fate.dropped.Load() == 0 || c.left() != int64(p.s.Backlog().Waiting) {
		t.Errorf("while the server is away: kept %d, sent %d, dropped %d; %+v", c.kept.Load(), c.fate.sent.Load(), c.fate.dropped.Load(), p.s.Backlog())
	}
	if b := p.s.Backlog(); b.Bytes > 256<<10 || b.Dropped == 0 || b.Dropped+b.Waiting != 5000 {
		t.Errorf("%+v", b)
	}
	f.start()
	p.settle()
	if p.check(f.stored()) == 0 || p.heard.bad.Load() != 0 {
		t.Errorf("%d failed", p.heard.bad.Load())
	}
}

// TestDiskThatTakesNothing publishes from memory.
func TestDiskThatTakesNothing(t *testing.T) {
	f := newFar(t)
	p := newPublisher(t, f.url, 64<<10)
	p.write("a", 10)
	p.settle()
	p.s.backlog.mu.Lock()            // the sender may be about to mark what is done
	err := p.s.backlog.queue.Close() // writing to its files fails from now on
	p.s.backlog.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(p.cfg.Spool.Dir); err != nil {
		t.Fatal(err)
	}
	p.write("a", 100)
	if err := p.s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.heard.good.Load() != 110 {
		t.Errorf("%d are published, %d failed: %v", p.heard.good.Load(), p.heard.bad.Load(), p.heard.err)
	}
	if n := len(f.stored()["a/1"]); n != 110 {
		t.Errorf("%d are stored", n)
	}
}

func TestSpoolNeedsJetStream(t *testing.T) {
	_, err := New(t.Context(), Config{Spool: spool.Config{Dir: t.TempDir(), MaxBytes: 1 << 20}}, slog.New(slog.DiscardHandler))
	if err == nil {
		t.Error("without JetStream")
	}
}

func TestRecords(t *testing.T) {
	rt := &route{slug: "gate-1", subject: "braid.v1.demo.frame.gate-1"}
	m := wire.Frame{Camera: "Gate 1", Run: "r", Seq: 7}
	rec := newRecord(nil, rt, "demo", &m)
	back, err := parseRecord(slices.Clone(rec.buf))
	if err != nil || string(back.subject) != rt.subject || string(back.id) != "demo:gate-1:r:7" || back.seq != 7 || string(back.msg) != string(m.AppendJSON(nil)) {
		t.Errorf("%+v, %v", back, err)
	}
	for n := range recordHead + len(rt.subject) {
		if _, err := parseRecord(rec.buf[:n]); !errors.Is(err, errRecord) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

// outages is how many sequences of them are tried: each starts and stops servers.
const outages = 8

// TestAnyOutage: whatever happens to the server, the connection and the program,
// each number is stored once and in order, or counted as dropped.
func TestAnyOutage(t *testing.T) {
	left := outages
	rapid.Check(t, func(r *rapid.T) {
		if left--; left < 0 {
			return
		}
		f := newFar(t)
		defer f.stop()
		bound := int64(rapid.SampledFrom([]int{64 << 10, 16 << 20}).Draw(r, "bound"))
		p := newPublisher(t, f.url, bound)
		defer func() { p.kill(); p.start(); _ = p.s.Close() }()
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			switch rapid.SampledFrom([]string{"write", "write", "write", "stop", "start", "kill", "reconnect", "settle", "change"}).Draw(r, "step") {
			case "change":
				p.change(rapid.SampledFrom([]string{"a", "b"}).Draw(r, "camera"), rapid.IntRange(1, 5).Draw(r, "n"))
			case "write":
				p.write(rapid.SampledFrom([]string{"a", "b"}).Draw(r, "camera"), rapid.IntRange(1, 300).Draw(r, "n"))
			case "stop":
				f.stop()
			case "start":
				f.start()
			case "kill":
				p.kill()
				p.start()
			case "reconnect":
				_ = p.s.nc.ForceReconnect() // fails where there is no connection
			case "settle":
				if f.srv != nil {
					p.settle()
				}
			}
		}
		f.start()
		p.settle()
		p.told(t)
		p.checkChanges(f.changes(), p.check(f.stored()))
		for _, c := range p.lives {
			if c.bad.Load() != 0 {
				r.Fatalf("%d failed: %v", c.bad.Load(), c.err)
			}
		}
		if t.Failed() {
			r.FailNow()
		}
	})
}

// FuzzParseRecord reads what a damaged disk or another version may have left.
func FuzzParseRecord(f *testing.F) {
	rec := newRecord(nil, &route{slug: "a", subject: "braid.v1.s.frame.a"}, "s", &wire.Frame{Camera: "a", Run: "r", Seq: 1})
	f.Add(rec.buf)
	f.Add(rec.buf[:recordHead+3])
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := parseRecord(data)
		if err != nil {
			return
		}
		if n := recordHead + len(r.subject) + len(r.id) + len(r.msg); n != len(data) || len(r.subject) == 0 {
			t.Errorf("%d of %d bytes, subject %q", n, len(data), r.subject)
		}
		e := entry{record: r}
		_ = e.run() // whatever the id is
	})
}
