//go:build e2e

package app

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"braid/internal/frame"
	"braid/internal/testdata"
	"braid/sink"
	"braid/sink/jsonl"
	"braid/source"
)

// discs is a Source of n frames with a white disc on black.
type discs struct{ n int }

func (d discs) Info() source.Info { return source.Info{URL: "discs:", Frames: int64(d.n)} }

func (d discs) Run(ctx context.Context, g *source.Gate) error {
	for i := range d.n {
		pts := time.Duration(i) * 40 * time.Millisecond
		f, err := g.Offer(ctx, pts)
		if f == nil {
			return err
		}
		if err := f.Shape(frame.I420, 320, 240); err != nil {
			g.Abandon(f)
			return err
		}
		paint(f, 40+i%200, 120)
		f.PTS, f.Clock = pts, frame.ClockPTS
		if err := g.Put(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

func paint(f *frame.Frame, cx, cy int) {
	const radius = 20
	for i, p := range f.Planes {
		fill := byte(128)
		if i == 0 {
			fill = 16
		}
		for j := range p.Data {
			p.Data[j] = fill
		}
	}
	y := f.Planes[0]
	for dy := -radius; dy <= radius; dy++ {
		for dx := -radius; dx <= radius; dx++ {
			if dx*dx+dy*dy <= radius*radius {
				y.Data[(cy+dy)*y.Stride+cx+dx] = 235
			}
		}
	}
}

// TestSteadyStateAllocatesNothing runs the whole path from Gate to JSON line,
// the network in three segments, and counts what the program allocates once it
// is warm. The path allocates nothing; the tolerance is for the runtime's own.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	const warm, measured = 500, 3000
	root := testdata.Root(t)
	env := &Env{
		Out: io.Discard, Err: io.Discard, Drain: make(chan struct{}), Log: slog.New(slog.DiscardHandler),
		Getenv: func(k string) string { return map[string]string{"BRAID_ORT_LIB": testdata.ORT(t)}[k] },
	}
	rt, err := openRuntime(env, "")
	if err != nil {
		t.Fatal(err)
	}
	m, err := openModel(env, filepath.Join(root, "models", "ball.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := readPlan(filepath.Join(root, "configs", "plans", "ball.yaml"), m.card)
	if err != nil {
		t.Fatal(err)
	}
	pipe, err := newPipeline(t.Context(), rt, m, p, demand{score: m.card.NMS.Score}, env.Log)
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	lines := jsonl.New(out)
	e := newEmitter("s", m.card.ID(), pipe, newReceipts([]sink.Sink{lines}, env.Log))
	v := &view{camera: "c", run: "r", score: m.card.NMS.Score, timings: true}
	var before, after runtime.MemStats
	seen := 0
	e.progress = func() {
		switch seen++; seen {
		case warm:
			runtime.ReadMemStats(&before)
		case warm + measured:
			runtime.ReadMemStats(&after)
		}
	}
	f, err := newFeed(discs{warm + measured}, source.GateConfig{Camera: "c", Policy: source.Block}, p.InFlight, v)
	if err != nil {
		t.Fatal(err)
	}
	e.follow(f.ledger, v)
	failed, err := runFeeds(t.Context(), env, pipe, e.emit, []*feed{f})
	if err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	if got := float64(after.Mallocs-before.Mallocs) / measured; got > fewAllocations {
		t.Errorf("%.3f allocations per frame", got)
	}
	if v.seen.objects != warm+measured {
		t.Errorf("%d discs found in %d frames", v.seen.objects, warm+measured)
	}
	for _, c := range []func() error{f.pool.Close, lines.Close, pipe.Close, rt.Close} {
		if err := c(); err != nil {
			t.Error(err)
		}
	}
}
