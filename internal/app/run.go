package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"braid/accel"
	"braid/internal/card"
	"braid/internal/config"
	"braid/sink"
	"braid/sink/embedded"
	"braid/sink/natsink"
	"braid/source"
)

// RunOptions are the flags of braid run.
type RunOptions struct {
	Choice
	Config   string // file, "" for ./braid.yaml
	Once     bool   // end when all sources have ended
	Annotate string // FILE.mp4
	DryRun   bool   // print what would be done, and do nothing
}

// live is one life of braid run.
type live struct {
	env     *Env
	cfg     config.Config
	run     string
	clip    string // FILE.mp4 of --annotate
	started time.Time
	runtime accel.Backend
	nats    *natsink.Sink
	lines   []*line
	closers []func() error
}

// line is the cameras that share a model: they share its pipeline too.
type line struct {
	model    *model
	pipeline *pipeline
	emitter  *emitter
	feeds    []*feed
}

// Run analyses the cameras of a configuration until the user stops it.
func Run(ctx context.Context, env *Env, o RunOptions) (err error) {
	if err := checkClip("--annotate", o.Annotate); err != nil {
		return err
	}
	cfg, err := loadConfig(env, o.Choice, o.Config)
	if err != nil {
		return err
	}
	if len(cfg.Cameras) == 0 {
		return invalidf("no cameras configured: add some under the key cameras, or start from braid config init")
	}
	l := &live{env: env, cfg: cfg, started: time.Now(), run: liveRun(time.Now()), clip: o.Annotate}
	defer func() { err = errors.Join(err, l.close()) }()
	if o.DryRun {
		return l.dryRun(ctx)
	}
	if err := l.build(ctx); err != nil {
		return err
	}
	err = l.play(ctx, o.Once)
	if ctx.Err() != nil {
		return as(ErrInterrupted, context.Cause(ctx))
	}
	return err
}

// build makes everything before the first camera is opened, so that what is
// wrong with the configuration shows at once.
func (l *live) build(ctx context.Context) error {
	if err := l.buildLines(ctx); err != nil {
		return err
	}
	if err := l.connect(ctx); err != nil {
		return err
	}
	sinks := []sink.Sink{l.nats}
	if l.clip != "" {
		s, err := l.openClip(ctx)
		if err != nil {
			return err
		}
		l.closers = append(l.closers, s.Close)
		sinks = append(sinks, s)
	}
	r := newReceipts(sinks, l.env.Log)
	for _, line := range l.lines {
		line.emitter = newEmitter(l.cfg.Site, line.model.card.ID(), line.pipeline, r)
		for _, f := range line.feeds {
			line.emitter.views[f.name] = f.view
		}
	}
	return nil
}

// buildLines makes everything up to the sinks.
func (l *live) buildLines(ctx context.Context) (err error) {
	if l.runtime, err = openRuntime(l.env, l.cfg.Backend); err != nil {
		return err
	}
	l.closers = append(l.closers, l.runtime.Close)
	return l.group(ctx)
}

// connect starts the embedded server, if that is wanted, and the publisher.
func (l *live) connect(ctx context.Context) error {
	n, c := l.cfg.NATS, sinkConfig(l.cfg)
	if n.URL == config.Embedded {
		server, err := startServer(l.env, l.cfg, embedded.Config{Listen: n.Listen, StoreDir: first(n.StoreDir, stateDir(l.env))}, &c)
		if err != nil {
			return err
		}
		l.closers = append(l.closers, server.Shutdown)
		l.env.Log.Info("embedded NATS server listens", "url", server.ClientURL())
	}
	s, err := natsink.New(ctx, c, l.env.Log)
	if err != nil {
		return as(ErrEnvironment, err)
	}
	l.nats = s
	l.closers = append(l.closers, s.Close)
	return nil
}

