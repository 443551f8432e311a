package source

import (
	"math"
	"testing"
	"testing/synctest"
	"time"
)

// stream answers the PTS of its frame i.
type stream func(i int) time.Duration

func steady(fps float64) stream {
	return func(i int) time.Duration { return time.Duration(float64(i) * float64(time.Second) / fps) }
}

// jitter moves frames by up to d, the same way each time.
func jitter(s stream, d time.Duration) stream {
	return func(i int) time.Duration { return s(i) + time.Duration(i*7919%13-6)*d/6 }
}

func TestMaxFPS(t *testing.T) {
	tests := map[string]struct {
		in       stream
		fps, max float64 // of the stream, of the limit
		want     float64
	}{
		"25 to 15":              {steady(25), 25, 15, 15},
		"30 to 15":              {steady(30), 30, 15, 15},
		"30 to 20":              {steady(30), 30, 20, 20},
		"29.97 to 7":            {steady(29.97), 29.97, 7, 7},
		"60 to 0.5":             {steady(60), 60, 0.5, 0.5},
		"15 to 15":              {steady(15), 15, 15, 15},
		"15 to 15, with jitter": {jitter(steady(15), 8*time.Millisecond), 15, 15, 15},
		"25 to 15, with jitter": {jitter(steady(25), 9*time.Millisecond), 25, 15, 15},
		"10 to 15":              {steady(10), 10, 15, 10},
		"a loop of 4 s":         {func(i int) time.Duration { return steady(25)(i % 100) }, 25, 15, 15},
		"jumps of an hour ahead": {
			func(i int) time.Duration { return steady(25)(i) + time.Duration(i/250)*time.Hour }, 25, 15, 15,
		},
		"a clock set back": {
			func(i int) time.Duration { return steady(25)(i) - time.Duration(i/250)*time.Minute }, 25, 15, 15,
		},
		"no limit": {steady(25), 25, 0, 25},
		"beyond":   {steady(25), 25, 1e12, 25},
	}
	for name, tc := range tests {
		r := newRate(1, tc.max)
		const frames = 5000
		kept := 0
		for i := range frames {
			if r.admit(tc.in(i)) {
				kept++
			}
		}
		if got := float64(kept) * tc.fps / frames; math.Abs(got-tc.want) > 0.1 {
			t.Errorf("%s: %.3f frames/s, want %v", name, got, tc.want)
		}
	}
}

// Frames that are kept are evenly apart: a limit must not send bursts.
func TestMaxFPSIsEven(t *testing.T) {
	r := newRate(1, 15)
	last := time.Duration(-1)
	for i := range 1000 {
		pts := steady(30)(i)
		if i > 500 { // a gap of ten seconds must not be made good for
			pts += 10 * time.Second
		}
		if !r.admit(pts) {
			continue
		}
		if gap := pts - last; last >= 0 && gap < 66*time.Millisecond {
			t.Fatalf("frame at %v only %v after the one before", pts, gap)
		}
		last = pts
	}
}

func TestMaxFPSWithoutTimeStamps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRate(1, 15)
		tick := time.NewTicker(40 * time.Millisecond)
		defer tick.Stop()
		kept := 0
		for range 1000 { // 40 s
			<-tick.C
			if r.admit(0) {
				kept++
			}
		}
		if got := float64(kept) / 40; math.Abs(got-15) > 0.1 {
			t.Errorf("%.3f frames/s, want 15", got)
		}
	})
}

func TestEveryComesBeforeMaxFPS(t *testing.T) {
	r := newRate(5, 3)
	var kept []int
	for i := range 50 { // 25/s, then 5/s, then 3/s
		if r.admit(steady(25)(i)) {
			kept = append(kept, i)
		}
	}
	for _, i := range kept {
		if i%5 != 0 {
			t.Errorf("kept %d: every 5th, from 0, wanted", i)
		}
	}
	if len(kept) != 6 {
		t.Errorf("kept %v: 3 a second of 2 s wanted", kept)
	}
}
