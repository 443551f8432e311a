package stages_test

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"braid/internal/frame"
	"braid/source"
	"braid/stages"
)

// scenario is a random graph with random cameras and what goes wrong in it.
type scenario struct {
	nodes     []nodePlan
	jobs      int
	cameras   []cameraPlan
	pool      int // frames that all cameras share; 0: each has its own
	serial    bool
	cancelAt  time.Duration // 0: never
	emitError uint64        // the emitted frame at which emit fails, 0: never
	seed      uint64
}

type nodePlan struct {
	workers, queue int
	spares         int           // of the workers, the last
	delay          time.Duration // at most
	fail, panics   int           // one frame of so many, 0: none
	stop           int
}

type cameraPlan struct {
	source.GateConfig
	pool     int
	frames   int
	interval time.Duration
	abandon  int // one frame of so many is never filled, 0: none
}

func drawScenario(t *rapid.T) scenario {
	rarely := func(name string) int {
		if !rapid.Bool().Draw(t, name) {
			return 0
		}
		return rapid.IntRange(2, 20).Draw(t, name+" one of")
	}
	s := scenario{
		jobs:   rapid.IntRange(1, 6).Draw(t, "jobs"),
		pool:   rapid.IntRange(0, 3).Draw(t, "shared pool"),
		serial: rapid.IntRange(0, 4).Draw(t, "serial") == 0,
		seed:   rapid.Uint64().Draw(t, "seed"),
	}
	if rapid.IntRange(0, 2).Draw(t, "cancel") == 0 {
		s.cancelAt = time.Duration(rapid.IntRange(1, 500).Draw(t, "cancel at ms")) * time.Millisecond
	}
	if rapid.IntRange(0, 4).Draw(t, "emit fails") == 0 {
		s.emitError = rapid.Uint64Range(1, 40).Draw(t, "emit error")
	}
	for range rapid.IntRange(1, 4).Draw(t, "nodes") {
		n := nodePlan{
			workers: rapid.IntRange(1, 4).Draw(t, "workers"),
			queue:   rapid.IntRange(0, 3).Draw(t, "queue"),
			delay:   time.Duration(rapid.IntRange(0, 20).Draw(t, "delay ms")) * time.Millisecond,
			fail:    rarely("fail"),
			panics:  rarely("panic"),
		}
		if len(s.nodes) > 0 && s.nodes[len(s.nodes)-1].queue > 0 {
			n.spares = rapid.IntRange(0, n.workers-1).Draw(t, "spares")
		}
		if rapid.IntRange(0, 5).Draw(t, "stop") == 0 {
			n.stop = rapid.IntRange(2, 60).Draw(t, "stop one of")
		}
		s.nodes = append(s.nodes, n)
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "cameras") {
		s.cameras = append(s.cameras, cameraPlan{
			GateConfig: source.GateConfig{
				Camera: fmt.Sprint("cam-", i),
				Policy: source.Policy(rapid.IntRange(0, 3).Draw(t, "policy")),
				Every:  rapid.IntRange(1, 3).Draw(t, "every"),
				MaxFPS: rapid.SampledFrom([]float64{0, 0, 10, 70}).Draw(t, "max_fps"),
				Queue:  rapid.IntRange(1, 3).Draw(t, "gate queue"),
			},
			pool:     rapid.IntRange(1, 4).Draw(t, "pool"),
			frames:   rapid.IntRange(0, 30).Draw(t, "frames"),
			interval: time.Duration(rapid.IntRange(0, 20).Draw(t, "interval ms")) * time.Millisecond,
			abandon:  rarely("abandon"),
		})
	}
	return s
}

// dice answers "one of n" and lengths of time by what is asked about, the same
// in each run of a scenario.
type dice struct{ seed uint64 }

func (d dice) roll(where, camera string, seq uint64) uint64 {
	return maphash.Comparable(diceSeed, struct {
		seed, seq     uint64
		where, camera string
	}{d.seed, seq, where, camera})
}

func (d dice) oneOf(n int, where, camera string, seq uint64) bool {
	return n > 0 && d.roll(where, camera, seq)%uint64(n) == 0
}

var diceSeed = maphash.MakeSeed()

func (s scenario) graph() (*stages.Graph, error) {
	d := dice{s.seed}
	var nodes []stages.Node
	for i, n := range s.nodes {
		name := fmt.Sprint("n", i)
		nodes = append(nodes, node(name, n.workers, n.queue, func(ctx context.Context, j *stages.Job) error {
			if n.delay > 0 {
				pause(ctx, time.Duration(d.roll("delay"+name, j.Camera, j.Seq)%uint64(n.delay)))
			}
			if i == 0 && d.oneOf(2, "release", j.Camera, j.Seq) {
				j.ReleaseFrame()
			}
			switch {
			case d.oneOf(n.stop, "stop"+name, j.Camera, j.Seq):
				return errTest
			case d.oneOf(n.panics, "panic"+name, j.Camera, j.Seq):
				panic("oops")
			case d.oneOf(n.fail, "fail"+name, j.Camera, j.Seq):
				j.Err = errTest
			}
			return nil
		}))
		nodes[i].Spare = func(worker int) bool { return worker >= n.workers-n.spares }
	}
	return stages.New(nodes, newJobs(s.jobs), nil)
}

