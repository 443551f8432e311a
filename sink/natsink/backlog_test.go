package natsink

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"pgregory.net/rapid"

	"braid/sink"
	"braid/sink/embedded"
	"braid/sink/natsconn"
	"braid/sink/spool"
	"braid/sink/wire"
)

// far is a server that goes away and comes back.
type far struct {
	t   testing.TB
	cfg embedded.Config
	srv *embedded.Server
	url string
}

func newFar(t testing.TB) *far {
	t.Helper()
	f := &far{t: t, cfg: embedded.DefaultConfig(t.TempDir())}
	f.cfg.Listen = "127.0.0.1:0"
	f.start()
	t.Cleanup(f.stop)
	return f
}

func (f *far) start() {
	f.t.Helper()
	if f.srv != nil {
		return
	}
	srv, err := embedded.Start(f.cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		f.t.Fatal(err)
	}
	u, err := url.Parse(srv.ClientURL())
	if err != nil {
		f.t.Fatal(err)
	}
	f.srv, f.url, f.cfg.Listen = srv, srv.ClientURL(), u.Host
}

func (f *far) stop() {
	if f.srv == nil {
		return
	}
	if err := f.srv.Shutdown(); err != nil {
		f.t.Error(err)
	}
	f.srv = nil
}

// lose takes the store away from a server that does not run.
func (f *far) lose() {
	if err := os.RemoveAll(f.cfg.StoreDir); err != nil {
		f.t.Fatal(err)
	}
}

