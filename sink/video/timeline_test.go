package video

import (
	"testing"
	"time"

	"braid/internal/frame"
)

func TestLiveTimes(t *testing.T) {
	begin := time.Now()
	at := func(l timeline, camera string, capture, arrived, pts time.Duration) time.Duration {
		f := &frame.Frame{}
		f.Camera, f.PTS, f.Arrived = camera, pts, begin.Add(arrived)
		if capture != 0 {
			f.Capture = begin.Add(capture)
		}
		return l.at(f)
	}
	one := newLive([]string{"a"})
	if a, b := at(one, "a", 0, 1, 7*time.Second), at(one, "a", 0, 2, 9*time.Second); a != 0 || b != 2*time.Second {
		t.Errorf("one camera without a clock: %v, %v, want its stream times", a, b)
	}
	two := newLive([]string{"a", "b"})
	if a, b := at(two, "a", time.Second, 2*time.Second, 0), at(two, "b", 0, 4*time.Second, 0); a != 0 || b != 3*time.Second {
		t.Errorf("a camera without a clock beside another: %v, %v", a, b)
	}
}

// A camera's clock may be anything, and begin to be told in the middle: it says
// how far apart its frames are, this host's says when.
func TestLiveTimesOfWrongClocks(t *testing.T) {
	const latency, period = 300 * time.Millisecond, 40 * time.Millisecond
	zone := func(skew time.Duration) func(time.Duration) time.Duration {
		return func(time.Duration) time.Duration { return skew }
	}
	from := func(at, skew time.Duration) func(time.Duration) time.Duration { // wall until the first sender report
		return func(now time.Duration) time.Duration {
			if now < at {
				return 0
			}
			return skew
		}
	}
	for name, skews := range map[string][]func(time.Duration) time.Duration{
		"right":                        {zone(0)},
		"behind from the first report": {from(2*time.Second, -time.Hour)},
		"ahead from the first report":  {from(2*time.Second, time.Hour)},
		"ahead, set right":             {func(now time.Duration) time.Duration { return time.Hour - from(2*time.Second, time.Hour)(now) }},
		"before the epoch":             {zone(-100 * 365 * 24 * time.Hour)},
		"one of two is behind":         {zone(0), zone(-time.Hour)},
		"one of two is ahead":          {zone(time.Hour), zone(0)},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLive([]string{"a", "b"}[:len(skews)])
			begin := time.Now()
			for now := time.Duration(0); now < 5*time.Second; now += period {
				for i, skew := range skews {
					f := &frame.Frame{}
					f.Camera = string(rune('a' + i))
					f.Capture = begin.Add(now + skew(now))
					// The network delays every other frame: the clip need not show that.
					f.Arrived = begin.Add(now + latency + now/period%2*30*time.Millisecond)
					if at := l.at(f); (at - now).Abs() > latency+30*time.Millisecond {
						t.Fatalf("camera %d at %v is shown at %v", i, now, at)
					}
				}
			}
			f, g := &frame.Frame{}, &frame.Frame{}
			f.Camera, g.Camera = "a", "a"
			f.Capture = begin.Add(6*time.Second + skews[0](6*time.Second))
			g.Capture = f.Capture.Add(period)
			f.Arrived, g.Arrived = begin.Add(6*time.Second+latency), begin.Add(6*time.Second+2*latency)
			if d := -l.at(f) + l.at(g); d != period {
				t.Errorf("frames that were taken %v apart are shown %v apart", period, d)
			}
		})
	}
}
