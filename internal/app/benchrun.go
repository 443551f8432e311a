package app

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"time"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/plan"
	"braid/internal/card"
	"braid/internal/frame"
	"braid/stages"
)

// memoryCourse is a network with one set of inputs in memory.
type memoryCourse struct {
	*verifier
	inputs   map[string][]byte
	duration time.Duration
}

func newMemoryCourse(rt accel.Backend, n *network.Network, c *card.Card, d time.Duration, log *slog.Logger) (*memoryCourse, error) {
	inputs, err := randomInputs(n, c, rand.New(rand.NewPCG(1, 1)))
	return &memoryCourse{verifier: &verifier{rt: rt, net: n, log: log}, duration: d, inputs: inputs}, err
}

// Close has nothing to free.
func (*memoryCourse) Close() error { return nil }

// row measures one plan.
func (b *memoryCourse) row(ctx context.Context, p plan.Plan) (_ benchRow, err error) {
	run := newBenchRun(b, p)
	pl, err := assemble(ctx, b.rt, b.net, p, b.log, run.ends)
	if err != nil {
		return benchRow{}, err
	}
	defer closeInto(&err, pl.Close)
	defer closeInto(&err, run.pool.Close)
	before := hostWaits(b.rt)
	if err := pl.run(ctx, run, run.emitted); err != nil {
		return benchRow{}, err
	}
	row, err := run.meter.row()
	row.HostWaits = hostWaits(b.rt) - before
	return row, err
}

// hostWaits is how often segments on devices have waited on the host so far.
func hostWaits(rt accel.Backend) int64 {
	if r, ok := rt.(*runtimes); ok {
		if t := r.opened(); t != nil {
			return t.HostWaits()
		}
	}
	return 0
}

// benchWarm is how long a plan runs before it is measured, at least.
const benchWarm = 500 * time.Millisecond

// benchRun is the intake and both ends of a plan's graph that is measured.
type benchRun struct {
	*memoryCourse
	meter  benchMeter
	pool   *frame.Pool
	ledger frame.Ledger
	taken  uint64
	filled []bool // by Bindings.Index
}

func newBenchRun(b *memoryCourse, p plan.Plan) *benchRun {
	return &benchRun{
		memoryCourse: b, meter: benchMeter{duration: b.duration},
		pool: frame.NewPool(p.InFlight+1, frame.Heap), filled: make([]bool, p.InFlight),
	}
}

// Next gives frames without pixels until the time is over.
func (r *benchRun) Next(ctx context.Context) (*frame.Frame, error) {
	now := time.Now()
	if r.taken == 0 {
		r.meter.begin = now.Add(benchWarm)
	}
	if r.meter.over(now) {
		return nil, io.EOF
	}
	f, err := r.pool.Get(ctx)
	if err != nil {
		return nil, err
	}
	r.taken++
	f.Meta = frame.Meta{Camera: "bench", Seq: r.taken, Clock: frame.ClockPTS, Ledger: &r.ledger}
	r.ledger.CountIn()
	return f, nil
}

// ends are the Nodes that stand where prep and detect do.
func (r *benchRun) ends(b *builder) (first, last stages.Node) {
	first = stages.Node{
		Name: "prep", Workers: 1, Queue: b.queue(), Release: true,
		New: func(int) (stages.Stage, error) { return presentStage{r}, nil },
	}
	last = stages.Node{
		Name: "detect", Workers: b.plan.Detect.Workers, Queue: b.queue(),
		New: func(int) (stages.Stage, error) { return awaitStage{}, nil },
	}
	return first, last
}

// emitted counts a finished Job that began in the measured time.
func (r *benchRun) emitted(_ context.Context, j *stages.Job) error {
	if j.Err != nil {
		return j.Err
	}
	r.ledger.CountPublished()
	now := time.Now()
	r.meter.count(now, now.Sub(j.Admitted))
	return nil
}

// presentStage fills a Bindings' inputs the first time that it is used.
type presentStage struct{ *benchRun }

func (s presentStage) Process(_ context.Context, j *stages.Job) error {
	if i := j.Bindings.Index; !s.filled[i] {
		pour(j.Bindings, s.inputs)
		s.filled[i] = true
	}
	return nil
}

func (presentStage) Close() error { return nil }

// awaitStage waits for what the segments have enqueued.
type awaitStage struct{}

func (awaitStage) Process(ctx context.Context, j *stages.Job) error { return j.Await(ctx) }

func (awaitStage) Close() error { return nil }
