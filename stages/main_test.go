package stages_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"go.uber.org/goleak"

	"braid/internal/frame"
	"braid/stages"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// step is a Stage made of a function.
type step func(ctx context.Context, j *stages.Job) error

func (s step) Process(ctx context.Context, j *stages.Job) error { return s(ctx, j) }
func (s step) Close() error                                     { return nil }

// node is a Node whose workers all do s.
func node(name string, workers, queue int, s step) stages.Node {
	return stages.Node{
		Name: name, Workers: workers, Queue: queue,
		New: func(int) (stages.Stage, error) { return s, nil },
	}
}

func pass(context.Context, *stages.Job) error { return nil }

// prep is a Node that looks at pixels as the last one.
func prep(workers, queue int) stages.Node {
	n := node("prep", workers, queue, pass)
	n.Release = true
	return n
}

// pause waits in virtual time, or less where ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// feed is an Intake of n frames, of its cameras in turn.
type feed struct {
	pool    *frame.Pool
	cameras []string
	ledgers []*frame.Ledger
	n, made int
	err     error // instead of io.EOF
}

func newFeed(n int, cameras ...string) *feed {
	f := &feed{pool: frame.NewPool(16, frame.Heap), cameras: cameras, n: n}
	for range cameras {
		f.ledgers = append(f.ledgers, &frame.Ledger{})
	}
	return f
}

func (f *feed) Next(ctx context.Context) (*frame.Frame, error) {
	if f.made == f.n {
		if f.err != nil {
			return nil, f.err
		}
		return nil, io.EOF
	}
	fr, err := f.pool.Get(ctx)
	if err != nil {
		return nil, err
	}
	c := f.made % len(f.cameras)
	f.made++
	fr.Camera, fr.Ledger = f.cameras[c], f.ledgers[c]
	fr.Seq = uint64((f.made-1)/len(f.cameras) + 1)
	fr.Ledger.CountIn()
	return fr, nil
}

// endless is a feed that stops only with its ctx.
func endless(cameras ...string) *feed { return newFeed(-1, cameras...) }

func newJobs(n int) []*stages.Job {
	jobs := make([]*stages.Job, n)
	for i := range jobs {
		jobs[i] = stages.NewJob(nil)
	}
	return jobs
}

func newGraph(t *testing.T, jobs int, nodes ...stages.Node) *stages.Graph {
	t.Helper()
	g, err := stages.New(nodes, newJobs(jobs), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// count is the Emit of a required sink.
func count(j *stages.Job) {
	if j.Err != nil {
		j.Ledger.CountFailed(j.Failed)
		return
	}
	j.Ledger.CountPublished()
}

func countOnly(_ context.Context, j *stages.Job) error {
	count(j)
	return nil
}

// atRest checks what holds after every Run: nothing is in flight anywhere.
func atRest(t *testing.T, g *stages.Graph, jobs int, f *feed) {
	t.Helper()
	if g.Idle() != jobs {
		t.Errorf("idle jobs = %d, want %d", g.Idle(), jobs)
	}
	if f.pool.Free() != f.pool.Size() {
		t.Errorf("free frames = %d, want %d", f.pool.Free(), f.pool.Size())
	}
	var in uint64
	for i, l := range f.ledgers {
		c := l.Counts()
		in += c.In
		if c.InFlight != 0 {
			t.Errorf("%s: in flight = %d at rest: %+v", f.cameras[i], int64(c.InFlight), c)
		}
	}
	if in != uint64(f.made) {
		t.Errorf("frames in = %d, want %d", in, f.made)
	}
}

var errTest = errors.New("broken")

// modes are the two ways to run a Graph, which must do the same.
var modes = map[string]func(*stages.Graph, context.Context, stages.Intake, stages.Emit) error{
	"parallel": (*stages.Graph).Run,
	"serial":   (*stages.Graph).RunSerial,
}
