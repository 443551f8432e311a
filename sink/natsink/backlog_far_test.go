package natsink

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"braid/internal/porttest"
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
	f.cfg.Listen = porttest.Address(t)
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
	f.srv, f.url = srv, srv.ClientURL()
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

// listen subscribes: the server knows of it when it returns.
func (f *far) listen(subject string) *nats.Subscription {
	f.t.Helper()
	nc, err := nats.Connect(f.url)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(nc.Close)
	sub, err := nc.SubscribeSync(subject)
	if err == nil {
		err = nc.Flush()
	}
	if err != nil {
		f.t.Fatal(err)
	}
	return sub
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
	if !soon(func() bool {
		left, waiting := p.heard.left(), int64(p.s.Backlog().Waiting)
		return 0 <= left && left <= waiting
	}) {
		p.t.Errorf("killed: %d messages of this life are left, %d wait: %+v", p.heard.left(), p.s.Backlog().Waiting, p.heard)
	}
	if err := p.s.backlog.queue.Close(); err != nil {
		p.t.Fatal(err)
	}
}

// soon reports whether something comes to be: a message leaves the window a moment before
// its receipt is told, by another goroutine.
func soon(ok func() bool) bool {
	for late := time.Now().Add(10 * time.Second); !ok(); runtime.Gosched() {
		if time.Now().After(late) {
			return false
		}
	}
	return true
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
	if !soon(func() bool { return !p.s.unmarked() }) { // else a kill now has the next life publish them again
		p.t.Error("what is published is not marked as done")
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
		closed := c != p.heard || soon(func() bool { return c.left() == 0 && c.fate.sent.Load() == have })
		sent, gone := c.fate.sent.Load(), c.fate.dropped.Load()+c.fate.failed.Load()
		if sent > have || have > c.kept.Load()-gone {
			p.t.Errorf("life %d: %d are stored; it kept %d, heard of %d sent and %d dropped or failed", i+1, have, c.kept.Load(), sent, gone)
		}
		if !closed {
			p.t.Errorf("the ledger of this life does not close: kept %d, sent %d, dropped or failed %d; %d are stored", c.kept.Load(), sent, gone, have)
		}
	}
}
