package source

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"braid/internal/frame"
)

// script is a Source whose n-th Run plays its n-th act, the last one for ever.
type script struct {
	live bool
	acts []act
	runs int
}

// act is one Run: after `connect` come frames `every` so often for `play`, then
// silence for `hang`, then err.
type act struct {
	connect, play, every, hang time.Duration
	err                        error
}

func (s *script) Info() Info { return Info{Live: s.live} }

func (s *script) Run(ctx context.Context, g *Gate) error {
	a := s.acts[min(s.runs, len(s.acts)-1)]
	s.runs++
	if !sleep(ctx, a.connect) {
		return fmt.Errorf("connecting: %w", ctx.Err())
	}
	for t := time.Duration(0); a.play > 0 && t <= a.play; t += a.every {
		f, err := g.Offer(ctx, t)
		if err == nil && f != nil {
			err = g.Put(ctx, f)
		}
		if err != nil {
			return err
		}
		if !sleep(ctx, a.every) {
			return fmt.Errorf("playing: %w", ctx.Err())
		}
	}
	if !sleep(ctx, a.hang) {
		return fmt.Errorf("hanging: %w", ctx.Err())
	}
	return a.err
}

var errTest = errors.New("broken")

// all is chance at its longest, but for what rounding takes.
const all = 1 - 1e-12

func TestSupervise(t *testing.T) {
	const s = time.Second
	refused := act{connect: s, err: errTest}
	tests := map[string]struct {
		live  bool
		acts  []act
		stall time.Duration
		stop  time.Duration // when ctx ends
		want  error
		log   []string // at which second, what, at which attempt
	}{
		"a file plays": {
			acts: []act{{connect: s, play: 2 * s, every: s}},
			log:  []string{"0 connecting 1", "1 playing 1", "4 ended 1"},
		},
		"a file fails once": {
			acts: []act{refused}, want: errTest,
			log: []string{"0 connecting 1", "1 failed 1: broken"},
		},
		"a silent file is left alone": {
			acts: []act{{play: s, every: s, hang: 100 * s}}, stall: 5 * s,
			log: []string{"0 connecting 1", "0 playing 1", "102 ended 1"},
		},
		"a camera that notices its own silence is tried again": {
			live: true, acts: []act{{play: s, every: s, hang: 3 * s, err: fmt.Errorf("playing: %w", ErrStalled)}}, stop: 5*s + s/4, want: errStop,
			log: []string{
				"0 connecting 1", "0 playing 1", "5 backoff 1: playing: no frame arrived", "5 ended 1",
			},
		},
		"a camera that ends has ended": {
			live: true, acts: []act{{play: s, every: s}},
			log: []string{"0 connecting 1", "0 playing 1", "2 ended 1"},
		},
		"a camera is tried again, at most every 30 s": {
			live: true, acts: []act{refused}, stop: 150 * s, want: errStop,
			log: []string{
				"0 connecting 1", "1 backoff 1: broken", "2 connecting 2: broken", "3 backoff 2: broken",
				"5 connecting 3: broken", "6 backoff 3: broken", "10 connecting 4: broken", "11 backoff 4: broken",
				"19 connecting 5: broken", "20 backoff 5: broken", "36 connecting 6: broken", "37 backoff 6: broken",
				"67 connecting 7: broken", "68 backoff 7: broken", "98 connecting 8: broken", "99 backoff 8: broken",
				"129 connecting 9: broken", "130 backoff 9: broken", "150 ended 9",
			},
		},
		"the pause starts anew after it has played": {
			live: true, acts: []act{refused, refused, {play: 39 * s, every: s, err: errTest}, {}},
			log: []string{
				"0 connecting 1", "1 backoff 1: broken", "2 connecting 2: broken", "3 backoff 2: broken",
				"5 connecting 3: broken", "5 playing 3: broken", "35 playing 1", "45 backoff 1: broken", "46 connecting 2: broken", "46 ended 2",
			},
		},
		"but not when it played for a moment": {
			live: true, acts: []act{refused, {play: s, every: s, err: errTest}, {}},
			log: []string{
				"0 connecting 1", "1 backoff 1: broken", "2 connecting 2: broken", "2 playing 2: broken", "4 backoff 2: broken",
				"6 connecting 3: broken", "6 ended 3",
			},
		},
		"a stall": {
			live: true, acts: []act{{play: 8 * s, every: 4 * s, hang: 1000 * s}, {connect: 1000 * s}, {}}, stall: 5 * s,
			log: []string{
				"0 connecting 1", "0 playing 1", "13 stalled 1: no frame arrived for 5s", "13 backoff 1: no frame arrived for 5s",
				"14 connecting 2: no frame arrived for 5s", "19 stalled 2: no frame arrived for 5s", "19 backoff 2: no frame arrived for 5s",
				"21 connecting 3: no frame arrived for 5s", "21 ended 3",
			},
		},
		"a refused password is tried slowly": {
			live: true, acts: []act{{err: ErrAuth}}, stop: 100 * s, want: errStop,
			log: []string{
				"0 connecting 1", "0 backoff 1: authentication failed", "30 connecting 2: authentication failed",
				"30 backoff 2: authentication failed", "90 connecting 3: authentication failed",
				"90 backoff 3: authentication failed", "100 ended 3",
			},
		},
		"a few frames and a long silence are not playing well": {
			live: true, acts: []act{refused, {play: s, every: s, hang: 118 * s, err: errTest}, {}}, stall: 200 * s,
			log: []string{
				"0 connecting 1", "1 backoff 1: broken", "2 connecting 2: broken", "2 playing 2: broken",
				"122 backoff 2: broken", "124 connecting 3: broken", "124 ended 3",
			},
		},
		"ctx ends while it connects": {
			live: true, acts: []act{{connect: 9 * s}}, stop: 5 * s, want: errStop,
			log: []string{"0 connecting 1", "5 ended 1"},
		},
		"ctx ends while a file plays": {
			acts: []act{{play: 9 * s, every: s}}, stop: 5 * s, want: errStop,
			log: []string{"0 connecting 1", "0 playing 1", "5 ended 1"},
		},
		"a plugin that is missing stays missing": {
			live: true, acts: []act{{err: ErrMissingPlugin}}, want: ErrMissingPlugin,
			log: []string{"0 connecting 1", "0 failed 1: missing GStreamer plugin"},
		},
		"a recording that is played like a camera stays cut off": {
			live: true, acts: []act{{play: 3 * s, every: s, err: ErrTruncated}}, want: ErrTruncated,
			log: []string{"0 connecting 1", "0 playing 1", "4 failed 1: truncated"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g, _, _ := newGate(t, GateConfig{Policy: DropOldest}, 3)
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				if tc.stop > 0 {
					time.AfterFunc(tc.stop, func() { cancel(errStop) })
				}
				start := time.Now()
				var log []string
				opts := Backoff{Stall: tc.stall, Rand: func() float64 { return all }}
				err := Supervise(ctx, &script{live: tc.live, acts: tc.acts}, g, opts, func(s Status) {
					line := fmt.Sprintf("%.0f %v %d", time.Since(start).Seconds(), s.State, s.Attempt)
					if s.Err != nil {
						line += ": " + s.Err.Error()
					}
					if s.State != Playing && time.Since(s.Since) != 0 {
						t.Errorf("%s: since %v ago", line, time.Since(s.Since))
					}
					log = append(log, line)
				})
				if !errors.Is(err, tc.want) {
					t.Errorf("got %v, want %v", err, tc.want)
				}
				if !slices.Equal(log, tc.log) {
					t.Errorf("got  %q\nwant %q", log, tc.log)
				}
				drain(g)
				if _, over := takeFrom(g); !over {
					t.Error("the gate is open")
				}
			})
		})
	}
}

