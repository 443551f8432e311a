package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"braid/accel"
	"braid/accel/plan"
	"braid/internal/config"
	"braid/sink"
	"braid/sink/embedded"
	"braid/sink/natsink"
	"braid/source"
	"braid/stages"
)

// cameraCourse is recordings that are played over and over, each as several
// cameras at once, into a NATS server with JetStream inside this process.
type cameraCourse struct {
	env      *Env
	rt       accel.Backend
	model    *model
	inputs   []string
	copies   int
	duration time.Duration
	receipts *receipts
	closers  []func() error
}

// benchStore is the room for messages: old ones make way for new ones.
const benchStore = 64 << 20

func newCameraCourse(ctx context.Context, env *Env, rt accel.Backend, m *model, o BenchOptions) (_ *cameraCourse, err error) {
	c := &cameraCourse{env: env, rt: rt, model: m, inputs: o.Inputs, copies: o.Copies, duration: o.Duration}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	dir, err := os.MkdirTemp("", "braid-bench-")
	if err != nil {
		return nil, as(ErrEnvironment, fmt.Errorf("making a folder for messages: %w", err))
	}
	c.closers = append(c.closers, func() error { return os.RemoveAll(dir) })
	server, err := embedded.Start(embedded.Config{Listen: "127.0.0.1:0", Name: "braid-bench", JetStream: true, StoreDir: dir, MaxStore: 4 * benchStore}, env.Log)
	if err != nil {
		return nil, as(ErrEnvironment, err)
	}
	c.closers = append(c.closers, server.Shutdown)
	cfg := natsink.Config{Site: "bench", JetStream: true, Stream: natsink.Limits{MaxBytes: benchStore, MaxAge: time.Hour}}
	cfg.URL, cfg.InProcess = server.ClientURL(), server
	s, err := natsink.New(ctx, cfg, env.Log)
	if err != nil {
		return nil, as(ErrEnvironment, err)
	}
	c.closers = append(c.closers, s.Close)
	c.receipts = newReceipts([]sink.Sink{s}, env.Log)
	return c, nil
}

// Close ends what all rows have shared, last made first.
func (c *cameraCourse) Close() error {
	l := live{closers: c.closers}
	return l.close()
}

// cameraRun is one plan's time on the course.
type cameraRun struct {
	meter   benchMeter
	emitter *emitter
	drain   chan struct{}
	once    sync.Once
}

// row measures one plan: frames whose message is on its way, in a second.
func (c *cameraCourse) row(ctx context.Context, p plan.Plan) (_ benchRow, err error) {
	pl, err := newPipeline(ctx, c.rt, c.model, p, demand{c.model.card.NMS.Score, false}, c.env.Log)
	if err != nil {
		return benchRow{}, err
	}
	defer closeInto(&err, pl.Close)
	r := &cameraRun{meter: benchMeter{duration: c.duration}, emitter: newEmitter("bench", c.model.card.ID(), pl, c.receipts), drain: make(chan struct{})}
	feeds, err := c.feeds(p, r.emitter)
	if err != nil {
		return benchRow{}, err
	}
	for _, f := range feeds {
		defer closeInto(&err, f.pool.Close)
	}
	env := *c.env
	env.Drain = r.drain
	before := hostWaits(c.rt)
	failed, err := runFeeds(ctx, &env, pl, r.emit, feeds, func(*feed) {})
	for _, s := range c.receipts.sinks {
		err = errors.Join(err, s.Flush(ctx))
	}
	if err := errors.Join(failed, err); err != nil {
		return benchRow{}, err
	}
	row, err := r.meter.row()
	row.HostWaits = hostWaits(c.rt) - before
	return row, err
}

// feeds opens every input as so many cameras.
func (c *cameraCourse) feeds(p plan.Plan, e *emitter) (feeds []*feed, err error) {
	names := map[string]int{}
	run := liveRun(time.Now()) // a message is told from one of another row
	for _, arg := range c.inputs {
		in := parseInput(arg)
		for range c.copies {
			camera := config.NewCamera()
			camera.Name, camera.URL, camera.Clock, camera.Loop = in.slug(names), in.url, config.ClockPTS, true
			src, err := openSource(c.env, camera)
			if err != nil {
				return nil, err
			}
			v := &view{camera: camera.Name, run: run, score: c.model.card.NMS.Score, timings: true}
			f, err := newFeed(src, source.GateConfig{Camera: camera.Name, Policy: source.Block, Lockstep: p.Serial}, p.InFlight, v)
			if err != nil {
				return nil, err
			}
			e.views[camera.Name] = v
			feeds = append(feeds, f)
		}
	}
	return feeds, nil
}

// emit sends a frame's message, counts the frame, and ends the run when the time
// is over. The time begins when the first frame is through.
func (r *cameraRun) emit(ctx context.Context, j *stages.Job) error {
	if j.Err != nil {
		return j.Err // what fails must not count as fast
	}
	if err := r.emitter.emit(ctx, j); err != nil {
		return err
	}
	now := time.Now()
	if r.meter.begin.IsZero() {
		r.meter.begin = now.Add(2 * benchWarm) // decoders start too
	}
	r.meter.count(now, now.Sub(j.Arrived)+j.Decode)
	if r.meter.over(now) {
		r.once.Do(func() { close(r.drain) })
	}
	return nil
}