// group sorts the cameras by model and builds a pipeline for each.
func (l *live) group(ctx context.Context) error {
	models := map[string]*model{} // by reference
	by := map[string][]config.Camera{}
	var order []*model
	for _, c := range l.cfg.Cameras {
		ref := first(c.Model, l.cfg.Model)
		m := models[ref]
		if m == nil {
			var err error
			if m, err = openModel(l.env, ref); err != nil {
				return err
			}
			models[ref] = m
		}
		id := string(m.card.Canonical()) // one model may have several references
		if by[id] == nil {
			order = append(order, m)
		}
		by[id] = append(by[id], c)
	}
	for _, m := range order {
		made, err := l.newLine(ctx, m, by[string(m.card.Canonical())])
		if err != nil {
			return err
		}
		l.lines = append(l.lines, made)
	}
	return nil
}

// newLine builds the pipeline of one model and the feeds of its cameras.
func (l *live) newLine(ctx context.Context, m *model, cameras []config.Camera) (*line, error) {
	p, err := m.chooser(l.env, l.runtime).plan(ctx, l.cfg.Plan)
	if err != nil {
		return nil, err
	}
	score := m.card.NMS.Score
	for _, c := range cameras {
		score = min(score, minScore(c, m.card))
	}
	made := &line{model: m}
	if made.pipeline, err = newPipeline(ctx, l.runtime, m, p, demand{score, l.clip != ""}, l.env.Log); err != nil {
		return nil, err
	}
	l.closers = append(l.closers, made.pipeline.Close)
	for _, c := range cameras {
		f, err := l.newFeed(made, c)
		if err != nil {
			return nil, err
		}
		made.feeds = append(made.feeds, f)
		l.closers = append(l.closers, f.pool.Close)
	}
	return made, nil
}

// minScore is the least score that a camera wants to see.
func minScore(c config.Camera, model *card.Card) float32 {
	if c.MinScore > 0 {
		return c.MinScore
	}
	return model.NMS.Score
}

func (l *live) newFeed(at *line, c config.Camera) (*feed, error) {
	keep, err := classFilter(at.pipeline.labels, c.Classes)
	if err != nil {
		return nil, as(ErrInvalid, fmt.Errorf("camera %s: %w", c.Name, err))
	}
	g, err := gateConfig(c)
	if err != nil {
		return nil, err
	}
	src, err := cameraSource(l.env, c)
	if err != nil {
		return nil, err
	}
	g.Lockstep = at.pipeline.plan.Serial && g.Policy == source.Block && !src.Info().Live
	v := &view{camera: c.Name, run: l.run, keep: keep, score: minScore(c, at.model.card), timings: true}
	return newFeed(src, g, at.pipeline.plan.InFlight, v)
}

// play runs all lines and, beside them, the statistics.
func (l *live) play(ctx context.Context, once bool) error {
	l.announce()
	ticking, stop := context.WithCancel(ctx)
	defer stop()
	var ticker errgroup.Group
	ticker.Go(func() error { l.statistics(ticking); return nil })
	group, playing := errgroup.WithContext(ctx)
	failed := make([]error, len(l.lines))
	for i, line := range l.lines {
		group.Go(func() (err error) {
			failed[i], err = runFeeds(playing, l.env, line.pipeline, line.emitter.emit, line.feeds, l.cameraState)
			return err
		})
	}
	if !once {
		group.Go(func() error {
			select {
			case <-l.env.Drain:
			case <-playing.Done():
			}
			return nil
		})
	}
	err := group.Wait()
	stop()
	_ = ticker.Wait() // its function returns nil
	err = errors.Join(err, l.nats.Flush(ctx))
	if ctx.Err() != nil {
		//nolint:contextcheck // ctx has ended: what the sink still has fails now, and is in the report
		err = errors.Join(err, l.nats.Close())
	}
	l.report(time.Since(l.started))
	if once {
		err = errors.Join(err, errors.Join(failed...)) // a service outlives its cameras, a single pass does not
	}
	return err
}

// close frees everything, last made first.
func (l *live) close() error {
	var errs []error
	for _, c := range slices.Backward(l.closers) {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}
