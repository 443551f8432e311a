package source

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// State is what a supervised Source does.
type State uint8

// The states of a camera. Stalled is a source that plays but has sent nothing
// for Backoff.Stall; it is stopped then. Failed and Ended are final.
const (
	Connecting State = iota
	Playing
	Stalled
	Waiting
	Failed
	Ended
)

var stateNames = [...]string{"connecting", "playing", "stalled", "backoff", "failed", "ended"}

func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("State(%d)", uint8(s))
}

// ErrStalled is wrapped where a live source sent no frame for Backoff.Stall.
var ErrStalled = errors.New("no frame arrived")

// Backoff says how a live source is tried again. The pause doubles from First
// to Max with each failure and is shortened at random by up to a half, so that
// cameras behind one switch do not come back in step. A source that played for
// at least Max starts at First again.
type Backoff struct {
	First time.Duration  // 0: 1 s
	Max   time.Duration  // 0: 30 s
	Stall time.Duration  // longest silence of a live source, also while connecting; 0: any
	Rand  func() float64 // in [0,1); nil: math/rand
}

func (b Backoff) withDefaults() Backoff {
	if b.First <= 0 {
		b.First = time.Second
	}
	if b.Max <= 0 {
		b.Max = 30 * time.Second
	}
	b.Max = max(b.Max, b.First)
	if b.Rand == nil {
		b.Rand = rand.Float64
	}
	return b
}

// pause before the next try, after `failures` in a row (at least 1).
func (b Backoff) pause(failures int) time.Duration {
	d := b.First
	for range failures - 1 {
		if d >= b.Max {
			break
		}
		d *= 2
	}
	d = min(d, b.Max)
	return d - time.Duration(b.Rand()*float64(d)/2)
}

// OnState hears of each change of state, from the goroutine of Supervise. err is
// the last failure, with Stalled, backoff and Failed; attempt counts the tries
// since the source last played well, from 1.
type OnState func(s State, err error, attempt int)

// Supervise runs src into g until its stream ends (nil), it fails for good (its
// error) or ctx ends (ctx's cause). A live source is tried again for ever, but
// for ErrMissingPlugin, which no waiting heals; to it, a Run that returns nil
// is the end too. Any other source fails once. At the end g is closed, whatever
// happened; frames that wait in it are still served. It starts one goroutine
// per try, which has ended before the next one starts.
func Supervise(ctx context.Context, src Source, g *Gate, opts Backoff, on OnState) error {
	defer g.Close()
	if on == nil {
		on = func(State, error, int) {}
	}
	s := supervisor{src: src, gate: g, opts: opts.withDefaults(), on: on, attempt: 1}
	for {
		err := s.try(ctx)
		if s.final(ctx, err) {
			return s.end(ctx, err)
		}
		if errors.Is(err, ErrStalled) && s.opts.Stall == 0 { // the source noticed by itself
			on(Stalled, err, s.attempt)
		}
		pause := s.opts.pause(s.attempt)
		on(Waiting, err, s.attempt)
		s.attempt++
		if !sleep(ctx, pause) {
			return s.end(ctx, nil)
		}
	}
}

type supervisor struct {
	src     Source
	gate    *Gate
	opts    Backoff
	on      OnState
	attempt int
}

// try runs the source once.
func (s *supervisor) try(ctx context.Context) error {
	s.gate.pulse.arm()
	s.on(Connecting, nil, s.attempt)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan error, 1)
	start := time.Now()
	go func() { done <- s.src.Run(ctx, s.gate) }()

	played, err := s.watch(cancel, start, done)
	if cause := context.Cause(ctx); errors.Is(cause, ErrStalled) {
		err = cause // it may have returned nil, or an error that only says "cancelled"
	}
	if !played.IsZero() && time.Since(played) >= s.opts.Max {
		s.attempt = 1
	}
	return err
}

// watch reports the first frame and a stall, and returns when the source has
// ended: when it began to play, and its error.
func (s *supervisor) watch(cancel context.CancelCauseFunc, start time.Time, done <-chan error) (played time.Time, err error) {
	var alarm *time.Timer
	var silence <-chan time.Time
	if s.opts.Stall > 0 && s.src.Info().Live {
		alarm = time.NewTimer(s.opts.Stall)
		defer alarm.Stop()
		silence = alarm.C
	}
	play := func() {
		played = time.Now()
		s.on(Playing, nil, s.attempt)
	}
	for {
		select {
		case <-s.gate.pulse.first:
			play()
		case <-silence:
			left := s.opts.Stall - s.gate.pulse.silent(start)
			if left > 0 {
				alarm.Reset(left)
				continue
			}
			err := fmt.Errorf("%w for %v", ErrStalled, s.opts.Stall)
			cancel(err)
			s.on(Stalled, err, s.attempt)
		case err := <-done:
			select { // both were ready: the frame came first
			case <-s.gate.pulse.first:
				play()
			default:
			}
			return played, err
		}
	}
}

func (s *supervisor) final(ctx context.Context, err error) bool {
	return err == nil || ctx.Err() != nil || !s.src.Info().Live ||
		errors.Is(err, ErrClosed) || errors.Is(err, ErrMissingPlugin)
}

// end reports the final state and says what Supervise returns.
func (s *supervisor) end(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		s.on(Ended, nil, s.attempt)
		return context.Cause(ctx)
	case err == nil, errors.Is(err, ErrClosed):
		s.on(Ended, nil, s.attempt)
		return err
	}
	s.on(Failed, err, s.attempt)
	return err
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