// camera delivers its frames, as a Source does.
func (c cameraPlan) run(ctx context.Context, g *source.Gate, d dice) {
	defer g.Close()
	for i := range c.frames {
		f, err := g.Offer(ctx, time.Duration(i)*max(c.interval, time.Millisecond))
		if err != nil {
			return
		}
		if f != nil && d.oneOf(c.abandon, "abandon", c.Camera, uint64(i)) {
			g.Abandon(f)
		} else if f != nil && (f.Shape(frame.RGB, 2, 2) != nil || g.Put(ctx, f) != nil) {
			return
		}
		pause(ctx, c.interval)
	}
}

// world is a scenario that runs.
type world struct {
	scenario
	graph   *stages.Graph
	gates   []*source.Gate
	pools   []*frame.Pool
	ledgers map[string]*frame.Ledger
	emitted map[string]uint64 // last Seq by camera
	skipped map[string]uint64
	total   uint64
	wrong   []error
}

func (s scenario) build() (*world, error) {
	w := &world{scenario: s, ledgers: map[string]*frame.Ledger{}, emitted: map[string]uint64{}, skipped: map[string]uint64{}}
	g, err := s.graph()
	if err != nil {
		return nil, err
	}
	w.graph = g
	if s.pool > 0 {
		w.pools = []*frame.Pool{frame.NewPool(s.pool, frame.Heap)}
	}
	for _, c := range s.cameras {
		if s.pool == 0 {
			w.pools = append(w.pools, frame.NewPool(c.pool, frame.Heap))
		}
		l := &frame.Ledger{}
		gate, err := source.NewGate(c.GateConfig, w.pools[len(w.pools)-1], l)
		if err != nil {
			return nil, err
		}
		w.gates = append(w.gates, gate)
		w.ledgers[c.Camera] = l
	}
	return w, nil
}

func (w *world) emit(_ context.Context, j *stages.Job) error {
	w.total++
	if w.total == w.emitError {
		return errTest
	}
	if want := w.emitted[j.Camera] + 1; j.Seq != want {
		w.fault("%s: emitted seq %d, want %d", j.Camera, j.Seq, want)
	}
	if j.Err != nil && j.Frame != nil {
		w.fault("%s: failed frame %d still held", j.Camera, j.Seq)
	}
	w.emitted[j.Camera] = j.Seq
	w.skipped[j.Camera] += j.Skipped.N
	count(j)
	return nil
}

func (w *world) fault(format string, args ...any) {
	w.wrong = append(w.wrong, fmt.Errorf(format, args...))
}

// run plays the scenario to its end and says what is wrong then.
func (w *world) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if w.cancelAt > 0 {
		time.AfterFunc(w.cancelAt, func() { cancel(errCancelled) })
	}
	mux := source.NewMux(w.gates...)
	var cameras sync.WaitGroup
	for i, c := range w.cameras {
		cameras.Go(func() { c.run(ctx, w.gates[i], dice{w.seed}) })
	}
	run := (*stages.Graph).Run
	if w.serial {
		run = (*stages.Graph).RunSerial
	}
	err := run(w.graph, ctx, mux, w.emit)
	if err != nil && !errors.Is(err, errCancelled) && !errors.Is(err, errTest) {
		w.fault("run: %w", err)
	}
	if err != nil { // what the app does when a graph ends early
		cancel(err)
		mux.Discard()
	}
	cameras.Wait()
	w.check(err)
	return errors.Join(append(w.wrong, w.graph.Close())...)
}

var errCancelled = errors.New("cancelled")

func (w *world) check(err error) {
	if w.graph.Idle() != w.jobs {
		w.fault("%d of %d jobs idle", w.graph.Idle(), w.jobs)
	}
	for _, p := range w.pools {
		if err := p.Close(); err != nil {
			w.fault("%w", err)
		}
	}
	for _, c := range w.cameras {
		n := w.ledgers[c.Camera].Counts()
		if n.InFlight != 0 {
			w.fault("%s: %d in flight at rest: %+v", c.Camera, int64(n.InFlight), n)
		}
		if seen := w.emitted[c.Camera] + w.skipped[c.Camera]; seen > n.In {
			w.fault("%s: emitted and skipped %d of %d frames", c.Camera, seen, n.In)
		}
		if err != nil {
			continue
		}
		if n.In != uint64(c.frames) {
			w.fault("%s: %d of %d frames came in", c.Camera, n.In, c.frames)
		}
		if c.abandon == 0 && n.Dropped["cancelled"] > 0 {
			w.fault("%s: cancelled without a cancel: %+v", c.Camera, n)
		}
		if c.Policy == source.Block && n.Dropped["policy"] > 0 {
			w.fault("%s: lost under block: %+v", c.Camera, n)
		}
	}
}

// TestLedgerHolds plays random graphs with random faults: whatever happens, each
// frame ends in one place, in order, and everything is given back.
func TestLedgerHolds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawScenario(rt)
		w, err := s.build()
		if err != nil {
			rt.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			w, err = s.build()
			if err == nil {
				err = w.run(t.Context())
			}
		})
		if err != nil {
			rt.Fatalf("%v\n%+v", err, s)
		}
	})
}
