package app

import (
	"context"
	"io"
	"time"

	"braid/accel/plan"
	"braid/internal/frame"
	"braid/stages"
)

// bench is a network that plans are measured on.
type bench struct {
	*verifier
	inputs   map[string][]byte
	duration time.Duration
}

// benchWarm is how long a plan runs before it is measured, at least.
const benchWarm = 500 * time.Millisecond

// benchRun is the intake and both ends of a plan's graph that is measured.
type benchRun struct {
	*bench
	pool    *frame.Pool
	ledger  frame.Ledger
	taken   uint64
	begin   time.Time // of the measured time
	filled  []bool    // by Bindings.Index
	done    int
	windows [benchWindows]int
	latency latency
}

func newBenchRun(b *bench, p plan.Plan) *benchRun {
	return &benchRun{bench: b, pool: frame.NewPool(p.InFlight+1, frame.Heap), filled: make([]bool, p.InFlight)}
}

// Next gives frames without pixels until the time is over.
func (r *benchRun) Next(ctx context.Context) (*frame.Frame, error) {
	now := time.Now()
	if r.taken == 0 {
		r.begin = now.Add(benchWarm)
	}
	if now.Sub(r.begin) > r.duration {
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
	at := now.Sub(r.begin)
	if at < 0 || at >= r.duration {
		return nil
	}
	r.done++
	r.windows[int64(at)*benchWindows/int64(r.duration)]++
	r.latency.add(now.Sub(j.Admitted))
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
