package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"braid/accel"
	"braid/accel/plan"
	"braid/internal/bench"
	"braid/internal/config"
	"braid/sink"
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
	broker   *broker
	receipts *receipts
}

func newCameraCourse(ctx context.Context, env *Env, rt accel.Backend, m *model, o BenchOptions) (*cameraCourse, error) {
	b, err := newBroker(ctx, env, "bench")
	if err != nil {
		return nil, err
	}
	return &cameraCourse{
		env: env, rt: rt, model: m, inputs: o.Inputs, copies: o.Copies,
		broker: b, receipts: newReceipts([]sink.Sink{b.sink}, env.Log),
	}, nil
}

// Close ends what all rows have shared.
func (c *cameraCourse) Close() error { return c.broker.close() }

// cameraContender is a detector under a plan, on the course's cameras.
type cameraContender struct {
	*cameraCourse
	*pipeline
}

// open sets a plan up.
func (c *cameraCourse) open(ctx context.Context, p plan.Plan) (contender, error) {
	pl, err := newPipeline(ctx, c.rt, c.model, p, demand{score: c.model.card.NMS.Score}, c.env.Log)
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
		r.emitter.follow(f.ledger, f.view)
		defer closeInto(&err, f.pool.Close)
	}
	env := *c.env
	env.Drain = r.drain
	failed, err := runFeeds(ctx, &env, c.pipeline, r.emit, feeds)
	if err := errors.Join(failed, err, c.broker.sink.Flush(ctx)); err != nil {
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
			src, err := openRecording(c.env, camera)
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
