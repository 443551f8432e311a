package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"braid/accel"
	"braid/internal/config"
	"braid/internal/redact"
	"braid/sink"
	"braid/sink/natsink"
	"braid/source"
)

// BatchOptions are the flags of braid batch.
type BatchOptions struct {
	Choice
	Inputs    []string
	Out       string // FILE.jsonl, "-" for stdout
	NATS      string
	Resume    bool
	Annotate  string // FILE.mp4
	MaxFrames uint64
	Timings   bool
}

// batch is one run of the command.
type batch struct {
	env      *Env
	runtime  accel.Backend
	o        BatchOptions
	cfg      config.Config
	model    *model
	pipeline *pipeline
	emitter  *emitter
	receipts *receipts
	begin    func() error // empties --out, where nothing was written; nil: nothing to empty
	lines    resumed      // what --out has of an earlier batch
	stored   resumed      // what the stream has of it
	progress *progress
	feeds    []*feed
}

// Batch analyses recorded inputs one after another, every frame of each. An
// input that cannot be read does not stop the next, but makes the result an
// error.
func Batch(ctx context.Context, env *Env, o BatchOptions) (err error) {
	if o.Out == "" && o.NATS == "" {
		return Usage(errors.New("batch has nowhere to put results: give --out FILE.jsonl, --out - or --nats URL"))
	}
	if o.Resume && o.Annotate != "" {
		return Usage(errors.New("--annotate shows a whole batch: it cannot go on where one was cut off, leave out --resume"))
	}
	if err := checkClip("--annotate", o.Annotate); err != nil {
		return err
	}
	if err := apart(o.Out, o.Annotate); err != nil {
		return err
	}
	b := &batch{env: env, o: o, stored: resumed{}}
	if o.NATS == config.Embedded {
		return Usage(errors.New("--nats embedded: that server would end with the batch, before anybody has read it: give the URL of one that stays"))
	}
	if o.NATS != "" {
		o.Set = append(slices.Clip(o.Set), "nats.url="+natsURL(o.NATS))
	}
	if b.cfg, err = bareConfig(env, o.Choice); err != nil {
		return err
	}
	if err := b.checkResume(); err != nil {
		return err
	}
	rt, err := openRuntime(env, b.cfg.Backend)
	if err != nil {
		return err
	}
	defer closeInto(&err, rt.Close)
	b.runtime = rt
	if b.model, err = openModel(env, b.cfg.Model); err != nil {
		return err
	}
	if err = b.build(ctx); err != nil {
		return err
	}
	defer closeInto(&err, b.pipeline.Close)
	return b.publish(ctx)
}

// build chooses the plan and makes its pipeline, which may take minutes of measuring and of
// building engines: the user's first signal ends it, behind the engine that is being built.
func (b *batch) build(ctx context.Context) error {
	ctx, stop := b.env.untilDrain(ctx)
	defer stop()
	p, err := b.model.chooser(b.env, b.runtime).plan(ctx, b.cfg.Plan)
	if err != nil {
		return err
	}
	b.pipeline, err = newPipeline(ctx, b.runtime, b.model, p, demand{score: b.model.card.NMS.Score, pixels: b.o.Annotate != ""}, b.env.Log)
	if err != nil {
		return err
	}
	endBuilds(b.env, b.runtime)
	return nil
}

// natsURL lets the scheme be left out, as NATS' own tools do.
func natsURL(s string) string {
	if strings.Contains(s, "://") {
		return s
	}
	return "nats://" + s
}

// publish opens the sinks, runs all inputs through them and sums up.
func (b *batch) publish(ctx context.Context) error {
	sinks, err := b.openSinks(ctx)
	if err != nil {
		return err
	}
	b.receipts = newReceipts(sinks, b.env.Log)
	b.emitter = newEmitter(b.cfg.Site, b.model.card.ID(), b.pipeline, b.receipts)
	b.progress = newProgress(b.env)
	b.emitter.progress = b.progress.step
	start, before := time.Now(), stood(b.runtime)
	err = b.inputs(ctx)
	b.progress.stop()
	if err == nil && b.begin != nil { // inputs without a frame have a result too: none
		err = b.begin()
	}
	took, waited := time.Since(start), stood(b.runtime)-before
	for _, s := range slices.Backward(sinks) { // what nobody confirmed has failed by then, and is counted
		err = errors.Join(err, s.Close())
	}
	if len(b.feeds) > 0 {
		b.sum(took, waited)
	}
	return errors.Join(err, lostFrames(b.feeds))
}

// drainGrace is how long messages may still find their end once the user has asked to stop: who asks
// kills after ten seconds.
const drainGrace = 5 * time.Second

var errNoPatience = errors.New("asked to stop")

