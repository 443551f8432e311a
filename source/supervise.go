package source

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// OnState hears of each change, from the goroutine of Supervise: it must return
// soon.
type OnState func(Status)

// Supervise runs src into g until its stream ends (nil), it fails for good (its
// error) or ctx ends (ctx's cause). A live source is tried again for ever, but
// for ErrMissingPlugin and a recording that is broken, which no waiting heals; to it, a Run that returns nil
// is the end too. Any other source fails once. At the end g is closed, whatever
// happened; frames that wait in it are still served. It starts one goroutine
// per try, which has ended before the next one starts.
func Supervise(ctx context.Context, src Source, g *Gate, opts Backoff, on OnState) error {
	defer g.Close()
	if on == nil {
		on = func(Status) {}
	}
	live := src.Info().Live
	s := supervisor{src: src, gate: g, on: on, machine: machine{opts: opts.withDefaults(), live: live}}
	for {
		err := s.try(ctx)
		switch {
		case ctx.Err() != nil:
			on(s.end())
			return context.Cause(ctx)
		case err == nil, errors.Is(err, ErrClosed):
			on(s.end())
			return err
		}
		status := s.fail(err)
		on(status)
		if status.State == Failed {
			return err
		}
		if !sleep(ctx, status.Pause) {
			on(s.end())
			return context.Cause(ctx)
		}
	}
}

type supervisor struct {
	machine
	src  Source
	gate *Gate
	on   OnState
}

// try runs the source once.
func (s *supervisor) try(ctx context.Context) error {
	s.gate.pulse.arm()
	s.on(s.machine.try())
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan error, 1)
	start := time.Now()
	go func() { done <- s.src.Run(ctx, s.gate) }()

	err := s.watch(cancel, start, done)
	if cause := context.Cause(ctx); errors.Is(cause, ErrStalled) {
		err = cause // it may have returned nil, or an error that only says "cancelled"
	}
	return err
}

// watch reports what becomes of a try, and returns its error when the source has
// ended.
func (s *supervisor) watch(cancel context.CancelCauseFunc, start time.Time, done <-chan error) error {
	var silence, well alarm
	defer silence.stop()
	defer well.stop()
	if s.live {
		silence.set(s.opts.Stall)
	}
	for {
		select {
		case <-s.gate.pulse.first:
			s.on(s.frame())
			well.set(s.opts.Good)
		case <-silence.rings():
			left := s.opts.Stall - s.gate.pulse.silent(start)
			if left > 0 {
				silence.set(left)
				continue
			}
			err := fmt.Errorf("%w for %v", ErrStalled, s.opts.Stall)
			cancel(err)
			s.on(s.stall(err))
		case <-well.rings():
			if s.gate.pulse.silent(start) > s.opts.Good/2 { // it has not sent frames all that time
				well.set(s.opts.Good)
			} else if s.status.Attempt > 1 {
				s.on(s.playedWell())
			}
		case err := <-done:
			select { // both were ready: the frame came first
			case <-s.gate.pulse.first:
				s.on(s.frame())
			default:
			}
			return err
		}
	}
}

// alarm rings once, some time after it was set.
type alarm struct{ timer *time.Timer }

// set winds the alarm; 0 leaves it.
func (a *alarm) set(d time.Duration) {
	a.stop()
	if d > 0 {
		a.timer = time.NewTimer(d)
	}
}

func (a *alarm) rings() <-chan time.Time {
	if a.timer == nil {
		return nil
	}
	return a.timer.C
}

func (a *alarm) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
}

// sleep waits, or says that ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
