package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"braid/internal/config"
	"braid/internal/redact"
	"braid/sink"
	"braid/sink/jsonl"
	"braid/sink/natsink"
	"braid/sink/wire"
	"braid/source"
)

// BatchOptions are the flags of braid batch.
type BatchOptions struct {
	Choice
	Inputs    []string
	Out       string // FILE.jsonl, "-" for stdout
	NATS      string
	Resume    bool
	MaxFrames uint64
	Timings   bool
}

// batch is one run of the command.
type batch struct {
	env      *Env
	o        BatchOptions
	cfg      config.Config
	model    *model
	pipeline *pipeline
	emitter  *emitter
	receipts *receipts
	done     resumed
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
	if o.Resume && (o.Out == "" || o.Out == "-") {
		return Usage(errors.New("--resume goes on from a file: give --out FILE.jsonl"))
	}
	b := &batch{env: env, o: o}
	if o.NATS != "" {
		o.Set = append(slices.Clip(o.Set), "nats.url="+o.NATS)
	}
	if b.cfg, err = bareConfig(env, o.Choice); err != nil {
		return err
	}
	rt, err := openRuntime(env, b.cfg.Backend)
	if err != nil {
		return err
	}
	defer closeInto(&err, rt.Close)
	if b.model, err = openModel(env, b.cfg.Model); err != nil {
		return err
	}
	p, err := choosePlan(b.cfg.Plan, b.model.card)
	if err != nil {
		return err
	}
	if b.pipeline, err = newPipeline(ctx, rt, b.model, p, b.model.card.NMS.Score, env.Log); err != nil {
		return err
	}
	defer closeInto(&err, b.pipeline.Close)
	return b.publish(ctx)
}

// publish opens the sinks, runs all inputs through them and sums up.
func (b *batch) publish(ctx context.Context) (err error) {
	sinks, err := b.openSinks(ctx)
	if err != nil {
		return err
	}
	for _, s := range sinks {
		defer closeInto(&err, s.Close)
	}
	b.receipts = newReceipts(sinks, b.env.Log)
	b.emitter = newEmitter(b.cfg.Site, b.model.card.ID(), b.pipeline, b.receipts)
	b.progress = newProgress(b.env)
	b.emitter.progress = b.progress.step
	start := time.Now()
	err = b.inputs(ctx)
	for _, s := range sinks {
		err = errors.Join(err, s.Flush(ctx))
	}
	b.progress.stop()
	b.sum(time.Since(start))
	return errors.Join(err, b.lost())
}

// lost says how many frames have no result: batch promises every one.
func (b *batch) lost() error {
	var in, failed uint64
	where := map[string]uint64{}
	for _, f := range b.feeds {
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
	for _, input := range b.o.Inputs {
		err := b.input(ctx, input, names)
		input = redact.URL(input)
		if ctx.Err() != nil {
			return as(ErrInterrupted, context.Cause(ctx))
		}
		if b.env.draining() {
			return as(ErrInterrupted, fmt.Errorf("interrupted in %s", input))
		}
		if err != nil {
			b.env.Log.Error("input failed", "input", input, "error", oneLine(err.Error()))
			bad = append(bad, fmt.Errorf("%s: %w", input, err))
		}
	}
	if len(bad) == 1 {
		return bad[0]
	}
	if len(bad) > 1 {
		return fmt.Errorf("%d of %d inputs failed: %w", len(bad), len(b.o.Inputs), errors.Join(bad...))
	}
	return nil
}

// input runs one input through the graph until its last frame is emitted.
func (b *batch) input(ctx context.Context, input string, names map[string]int) error {
	path, url := splitInput(input)
	camera := uniqueSlug(path, names)
	run, err := batchRun(path, b.model.card.Canonical())
	if err != nil {
		return err
	}
	src, err := openSource(b.env, batchCamera(camera, url))
	if err != nil {
		return err
	}
	v := &view{camera: camera, run: run, score: b.model.card.NMS.Score, timings: b.o.Timings}
	if !strings.HasPrefix(url, "images:") {
		v.file = filepath.Base(path)
	}
	f, err := newFeed(src, source.GateConfig{
		Camera: camera, Policy: source.Block, Skip: b.done.frames(camera, run), Limit: b.o.MaxFrames,
	}, b.pipeline.plan.InFlight, v)
	if err != nil {
		return err
	}
	b.emitter.views[camera] = v
	b.progress.begin(camera, src, b.o.MaxFrames)
	failed, err := runFeeds(ctx, b.env, b.pipeline, b.emitter, []*feed{f}, func(*feed) {})
	b.feeds = append(b.feeds, f)
	return errors.Join(err, failed, f.pool.Close())
}

// batchCamera is an input as a camera.
func batchCamera(name, url string) config.Camera {
	c := config.NewCamera()
	c.Name, c.URL = name, url
	return c
}

// splitInput tells an argument's path on this machine and its URL.
func splitInput(input string) (path, url string) {
	for _, scheme := range []string{"images:", "file:"} {
		if rest, ok := strings.CutPrefix(input, scheme); ok {
			if scheme == "file:" {
				return strings.TrimPrefix(rest, "//"), input
			}
			return rest, input
		}
	}
	if i := strings.IndexByte(input, ':'); i > 1 && !strings.ContainsAny(input[:i], "/.") {
		return input, input // another scheme
	}
	if info, err := os.Stat(input); err == nil && info.IsDir() || isPicture(input) {
		return input, "images:" + input
	}
	return input, "file:" + input
}

func isPicture(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".jpg", ".jpeg", ".png":
		return true
	}
	return false
}

// uniqueSlug names an input's camera: the slug of its base name, with -2, -3 …
// where that is taken.
func uniqueSlug(path string, names map[string]int) string {
	base := filepath.Base(path)
	slug := wire.Slug(strings.TrimSuffix(base, filepath.Ext(base)))
	for {
		names[slug]++
		n := names[slug]
		if n == 1 {
			return slug
		}
		slug = wire.Slug(fmt.Sprintf("%.44s-%d", slug, n))
	}
}

func (b *batch) openSinks(ctx context.Context) (sinks []sink.Sink, err error) {
	defer func() {
		if err != nil {
			for _, s := range sinks {
				err = errors.Join(err, s.Close())
			}
		}
	}()
	switch {
	case b.o.Out == "-":
		sinks = append(sinks, jsonl.New(nopCloser{b.env.Out}))
	case b.o.Out != "":
		f, err := b.openOut()
		if err != nil {
			return sinks, err
		}
		sinks = append(sinks, jsonl.New(f))
	}
	if b.o.NATS != "" {
		s, err := natsink.New(ctx, natsink.Config{
			Config: natsConfig(b.cfg.NATS), Site: b.cfg.Site, JetStream: b.cfg.NATS.UsesJetStream(),
		}, b.env.Log)
		if err != nil {
			return sinks, as(ErrEnvironment, err)
		}
		sinks = append(sinks, s)
	}
	return sinks, nil
}

// sum prints what was done.
func (b *batch) sum(elapsed time.Duration) {
	s := summary{
		Model: b.model.card.ID(), Plan: b.pipeline.plan.ID(), Seconds: elapsed.Seconds(),
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

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