// patience is a context that ends drainGrace after the user has asked to stop.
func (b *batch) patience(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	drained, stop := b.env.untilDrain(ctx)
	context.AfterFunc(drained, func() {
		if b.env.draining() {
			time.AfterFunc(drainGrace, func() { cancel(errNoPatience) })
		}
	})
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

// flush waits until every message has found its end, and says which sink takes
// no more.
func (b *batch) flush(ctx context.Context) error {
	var errs []error
	for _, s := range b.receipts.sinks {
		errs = append(errs, s.Flush(ctx))
	}
	return errors.Join(errs...)
}

// lostFrames says how many frames have no result, where every one is promised.
func lostFrames(feeds []*feed) error {
	var in, failed uint64
	where := map[string]uint64{}
	for _, f := range feeds {
		c := f.ledger.Counts()
		in += c.In
		for name, n := range c.Failed {
			where[name] += n
			failed += n
		}
	}
	if failed == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d frames failed: %s", failed, in, reasons(where))
}

func (b *batch) inputs(ctx context.Context) error {
	var bad []error
	names := map[string]int{}
	writing, stop := b.patience(ctx)
	defer stop()
	for _, arg := range b.o.Inputs {
		err := b.input(ctx, writing, arg, names)
		full := b.flush(writing)
		if errors.Is(full, errNoPatience) {
			full = nil // closing tells how many messages that leaves
		}
		arg = redact.URL(arg)
		switch {
		case ctx.Err() != nil:
			return errors.Join(as(ErrInterrupted, context.Cause(ctx)), full)
		case b.env.draining():
			return errors.Join(as(ErrInterrupted, fmt.Errorf("interrupted in %s", arg)), full)
		case full != nil:
			return full // the next inputs would be analysed for nothing
		case err != nil:
			if len(b.o.Inputs) > 1 { // one alone is told at the end
				b.env.Log.Error("input failed", "input", arg, "error", oneLine(err.Error()))
			}
			bad = append(bad, fmt.Errorf("%s: %w", arg, err))
		}
	}
	if len(bad) > 1 {
		return fmt.Errorf("%d of %d inputs failed:\n%w", len(bad), len(b.o.Inputs), errors.Join(bad...))
	}
	return errors.Join(bad...)
}

// input runs one input through the graph until its last frame is emitted. No sink is waited
// for longer than until writing ends.
func (b *batch) input(ctx, writing context.Context, arg string, names map[string]int) error {
	in := parseInput(arg)
	camera := in.slug(names)
	run, err := batchRun(in.path, b.model.card.Canonical())
	if err != nil {
		return err
	}
	src, err := openSource(b.env, batchCamera(camera, in.url))
	if err != nil {
		return err
	}
	if strings.HasPrefix(in.url, "scene:") && b.o.MaxFrames == 0 { // it would keep the next inputs waiting for ever
		if _, err := finiteScene(in.url); err != nil {
			return err
		}
	}
	skip, err := b.resumeAt(ctx, camera, run)
	if err != nil {
		return err
	}
	v := &view{camera: camera, run: run, score: b.model.card.NMS.Score, timings: b.o.Timings}
	if !strings.HasPrefix(in.url, "images:") {
		v.file = in.name
	}
	f, err := newFeed(src, source.GateConfig{
		Camera: camera, Policy: source.Block, Skip: skip, Limit: b.o.MaxFrames,
		Lockstep: b.pipeline.plan.Serial,
	}, b.pipeline.plan.InFlight, v)
	if err != nil {
		return err
	}
	b.emitter.follow(f.ledger, v)
	b.progress.begin(camera, src, b.o.MaxFrames)
	failed, err := runFeeds(ctx, b.env, b.pipeline, b.emitter.within(writing), []*feed{f})
	b.feeds = append(b.feeds, f)
	return errors.Join(err, failed, f.pool.Close())
}

// batchCamera is an input as a camera.
func batchCamera(name, url string) config.Camera {
	c := config.NewCamera()
	c.Name, c.URL, c.Clock = name, url, config.ClockPTS
	return c
}

func (b *batch) openSinks(ctx context.Context) (sinks []sink.Sink, err error) {
	defer func() {
		if err != nil {
			for _, s := range sinks {
				err = errors.Join(err, s.Close())
			}
		}
	}()
	if b.o.Annotate != "" { // before --out is emptied: a clip that cannot be must not cost results
		s, err := b.openClip(ctx)
		if err != nil {
			return sinks, err
		}
		sinks = append(sinks, s)
	}
	if b.o.Out != "" {
		s, err := b.openLines()
		if err != nil {
			return sinks, err
		}
		sinks = append(sinks, s)
	}
	if b.o.NATS != "" {
		s, err := natsink.New(ctx, b.natsConfig(), b.env.Log)
		if err != nil {
			return sinks, as(ErrEnvironment, err)
		}
		sinks = append(sinks, behind{s, b.stored})
	}
	return sinks, nil
}

// batchWait is how long a batch waits for a server that is away.
const batchWait = 10 * time.Minute

// natsConfig is how a batch publishes. It changes no stream that is there, and
// leaves no gap: where the server stays away it ends, and --resume goes on.
func (b *batch) natsConfig() natsink.Config {
	return natsink.Config{
		Config: natsConfig(b.cfg.NATS), Site: b.cfg.Site, JetStream: b.cfg.NATS.UsesJetStream(),
		Whole: true, MaxWait: batchWait,
	}
}

// sum prints what was done. Frames are counted in the time of the devices, which stood
// still for a part of what has elapsed.
func (b *batch) sum(elapsed, stood time.Duration) {
	s := summary{
		Model: b.model.card.ID(), Plan: b.pipeline.plan.ID(), Seconds: (elapsed - stood).Seconds(),
		Sim: simulatedIn(b.pipeline.plan), SimStood: stood.Seconds(),
		Stages: stageRows(b.pipeline, b.emitter, elapsed),
	}
	for _, f := range b.feeds {
		s.add(f.summary())
	}
	out := b.env.Out
	if b.o.Out == "-" {
		out = b.env.Err // stdout is the data's
	}
	s.print(b.env, out)
}
