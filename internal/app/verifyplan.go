package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"braid/accel"
	"braid/accel/plan"
	"braid/internal/frame"
	"braid/stages"
)

// verifyRounds is how often each Bindings of a plan is used: what a frame leaves
// behind must not show in the next.
const verifyRounds = 2

// underPlan runs the samples through the plan's own graph, with its devices,
// streams and frames in flight, and compares every frame's outputs. Devices take frames alike: a spare
// one would have few, or none.
func (v *verifier) underPlan(ctx context.Context, env *Env, p plan.Plan, bar *progress) (_ verified, err error) {
	run := &planRun{verifier: v, frames: verifyRounds * p.InFlight}
	pl, err := assemble(ctx, v.rt, v.net, p.Alike(), env.Log, run.ends)
	if err != nil {
		return verified{}, err
	}
	defer closeInto(&err, pl.Close)
	bar.count("plan "+p.ID(), int64(run.frames))
	run.pool = frame.NewPool(p.InFlight+1, frame.Heap)
	defer closeInto(&err, run.pool.Close)
	err = pl.run(ctx, run, func(_ context.Context, j *stages.Job) error {
		defer bar.step()
		return run.emitted(j)
	})
	if err != nil {
		return verified{}, err
	}
	if run.done != run.frames {
		return verified{}, fmt.Errorf("%d of %d frames came out", run.done, run.frames)
	}
	limit, _ := tolerance(p)
	row := newVerified(p.Cuts(), run.worst, limit)
	row.Plan, row.Frames = p.ID(), run.frames
	return row, nil
}

// planRun is the intake and both ends of a plan's graph under proof.
type planRun struct {
	*verifier
	frames int // to go through
	pool   *frame.Pool
	ledger frame.Ledger
	taken  int // by the intake's goroutine
	done   int // by emit's

	mu    sync.Mutex
	worst difference
}

// Next gives a frame without pixels: its number says which sample it stands for.
func (r *planRun) Next(ctx context.Context) (*frame.Frame, error) {
	if r.taken == r.frames {
		return nil, io.EOF
	}
	f, err := r.pool.Get(ctx)
	if err != nil {
		return nil, err
	}
	r.taken++
	f.Meta = frame.Meta{Camera: "verify", Seq: uint64(r.taken), Clock: frame.ClockPTS, Ledger: &r.ledger}
	r.ledger.CountIn()
	return f, nil
}

func (r *planRun) sample(j *stages.Job) sample { return r.samples[j.Seq%uint64(len(r.samples))] }

// ends are the Nodes that stand where prep and detect do.
func (r *planRun) ends(b *builder) (first, last stages.Node) {
	written := b.segmentOutputs()
	first = stages.Node{
		Name: "fill", Workers: b.plan.Prep.Workers, Queue: b.queue(), Release: true,
		New: func(int) (stages.Stage, error) { return &fillStage{r, b.written()}, nil },
	}
	last = stages.Node{
		Name: "compare", Workers: b.plan.Detect.Workers, Queue: b.queue(),
		New: func(int) (stages.Stage, error) { return &compareStage{r, written}, nil },
	}
	return first, last
}

// emitted takes a finished Job: in order, or something is broken.
func (r *planRun) emitted(j *stages.Job) error {
	if j.Err != nil {
		return j.Err
	}
	r.done++
	if j.Seq != uint64(r.done) {
		return fmt.Errorf("frame %d came out at place %d", j.Seq, r.done)
	}
	r.ledger.CountPublished()
	return nil
}

// written are all tensors that segments write, wherever.
func (b *builder) written() (out []accel.TensorDesc) {
	for _, s := range b.segments {
		out = append(out, s.Outputs...)
	}
	return out
}

// fillStage writes a sample's inputs, and makes what the segments will write
// useless first: a result of the frame before must not pass for this one's.
type fillStage struct {
	*planRun
	spoil []accel.TensorDesc
}

func (s *fillStage) Process(_ context.Context, j *stages.Job) error {
	for _, d := range s.spoil {
		if t, ok := j.Bindings.Tensor(d.Name, host); ok {
			for i := range t.Data {
				t.Data[i] = 0xff // NaN in every floating type, -1 in the others
			}
		}
	}
	pour(j.Bindings, s.sample(j).inputs)
	return nil
}

func (*fillStage) Close() error { return nil }

// compareStage holds a frame's outputs against the whole network's.
type compareStage struct {
	*planRun
	written []accel.TensorDesc
}

func (s *compareStage) Process(ctx context.Context, j *stages.Job) error {
	if err := j.Await(ctx); err != nil || j.Err != nil {
		return err
	}
	got := map[string][]byte{}
	for _, o := range s.written {
		t, ok := j.Bindings.Tensor(o.Name, host)
		if !ok {
			return errors.New("output " + o.Name + " is not in the host's memory")
		}
		got[o.Name] = t.Data
	}
	d := s.sample(j).want.difference(got)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.worst.merge(d)
	return nil
}

func (*compareStage) Close() error { return nil }
