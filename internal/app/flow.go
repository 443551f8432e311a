package app

import (
	"context"
	"errors"
	"sync"

	"braid/source"
	"braid/stages"
)

// errStopped is why a camera's source is stopped before the program is.
var errStopped = errors.New("the camera was taken away")

// flow is the cameras that run through one pipeline. They may come and go while it
// runs.
type flow struct {
	mux     *source.Mux
	onState func(*feed)
	running sync.WaitGroup // the cameras' supervisors
}

// newFlow makes a flow without cameras. onState hears of each change of a camera's
// state.
func newFlow(onState func(*feed)) *flow {
	return &flow{mux: source.NewMux(), onState: onState}
}

// start runs a camera until it ends for good, ctx does, or it is stopped.
func (w *flow) start(ctx context.Context, f *feed) {
	ctx, f.cancel = context.WithCancelCause(ctx)
	f.over = make(chan struct{})
	w.mux.Add(f.gate)
	w.running.Go(func() {
		defer close(f.over)
		defer f.cancel(nil)
		f.failed = f.supervise(ctx, w.onState)
	})
}

// stop ends a camera's source and returns when that has let go of everything.
// Frames that wait in its Gate are still served.
func (f *feed) stop() {
	f.cancel(errStopped)
	<-f.over
}

// run drives the graph until no camera is left, or ctx ends. What is queued then
// is given up.
func (w *flow) run(ctx context.Context, p *pipeline, emit stages.Emit) error {
	defer w.mux.Discard()
	return p.run(ctx, w.mux, func(ctx context.Context, j *stages.Job) error {
		err := emit(ctx, j)
		w.mux.Left(&j.Meta)
		return err
	})
}

// runFeeds runs cameras through a pipeline until all of them have ended and
// their last frame is emitted. When the user asks to drain, the sources are
// stopped and what they delivered is finished. When ctx ends, what is queued is
// given up.
//
// A camera's failure stops no other camera: failed joins them. err is the
// graph's own, which ends everything.
func runFeeds(ctx context.Context, env *Env, p *pipeline, emit stages.Emit, feeds []*feed) (failed, err error) {
	w := newFlow(func(f *feed) { sayTrouble(env, f) })
	sources, stop := env.untilDrain(ctx)
	defer stop()
	for _, f := range feeds {
		w.start(sources, f)
	}
	err = w.run(ctx, p, emit)
	stop()
	w.running.Wait()
	return failures(feeds), err
}

// sayTrouble says of a source that is tried again, which may be for ever, what is wrong.
func sayTrouble(env *Env, f *feed) {
	switch st := f.status(); st.State {
	case source.Waiting, source.Stalled:
		env.Log.Warn("source in trouble", "source", f.url, "state", st.State.String(), "error", st.Err, "attempt", st.Attempt, "next_try_in", st.Pause)
	case source.Connecting, source.Playing, source.Failed, source.Ended: // a failure is told at the end
	}
}

// failures joins what cameras that have ended failed with.
func failures(feeds []*feed) error {
	var errs []error
	for _, f := range feeds {
		errs = append(errs, f.failed)
	}
	return errors.Join(errs...)
}
