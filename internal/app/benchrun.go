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
	"braid/internal/bench"
	"braid/internal/card"
	"braid/internal/frame"
	"braid/stages"
)

// memoryCourse is a network with one set of inputs in memory.
type memoryCourse struct {
	*verifier
	inputs map[string][]byte
}

func newMemoryCourse(rt accel.Backend, n *network.Network, c *card.Card, log *slog.Logger) (*memoryCourse, error) {
	inputs, err := randomInputs(n, c, rand.New(rand.NewPCG(1, 1)))
	return &memoryCourse{verifier: &verifier{rt: rt, net: n, log: log}, inputs: inputs}, err
}

// decode is nothing: frames lie in memory.
func (*memoryCourse) decode(context.Context, time.Duration) (float64, error) { return 0, nil }

// Close has nothing to free.
func (*memoryCourse) Close() error { return nil }

// open sets a plan up.
func (c *memoryCourse) open(ctx context.Context, p plan.Plan) (contender, error) {
	m := &memoryContender{memoryCourse: c, filled: make([]bool, p.InFlight)}
	pl, err := assemble(ctx, c.rt, c.net, p, c.log, m.ends)
	if err != nil {
		return nil, err
	}
	m.pipeline = pl
	return m, nil
}

// hostWaits is how often segments on devices have waited on the host so far.
func hostWaits(rt accel.Backend) int64 {
	if r, ok := rt.(*runtimes); ok {
		if t := r.trt.opened(); t != nil {
			return t.HostWaits()
		}
	}
	return 0
}

// memoryContender is a plan's graph whose frames are in memory.
type memoryContender struct {
	*memoryCourse
	*pipeline
	filled []bool // by Bindings.Index
}

// Close frees the graph.
func (m *memoryContender) Close() error { return m.pipeline.Close() }

// measure runs the graph for the meter's time.
func (m *memoryContender) measure(ctx context.Context, meter *benchMeter) (_ bench.Sample, err error) {
	r := &memoryRun{meter: meter, pool: frame.NewPool(m.plan.InFlight+1, frame.Heap)}
	defer closeInto(&err, r.pool.Close)
	if err := m.run(ctx, r, r.emitted); err != nil {
		return bench.Sample{}, err
	}
	return meter.sample()
}

// memoryRun is the intake and the end of one measurement.
type memoryRun struct {
	meter  *benchMeter
	pool   *frame.Pool
	ledger frame.Ledger
	taken  uint64
}

// Next gives frames without pixels until the time is over.
func (r *memoryRun) Next(ctx context.Context) (*frame.Frame, error) {
	if r.meter.over.Load() {
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

// emitted counts a finished Job.
func (r *memoryRun) emitted(_ context.Context, j *stages.Job) error {
	if j.Err != nil {
		return j.Err
	}
	r.ledger.CountPublished()
	now := time.Now()
	r.meter.count(r.meter.at(now), now.Sub(j.Admitted))
	return nil
}

// ends are the Nodes that stand where prep and detect do.
func (m *memoryContender) ends(b *builder) (first, last stages.Node) {
	first = stages.Node{
		Name: "prep", Workers: 1, Queue: b.queue(), Release: true,
		New: func(int) (stages.Stage, error) { return presentStage{m}, nil },
	}
	last = stages.Node{
		Name: "detect", Workers: b.plan.Detect.Workers, Queue: b.queue(),
		New: func(int) (stages.Stage, error) { return awaitStage{}, nil },
	}
	return first, last
}

// presentStage fills a Bindings' inputs the first time that it is used.
type presentStage struct{ *memoryContender }

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
