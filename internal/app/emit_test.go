package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"pgregory.net/rapid"

	"braid/accel/plan"
	"braid/internal/frame"
	"braid/sink"
	"braid/sink/wire"
	"braid/stages"
)

// fakeSink keeps what it was given and settles when told to.
type fakeSink struct {
	name    string
	frames  []wire.Frame
	pending []sink.Receipt
	later   bool
	err     error
}

func (f *fakeSink) Name() string { return f.name }

func (f *fakeSink) Write(_ context.Context, m *wire.Frame, r sink.Receipt) {
	c := *m
	c.Objects = append([]wire.Object(nil), m.Objects...)
	f.frames = append(f.frames, c)
	if f.later {
		f.pending = append(f.pending, r)
		return
	}
	r.Settle(f.err)
}

func (f *fakeSink) Flush(context.Context) error { return nil }
func (f *fakeSink) Close() error                { return nil }

func newTestEmitter(l *frame.Ledger, v *view, sinks ...sink.Sink) *emitter {
	p := &pipeline{nodes: []string{"prep", "infer.0", "detect"}, labels: []string{"person", "car"}, plan: plan.Auto("m", 2)}
	e := newEmitter("site", "m@1", p, newReceipts(sinks, slog.New(slog.DiscardHandler)))
	e.follow(l, v)
	e.now = func() time.Time { return time.Unix(100, 0) }
	return e
}

func testJob(ledger *frame.Ledger) *stages.Job {
	ledger.CountIn()
	return &stages.Job{
		Meta: frame.Meta{
			Camera: "cam", Seq: 7, Clock: frame.ClockWall, Capture: time.Unix(99, 0), Since: time.Unix(99, 0), Arrived: time.Unix(99, 500e6),
			Width: 10, Height: 20, Decode: time.Millisecond, Ledger: ledger, Skipped: frame.Skipped{N: 2, Why: frame.Rate},
		},
		Times:   []time.Duration{1e6, 2e6, 3e6},
		Objects: []stages.Object{{Class: 0, Score: 0.9}, {Class: 1, Score: 0.8}, {Class: 1, Score: 0.3}},
	}
}

func TestEmitWritesTheMessage(t *testing.T) {
	s := &fakeSink{name: "s"}
	var l frame.Ledger
	e := newTestEmitter(&l, &view{camera: "Cam", run: "r", keep: []bool{false, true}, score: 0.5, timings: true}, s)
	if err := e.emit(t.Context(), testJob(&l)); err != nil {
		t.Fatal(err)
	}
	m := s.frames[0]
	if m.Camera != "Cam" || m.Seq != 7 || m.Age != 1000 || m.Size != [2]int{10, 20} || m.Clock != "wall" {
		t.Errorf("got %+v", m)
	}
	if len(m.Objects) != 1 || m.Objects[0].Label != "car" || m.Objects[0].Score != 0.8 {
		t.Errorf("classes and score do not filter: %+v", m.Objects)
	}
	if m.Skipped == nil || *m.Skipped != (wire.Skipped{N: 2, Why: "rate"}) {
		t.Errorf("skipped is %+v", m.Skipped)
	}
	last := m.Stages[len(m.Stages)-1]
	if len(m.Stages) != 5 || last.Name != "queue" || last.Time != 494*time.Millisecond {
		t.Errorf("stages are %+v", m.Stages)
	}
	if c := l.Counts(); c.Published != 1 || c.InFlight != 0 {
		t.Errorf("ledger is %+v", c)
	}
}

func TestEmitLeavesPTSMessagesTimeless(t *testing.T) {
	s := &fakeSink{name: "s"}
	var l frame.Ledger
	e := newTestEmitter(&l, &view{camera: "cam", file: "a.mp4"}, s)
	j := testJob(&l)
	j.Clock = frame.ClockPTS
	if err := e.emit(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	if m := s.frames[0]; !m.Capture.IsZero() || m.Age != 0 || m.Stages != nil || m.File != "a.mp4" {
		t.Errorf("got %+v", m)
	}
}

func TestLedgerFollowsTheSinks(t *testing.T) {
	boom := errors.New("boom")
	for _, c := range []struct {
		name   string
		fails  error // of the second sink
		job    error
		want   frame.Counts
		failed string
	}{
		{name: "all sinks took it", want: frame.Counts{In: 1, Published: 1}},
		{name: "one sink failed", fails: boom, failed: "b"},
		{name: "the frame failed", job: boom, failed: "infer.0"},
		{name: "frame and sink failed", job: boom, fails: boom, failed: "infer.0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := &fakeSink{name: "a", later: true}, &fakeSink{name: "b", err: c.fails}
			var l frame.Ledger
			e := newTestEmitter(&l, &view{camera: "cam"}, a, b)
			j := testJob(&l)
			if c.job != nil {
				j.Err, j.Failed = c.job, "infer.0"
			}
			if err := e.emit(t.Context(), j); err != nil {
				t.Fatal(err)
			}
			if got := l.Counts(); c.job == nil && got.InFlight != 1 {
				t.Errorf("before the slow sink settled: %+v", got)
			}
			a.pending[0].Settle(nil)
			got := l.Counts()
			if got.Published != c.want.Published || got.InFlight != 0 || c.failed != "" && got.Failed[c.failed] != 1 {
				t.Errorf("got %+v, want %+v failed in %q", got, c.want, c.failed)
			}
			if c.job != nil && (b.frames[0].Error != "infer.0: boom" || len(b.frames[0].Objects) != 0) {
				t.Errorf("the failed frame's message is %+v", b.frames[0])
			}
		})
	}
}

