package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"braid/internal/card"
	"braid/internal/config"
	"braid/source"
)

// line is the cameras that share a model: they share its pipeline too.
type line struct {
	model    *model
	refs     []string // by which the configuration names it
	pipeline *pipeline
	score    float32 // the least that the graph lets through
	emitter  *emitter
	flow     *flow

	mu    sync.Mutex
	feeds []*feed // in the order of the configuration
	gone  []*feed // taken away, but frames of theirs may still be on their way
}

// cameras are those of the line at this moment.
func (l *line) cameras() []*feed {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.feeds)
}

// replace makes other cameras the line's.
func (l *line) replace(feeds []*feed) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.feeds {
		if !slices.Contains(feeds, f) {
			l.gone = append(l.gone, f)
		}
	}
	l.feeds = feeds
}

// settled takes out the cameras that are gone and whose frames have all found
// their end, or are messages on disk.
func (l *line) settled() (out []*feed) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone = slices.DeleteFunc(l.gone, func(f *feed) bool {
		if c := f.ledger.Counts(); f.pool.Free() < f.pool.Size() || c.InFlight > c.Spooled {
			return false
		}
		out = append(out, f)
		return true
	})
	for _, f := range out {
		l.emitter.forget(f.ledger)
	}
	return out
}

// close frees the frames of all cameras.
func (l *line) close() error {
	var errs []error
	for _, f := range append(l.cameras(), l.gone...) {
		errs = append(errs, f.pool.Close())
	}
	return errors.Join(errs...)
}

// minScore is the least score that a camera wants to see.
func minScore(c config.Camera, model *card.Card) float32 {
	if c.MinScore > 0 {
		return c.MinScore
	}
	return model.NMS.Score
}

// newLine builds the pipeline of one model and the feeds of its cameras, whose scores it wants of it.
func (l *live) newLine(ctx context.Context, m *model, cameras []config.Camera, want demand) (*line, error) {
	p, err := m.chooser(l.env, l.runtime).plan(ctx, l.cfg.Plan)
	if err != nil {
		return nil, err
	}
	made := &line{model: m, score: m.card.NMS.Score, flow: newFlow(l.cameraState)}
	for _, c := range cameras {
		made.score = min(made.score, minScore(c, m.card))
	}
	want.score = made.score
	if made.pipeline, err = newPipeline(ctx, l.runtime, m, p, want, l.env.Log); err != nil {
		return nil, err
	}
	l.closers = append(l.closers, made.pipeline.Close, made.close)
	for _, c := range cameras {
		f, err := l.newFeed(made, c, l.run)
		if err != nil {
			return nil, err
		}
		made.feeds = append(made.feeds, f)
	}
	return made, nil
}

// newFeed opens a camera, but plays nothing yet. Its frames are counted from 1 in
// the run.
func (l *live) newFeed(at *line, c config.Camera, run string) (*feed, error) {
	keep, err := classFilter(at.pipeline.labels, c.Classes)
	if err != nil {
		return nil, as(ErrInvalid, fmt.Errorf("camera %s: %w", c.Name, err))
	}
	score := minScore(c, at.model.card)
	if score < at.score {
		return nil, invalidf("camera %s: min_score %g is below %g, the least that the graph was built for: start braid again", c.Name, score, at.score)
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
	v := &view{camera: c.Name, run: run, keep: keep, score: score, ignore: c.Ignore, timings: true}
	f, err := newFeed(src, g, at.pipeline.plan.InFlight, v)
	if err != nil {
		return nil, err
	}
	f.stall, f.config = c.Stall, c
	return f, nil
}
