package app

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"braid/accel"
	"braid/internal/config"
	"braid/sink"
	"braid/sink/control"
	"braid/sink/embedded"
	"braid/sink/natsink"
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
	once    bool   // it ends with its cameras: they are not changed
	clip    string // FILE.mp4 of --annotate
	started time.Time
	runtime accel.Backend
	nats    *natsink.Sink
	control *control.Server
	lines   []*line
	closers []func() error

	load     config.Options // where the configuration comes from
	file     *watchedFile   // that of the configuration
	changing sync.Mutex     // one change of the cameras at a time
	rejected atomic.Pointer[string]
}

// Run analyses the cameras of a configuration until the user stops it.
func Run(ctx context.Context, env *Env, o RunOptions) (err error) {
	if err := checkClip("--annotate", o.Annotate); err != nil {
		return err
	}
	from := o.options(env, o.Config)
	file := watchFile(first(from.File, config.DefaultFile)) // before it is read: a start may take minutes
	defer file.close()
	cfg, err := load(env, from)
	if err != nil {
		return err
	}
	if len(cfg.Cameras) == 0 {
		return invalidf("no cameras configured: add some under the key cameras, or start from braid config init")
	}
	l := &live{env: env, cfg: cfg, load: from, file: file, once: o.Once, started: time.Now(), run: liveRun(time.Now()), clip: o.Annotate}
	defer func() { err = errors.Join(err, l.close()) }()
	if o.DryRun {
		return l.dryRun(ctx)
	}
	if err := l.build(ctx); err != nil {
		return err
	}
	err = l.play(ctx)
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
		for _, f := range line.cameras() {
			line.emitter.follow(f.ledger, f.view)
		}
	}
	return l.serveHTTP()
}

// buildLines makes everything up to the sinks, which may take minutes of measuring and of
// building engines: the user's first signal ends it, behind the engine that is being built.
func (l *live) buildLines(ctx context.Context) (err error) {
	ctx, stop := l.env.untilDrain(ctx)
	defer stop()
	if l.runtime, err = openRuntime(l.env, l.cfg.Backend); err != nil {
		return err
	}
	l.closers = append(l.closers, l.runtime.Close)
	if err := l.group(ctx); err != nil {
		return err
	}
	endBuilds(l.env, l.runtime)
	return nil
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
	return l.openControl(c.Config)
}

// group sorts the cameras by model and builds a pipeline for each.
func (l *live) group(ctx context.Context) error {
	models := map[string]*model{} // by reference
	by, refs := map[string][]config.Camera{}, map[string][]string{}
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
		refs[id] = append(refs[id], ref)
	}
	want := demand{pixels: l.clip != "", among: len(order) > 1}
	for _, m := range order {
		made, err := l.newLine(ctx, m, by[string(m.card.Canonical())], want)
		if err != nil {
			return err
		}
		made.refs = refs[string(m.card.Canonical())]
		l.lines = append(l.lines, made)
	}
	return nil
}

// play runs all lines and, beside them, the statistics and those who may change
// the cameras.
func (l *live) play(ctx context.Context) error {
	l.announce()
	said := l.cfg // nobody changes it yet
	group, playing := errgroup.WithContext(ctx)
	sources, stop := l.env.untilDrain(playing)
	defer stop()
	for _, line := range l.lines {
		if !l.once {
			line.flow.mux.Hold()
			context.AfterFunc(sources, line.flow.mux.Release)
		}
		for _, f := range line.cameras() {
			line.flow.start(sources, f)
		}
		group.Go(func() error { return line.flow.run(playing, line.pipeline, line.emitter.emit) })
	}
	aside := l.aside(sources, said)
	err := group.Wait()
	stop()
	aside.Wait()
	for _, line := range l.lines {
		line.flow.running.Wait()
	}
	waits := time.AfterFunc(time.Second, func() {
		l.env.Log.Info("messages wait for the NATS server: braid ends when they are confirmed or given up, or at another signal")
	})
	err = errors.Join(err, l.nats.Flush(ctx))
	//nolint:contextcheck // ctx may have ended: what the sink still has is sent, kept or fails now, and is in the report
	err = errors.Join(err, l.nats.Close())
	waits.Stop()
	l.report(time.Since(l.started))
	if l.once { // a service outlives its cameras, a single pass does not
		for _, line := range l.lines {
			err = errors.Join(err, failures(line.cameras()), lostFrames(line.cameras()))
		}
	}
	return err
}

// aside starts what runs beside the graphs, until ctx ends.
func (l *live) aside(ctx context.Context, said config.Config) *sync.WaitGroup {
	var all sync.WaitGroup
	all.Go(func() { l.statistics(ctx) })
	all.Go(func() { l.control.Run(ctx) })
	if !l.once {
		all.Go(func() { l.reload(ctx, l.file, said) })
	}
	return &all
}

// close frees everything, last made first.
func (l *live) close() error {
	var errs []error
	for _, c := range slices.Backward(l.closers) {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}