var errStop = errors.New("stop")

// A source that policy block holds back is not stalled: the graph is.
func TestBlockedIsNotStalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _, _ := newGate(t, GateConfig{Queue: 1}, 3)
		m := NewMux(g)
		time.AfterFunc(time.Minute, func() {
			go func() {
				for f, err := m.Next(t.Context()); err == nil; f, err = m.Next(t.Context()) {
					f.Release()
				}
			}()
		})
		src := &script{live: true, acts: []act{{play: 3 * time.Second, every: time.Second}}}
		var states []State
		err := Supervise(t.Context(), src, g, Backoff{Stall: 2 * time.Second}, func(s Status) { states = append(states, s.State) })
		if want := []State{Connecting, Playing, Ended}; err != nil || !slices.Equal(states, want) {
			t.Errorf("%v, %v, want %v", err, states, want)
		}
	})
}

// A Gate that the graph's end closed ends its source, live or not.
func TestSuperviseEndsWithItsGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, pool, ledger := newGate(t, GateConfig{Policy: DropOldest}, 3)
		time.AfterFunc(5500*time.Millisecond, g.Discard)
		src := &script{live: true, acts: []act{{play: time.Hour, every: time.Second}}}
		if err := Supervise(t.Context(), src, g, Backoff{}, nil); !errors.Is(err, ErrClosed) {
			t.Errorf("got %v", err)
		}
		c := ledger.Counts()
		if c.In != 6 || c.InFlight != 0 || c.Dropped[frame.Cancelled.String()] != 2 || pool.Free() != 3 {
			t.Errorf("%+v, %d frames free", c, pool.Free())
		}
	})
}

func TestPauseIsJittered(t *testing.T) {
	for _, tc := range []struct {
		failures int
		rand     float64
		err      error
		want     time.Duration
	}{
		{1, all, nil, time.Second},
		{1, 0.5, nil, 500 * time.Millisecond},
		{1, 0, nil, 100 * time.Millisecond},
		{3, all, nil, 4 * time.Second},
		{6, all, nil, 30 * time.Second},
		{1000000000, 0.5, nil, 15 * time.Second},
		{1, 0, ErrAuth, time.Minute},
		{1, all, ErrAuth, 30 * time.Second},
		{4, 0.5, fmt.Errorf("opening: %w", ErrAuth), 6 * time.Minute},
		{9, 0, ErrAuth, 15 * time.Minute},
	} {
		b := Backoff{Rand: func() float64 { return tc.rand }}.withDefaults()
		if got := b.pause(tc.failures, tc.err); (got - tc.want).Abs() > time.Microsecond {
			t.Errorf("pause after %d at %v, %v: %v, want %v", tc.failures, tc.rand, tc.err, got, tc.want)
		}
	}
	if s := State(99).String(); s != "State(99)" || Waiting.String() != "backoff" {
		t.Errorf("%s, %s", s, Waiting)
	}
}