// TestLedgerOfKeptMessages: a sink keeps messages on disk and tells of them at any
// time, perhaps before it says that it keeps them; another one takes them or not;
// frames fail. Each frame has one end, and those that still wait are in flight.
func TestLedgerOfKeptMessages(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var l frame.Ledger
		keeps, other := &fakeSink{name: "nats", later: true}, &fakeSink{name: "clip"}
		e := newTestEmitter(&l, &view{camera: "cam"}, other, keeps)
		var want frame.Counts
		dropped, spoolFailed, clipFailed, stageFailed, memory := uint64(0), uint64(0), uint64(0), uint64(0), uint64(0)
		var waiting []sink.Receipt // accounts of kept messages, one for each
		fate := func(account sink.Receipt) {
			switch rapid.IntRange(0, 2).Draw(r, "fate") {
			case 0:
				account.Settle(nil)
				want.Published++
			case 1:
				account.Settle(fmt.Errorf("%w: no room", sink.ErrDropped))
				dropped++
			case 2:
				account.Settle(errors.New("refused"))
				spoolFailed++
			}
		}
		for range rapid.IntRange(1, 40).Draw(r, "frames") {
			j := testJob(&l)
			want.In++
			if rapid.IntRange(0, 5).Draw(r, "stage fails") == 0 {
				j.Err, j.Failed = errors.New("boom"), "prep"
				stageFailed++
			}
			other.err = nil
			if rapid.IntRange(0, 5).Draw(r, "the other sink fails") == 0 {
				other.err = errors.New("no room in the file")
				if j.Err == nil {
					clipFailed++
				}
			}
			if err := e.emit(t.Context(), j); err != nil {
				r.Fatal(err)
			}
			rec := keeps.pending[0].(sink.Keeper)
			keeps.pending = nil
			account := rec.Account()
			if counts := j.Err == nil && other.err == nil; counts != (account != nil) {
				r.Fatalf("failed %v, the other sink says %v, and the account is %v", j.Err, other.err, account)
			}
			switch {
			case rapid.IntRange(0, 4).Draw(r, "the disk takes it") == 0:
				rec.Settle(nil)
				if account != nil {
					memory++
				}
			case account == nil:
				rec.Keep(nil)
			case rapid.Bool().Draw(r, "told at once"):
				fate(account)
				rec.Keep(account)
			default:
				rec.Keep(account)
				waiting = append(waiting, account)
			}
			for len(waiting) > 0 && rapid.Bool().Draw(r, "tell") {
				fate(waiting[0])
				waiting = waiting[1:]
			}
			got := l.Counts()
			n := uint64(len(waiting))
			if got.In != want.In || got.Published != want.Published+memory || got.InFlight != n || got.Spooled != n ||
				got.Dropped["spool"] != dropped || got.Failed["nats"] != spoolFailed || got.Failed["clip"] != clipFailed || got.Failed["prep"] != stageFailed {
				r.Fatalf("%+v; %d published, %d from memory, %d dropped, %d failed on disk, %d in the other sink, %d in a stage, %d wait",
					got, want.Published, memory, dropped, spoolFailed, clipFailed, stageFailed, n)
			}
		}
	})
}

// viewingSink is a sink that looks at pictures.
type viewingSink struct {
	fakeSink
	seen []*frame.Frame
}

func (v *viewingSink) View(ctx context.Context, m *wire.Frame, f *frame.Frame, r sink.Receipt) {
	v.seen = append(v.seen, f)
	v.fakeSink.Write(ctx, m, r)
}

// A sink that looks at pictures gets the Job's, and the message alone where the
// frame has failed; other sinks know no difference.
func TestEmitShowsPictures(t *testing.T) {
	a, b := &viewingSink{fakeSink: fakeSink{name: "a"}}, &fakeSink{name: "b"}
	var l frame.Ledger
	e := newTestEmitter(&l, &view{camera: "cam"}, a, b)
	whole, failed := testJob(&l), testJob(&l)
	whole.Frame = frame.NewPool(1, frame.Heap).TryGet()
	failed.Err, failed.Failed = errors.New("boom"), "prep"
	if err := errors.Join(e.emit(t.Context(), whole), e.emit(t.Context(), failed)); err != nil {
		t.Fatal(err)
	}
	if len(a.seen) != 1 || a.seen[0] != whole.Frame || len(a.frames) != 2 || len(b.frames) != 2 {
		t.Errorf("%d pictures, %d and %d messages", len(a.seen), len(a.frames), len(b.frames))
	}
	if c := l.Counts(); c.Published != 1 || c.Failed["prep"] != 1 || c.InFlight != 0 || whole.Frame == nil {
		t.Errorf("ledger %+v, the Job's frame is %v", c, whole.Frame)
	}
}

// countingSink is a sink that costs nothing.
type countingSink struct{ n int }

func (c *countingSink) Name() string { return "count" }
func (c *countingSink) Write(_ context.Context, _ *wire.Frame, r sink.Receipt) {
	c.n++
	r.Settle(nil)
}
func (c *countingSink) Flush(context.Context) error { return nil }
func (c *countingSink) Close() error                { return nil }

func TestEmitAllocatesNothing(t *testing.T) {
	var l frame.Ledger
	e := newTestEmitter(&l, &view{camera: "cam", timings: true}, &countingSink{})
	j := testJob(&l)
	emit := func() {
		if err := e.emit(t.Context(), j); err != nil {
			t.Fatal(err)
		}
	}
	emit() // warm-up: the receipt and the objects
	if n := testing.AllocsPerRun(200, emit); n > 0 {
		t.Errorf("emit allocates %v times per frame", n)
	}
}