// messages are all that a stream has.
func (f *far) messages(name string) (all []*jetstream.RawStreamMsg) {
	f.t.Helper()
	nc, err := nats.Connect(f.url)
	if err != nil {
		f.t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		f.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(f.t.Context(), 20*time.Second)
	defer cancel()
	stream, err := js.Stream(ctx, name)
	if err != nil {
		f.t.Fatal(err)
	}
	state := stream.CachedInfo().State
	for seq := max(state.FirstSeq, 1); seq <= state.LastSeq; seq++ {
		m, err := stream.GetMsg(ctx, seq)
		if err != nil {
			f.t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

// stored are the numbers of each run of each camera, in the order of the stream.
func (f *far) stored() map[string][]uint64 {
	f.t.Helper()
	numbers := map[string][]uint64{}
	for _, m := range f.messages(wire.StreamFrames) {
		frame, err := wire.ParseFrame(m.Data)
		if err != nil {
			f.t.Fatal(err)
		}
		key := frame.Camera + "/" + frame.Run
		numbers[key] = append(numbers[key], frame.Seq)
	}
	return numbers
}

// counts are receipts that only count.
type counts struct {
	good, bad atomic.Int64 // good: settled well, or kept
	kept      atomic.Int64
	fate      fate
	mu        sync.Mutex
	err       error
}

// fate counts what became of the messages that were kept.
type fate struct{ sent, dropped, failed atomic.Int64 }

func (f *fate) Settle(err error) {
	switch {
	case err == nil:
		f.sent.Add(1)
	case errors.Is(err, sink.ErrDropped):
		f.dropped.Add(1)
	default:
		f.failed.Add(1)
	}
}

// left is how many of the kept messages nobody has told of.
func (c *counts) left() int64 {
	return c.kept.Load() - c.fate.sent.Load() - c.fate.dropped.Load() - c.fate.failed.Load()
}

func (c *counts) Account() sink.Receipt { return &c.fate }

func (c *counts) Keep(sink.Receipt) {
	c.kept.Add(1)
	c.good.Add(1)
}

func (c *counts) Settle(err error) {
	if err == nil {
		c.good.Add(1)
		return
	}
	c.bad.Add(1)
	c.mu.Lock()
	c.err = err
	c.mu.Unlock()
}

// publisher is a program that publishes, is killed and starts again.
type publisher struct {
	t     testing.TB
	cfg   Config
	s     *Sink
	heard *counts   // of this life
	lives []*counts // all of them
	run   int
	seq   map[string]uint64 // by camera and run: the last written
	lost  uint64            // by former lives

	changed map[string]uint64 // by camera and run: how often its state has changed
}

func newPublisher(t testing.TB, url string, bound int64) *publisher {
	p := &publisher{t: t, seq: map[string]uint64{}, changed: map[string]uint64{}, cfg: Config{
		Config: natsconn.Config{URL: url}, Site: "demo", JetStream: true,
		Frames:  Limits{Duplicates: 100 * time.Millisecond}, // ids alone must not be what saves us
		Spool:   spool.Config{Dir: t.TempDir(), MaxBytes: bound},
		AckWait: 2 * time.Second, MaxPending: 16,
	}}
	p.start()
	t.Cleanup(func() { _ = p.s.Close() })
	return p
}

func (p *publisher) start() {
	p.t.Helper()
	s, err := New(p.t.Context(), p.cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		p.t.Fatal(err)
	}
	p.s, p.run, p.heard = s, p.run+1, &counts{}
	p.lives = append(p.lives, p.heard)
}

// kill ends a Sink as kill -9 does: nothing is sent or written any more.
func (p *publisher) kill() {
	p.t.Helper()
	p.s.mu.Lock()
	p.s.closed = true
	p.s.mu.Unlock()
	p.s.stop()
	p.s.nc.Close()
	<-p.s.done
	p.s.timer.Stop()
	p.lost += p.s.Backlog().Dropped
	if left, waiting := p.heard.left(), int64(p.s.Backlog().Waiting); left < 0 || left > waiting {
		p.t.Errorf("killed: %d messages of this life are left, %d wait: %+v", left, waiting, p.heard)
	}
	if err := p.s.backlog.queue.Close(); err != nil {
		p.t.Fatal(err)
	}
}

func (p *publisher) write(camera string, n int) {
	key := fmt.Sprintf("%s/%d", camera, p.run)
	m := wire.Frame{Site: "demo", Camera: camera, Run: fmt.Sprint(p.run), Clock: "pts", Model: "m", Plan: "p"}
	for range n {
		p.seq[key]++
		m.Seq = p.seq[key]
		p.s.Write(p.t.Context(), &m, p.heard)
	}
}

// settle returns when nothing waits any more.
func (p *publisher) settle() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 30*time.Second)
	defer cancel()
	for p.s.Backlog().Waiting > 0 {
		select {
		case <-p.s.idle:
		case <-ctx.Done():
			p.t.Errorf("%+v after 30 s", p.s.Backlog())
			return
		}
	}
}

// check holds what the stream has against what was written: each number once, in
// order; each that is missing was counted.
func (p *publisher) check(stored map[string][]uint64) (missing uint64) {
	p.t.Helper()
	for _, key := range slices.Sorted(maps.Keys(p.seq)) {
		last := uint64(0)
		for _, seq := range stored[key] {
			if seq <= last {
				p.t.Errorf("%s: %d after %d", key, seq, last)
			}
			last = seq
		}
		missing += p.seq[key] - uint64(len(stored[key]))
	}
	if dropped := p.lost + p.s.Backlog().Dropped; missing > dropped || missing < dropped && len(p.changed) == 0 {
		p.t.Errorf("%d are missing, %d are counted", missing, dropped)
	}
	p.checkLives(stored)
	return missing
}

// checkLives holds the accounts of each life against the stream: what it heard was
// sent is there, what it heard was dropped or failed is not, and of the life that
// goes on nothing is left over.
func (p *publisher) checkLives(stored map[string][]uint64) {
	p.t.Helper()
	for i, c := range p.lives {
		have := int64(0)
		for key, numbers := range stored {
			if strings.HasSuffix(key, fmt.Sprintf("/%d", i+1)) {
				have += int64(len(numbers))
			}
		}
		sent, gone := c.fate.sent.Load(), c.fate.dropped.Load()+c.fate.failed.Load()
		if sent > have || have > c.kept.Load()-gone {
			p.t.Errorf("life %d: %d are stored; it kept %d, heard of %d sent and %d dropped or failed", i+1, have, c.kept.Load(), sent, gone)
		}
		if c == p.heard && (c.left() != 0 || sent != have) {
			p.t.Errorf("the ledger of this life does not close: kept %d, sent %d, dropped or failed %d; %d are stored", c.kept.Load(), sent, gone, have)
		}
	}
}

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
