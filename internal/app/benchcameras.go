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
	"braid/internal/bench"
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
	receipts *receipts
	closers  []func() error
}

// benchStore is the room for messages: old ones make way for new ones.
const benchStore = 64 << 20

func newCameraCourse(ctx context.Context, env *Env, rt accel.Backend, m *model, o BenchOptions) (_ *cameraCourse, err error) {
	c := &cameraCourse{env: env, rt: rt, model: m, inputs: o.Inputs, copies: o.Copies}
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

// cameraContender is a detector under a plan, on the course's cameras.
type cameraContender struct {
	*cameraCourse
	*pipeline
}

// open sets a plan up.
func (c *cameraCourse) open(ctx context.Context, p plan.Plan) (contender, error) {
	pl, err := newPipeline(ctx, c.rt, c.model, p, demand{c.model.card.NMS.Score, false}, c.env.Log)
	if err != nil {
		return nil, err
	}
	return &cameraContender{c, pl}, nil
}

// Close frees the graph.
func (c *cameraContender) Close() error { return c.pipeline.Close() }

// cameraRun is one measurement on the course.
type cameraRun struct {
	meter   *benchMeter
	emitter *emitter
	drain   chan struct{}
	once    sync.Once
}

// measure plays the cameras for the meter's time, and longer by twice its warm-up,
// since decoders start too. What counts are frames whose message is on its way.
func (c *cameraContender) measure(ctx context.Context, meter *benchMeter) (_ bench.Sample, err error) {
	meter.warm *= 2
	r := &cameraRun{meter: meter, emitter: newEmitter("bench", c.model.card.ID(), c.pipeline, c.receipts), drain: make(chan struct{})}
	feeds, err := c.feeds(c.plan, c.copies)
	if err != nil {
		return bench.Sample{}, err
	}
	for _, f := range feeds {
		r.emitter.views[f.name] = f.view
		defer closeInto(&err, f.pool.Close)
	}
	env := *c.env
	env.Drain = r.drain
	failed, err := runFeeds(ctx, &env, c.pipeline, r.emit, feeds, func(*feed) {})
	for _, s := range c.receipts.sinks {
		err = errors.Join(err, s.Flush(ctx))
	}
	if err := errors.Join(failed, err); err != nil {
		return bench.Sample{}, err
	}
	return meter.sample()
}

// feeds opens every input as so many cameras.
func (c *cameraCourse) feeds(p plan.Plan, copies int) (feeds []*feed, err error) {
	names := map[string]int{}
	run := liveRun(time.Now()) // a message is told from one of another measurement
	for _, arg := range c.inputs {
		in := parseInput(arg)
		for range copies {
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
			f.name = camera.Name
			feeds = append(feeds, f)
		}
	}
	return feeds, nil
}

// emit sends a frame's message, counts the frame, and ends the run when the time
// is over.
func (r *cameraRun) emit(ctx context.Context, j *stages.Job) error {
	if j.Err != nil {
		return j.Err // what fails must not count as fast
	}
	if err := r.meter.publish(func() error { return r.emitter.emit(ctx, j) }); err != nil {
		return err
	}
	now := time.Now()
	r.meter.count(r.meter.at(now), now.Sub(j.Arrived)+j.Decode)
	if r.meter.over.Load() {
		r.once.Do(func() { close(r.drain) })
	}
	return nil
}
