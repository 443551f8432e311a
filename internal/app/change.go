package app

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"braid/internal/config"
	"braid/sink/wire"
)

// errOnce refuses changes of a run that ends with its cameras.
var errOnce = errors.New("braid run --once does not change its cameras")

// change makes the cameras of a configuration those that run, and touches only
// those that differ: they are stopped and opened anew. next makes that configuration
// of the one that runs. All is checked and prepared before any camera is stopped:
// where there is an error everything stays as it was.
func (l *live) change(ctx context.Context, next func(config.Config) (config.Config, error)) error {
	if l.once {
		return errOnce
	}
	l.changing.Lock()
	defer l.changing.Unlock()
	if ctx.Err() != nil {
		return fmt.Errorf("braid is stopping: %w", context.Cause(ctx))
	}
	want, err := next(l.cfg)
	if err != nil {
		return err
	}
	if keys := config.Differ(l.cfg, want); len(keys) > 0 {
		return invalidf("only cameras can change while braid runs; start it again for %s", strings.Join(keys, ", "))
	}
	p, err := l.prepare(want.Cameras)
	if err != nil {
		return err
	}
	l.cfg.Cameras = want.Cameras
	p.commit(ctx, l)
	return nil
}

// switchover is a change that can no longer fail.
type switchover struct {
	feeds map[*line][]*feed // all cameras from then on
	stop  []*feed
	start map[*line][]*feed
}

// prepare opens the cameras that are new or different.
func (l *live) prepare(cameras []config.Camera) (*switchover, error) {
	running := map[string]*feed{}
	s := &switchover{feeds: map[*line][]*feed{}, start: map[*line][]*feed{}}
	for _, line := range l.lines {
		for _, f := range line.cameras() {
			running[wire.Slug(f.name)] = f
		}
	}
	var errs []error
	for _, c := range cameras {
		at, err := l.lineOf(c)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		slug := wire.Slug(c.Name)
		if f := running[slug]; f != nil && reflect.DeepEqual(f.config, c) {
			s.feeds[at] = append(s.feeds[at], f)
			delete(running, slug)
			continue
		}
		f, err := l.newFeed(at, c, liveRun(time.Now()))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		s.feeds[at] = append(s.feeds[at], f)
		s.start[at] = append(s.start[at], f)
	}
	for _, f := range running {
		s.stop = append(s.stop, f)
	}
	return s, errors.Join(errs...)
}

// lineOf finds the line of a camera's model.
func (l *live) lineOf(c config.Camera) (*line, error) {
	ref := first(c.Model, l.cfg.Model)
	if at := slices.IndexFunc(l.lines, func(line *line) bool { return slices.Contains(line.refs, ref) }); at >= 0 {
		return l.lines[at], nil
	}
	return nil, invalidf("camera %s: no camera has used the model %s since braid started: start it again", c.Name, ref)
}

// commit stops what is to stop, all at once, and then starts the rest: a camera
// that allows one reader has let the old one go.
func (s *switchover) commit(ctx context.Context, l *live) {
	var stopping sync.WaitGroup
	for _, f := range s.stop {
		stopping.Go(f.stop)
	}
	stopping.Wait()
	for _, line := range l.lines {
		line.replace(s.feeds[line])
	}
	for _, f := range s.stop {
		l.env.Log.Info("camera taken away", "camera", f.name)
	}
	for line, feeds := range s.start {
		for _, f := range feeds {
			line.emitter.follow(f.ledger, f.view)
			l.env.Log.Info("camera configured", "camera", f.name, "url", f.url, "policy", f.gate.Policy(), "model", line.model.card.ID())
			line.flow.start(ctx, f)
		}
	}
	l.control.Changed()
}
