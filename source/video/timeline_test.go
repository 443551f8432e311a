package video

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"braid/internal/frame"
	"braid/internal/gst"
)

const ms = time.Millisecond

func TestTimeline(t *testing.T) {
	const again = -12345 * time.Hour // not a PTS: a call of restart
	tests := []struct {
		name     string
		duration time.Duration
		fps      float64
		in, want []time.Duration
	}{
		{"plain", 40 * ms, 25, []time.Duration{0, 40 * ms, 80 * ms}, []time.Duration{0, 40 * ms, 80 * ms}},
		{"starts late", 40 * ms, 25, []time.Duration{5000 * ms, 5040 * ms}, []time.Duration{5000 * ms, 5040 * ms}},
		{"jump forward", 40 * ms, 25, []time.Duration{0, 9000 * ms}, []time.Duration{0, 9000 * ms}},
		{"jump back", 40 * ms, 25, []time.Duration{9000 * ms, 0, 40 * ms}, []time.Duration{9000 * ms, 9040 * ms, 9080 * ms}},
		{"repeated", 40 * ms, 25, []time.Duration{80 * ms, 80 * ms, 40 * ms, 120 * ms}, []time.Duration{80 * ms, 80*ms + 1, 80*ms + 2, 120 * ms}},
		{"all missing, by rate", -1, 50, []time.Duration{-1, -1, -1}, []time.Duration{0, 20 * ms, 40 * ms}},
		{"all missing, no rate", -1, 0, []time.Duration{-1, -1}, []time.Duration{0, 40 * ms}},
		{"one missing", 30 * ms, 0, []time.Duration{60 * ms, -1, 120 * ms}, []time.Duration{60 * ms, 90 * ms, 120 * ms}},
		{"loop", 40 * ms, 25, []time.Duration{0, 40 * ms, again, 0, 40 * ms, again, 0}, []time.Duration{0, 40 * ms, 80 * ms, 120 * ms, 160 * ms}},
		{"loop that starts late", 40 * ms, 25, []time.Duration{500 * ms, again, 500 * ms, 540 * ms}, []time.Duration{500 * ms, 540 * ms, 580 * ms}},
		{"loop without a first PTS", 40 * ms, 25, []time.Duration{0, again, -1, 40 * ms}, []time.Duration{0, 40 * ms, 80 * ms}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var tl timeline
			var got []time.Duration
			for _, pts := range tt.in {
				if pts == again {
					tl.restart()
					continue
				}
				got = append(got, tl.next(pts, tt.duration, tt.fps))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

// A camera that comes back goes on where it would be had it never gone.
func TestTimelineResumes(t *testing.T) {
	var tl timeline
	got := []time.Duration{tl.next(7000*ms, 40*ms, 25), tl.next(7040*ms, 40*ms, 25)}
	tl.resume(5000 * ms)
	got = append(got, tl.next(130*ms, 40*ms, 25), tl.next(170*ms, 40*ms, 25))
	tl.resume(0) // the clock was set
	got = append(got, tl.next(-1, 40*ms, 25), tl.next(0, 40*ms, 25), tl.next(40*ms, 40*ms, 25))
	if want := []time.Duration{7000 * ms, 7040 * ms, 12040 * ms, 12080 * ms, 12120 * ms, 12160 * ms, 12200 * ms}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestTimelineAlwaysIncreases(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tl timeline
		last := time.Duration(-1)
		for range rapid.IntRange(1, 50).Draw(t, "frames") {
			switch rapid.IntRange(0, 9).Draw(t, "restart") {
			case 0:
				tl.restart()
			case 1:
				tl.resume(time.Duration(rapid.Int64Range(-1e12, 1e12).Draw(t, "gap")))
			}
			pts := time.Duration(rapid.Int64Range(-1, int64(100*time.Hour)).Draw(t, "pts"))
			d := time.Duration(rapid.Int64Range(-1, int64(time.Second)).Draw(t, "duration"))
			at := tl.next(pts, d, rapid.Float64Range(0, 2e9).Draw(t, "fps"))
			if at <= last {
				t.Fatalf("%v after %v", at, last)
			}
			last = at
		}
	})
}

func TestCaptureTimes(t *testing.T) {
	arrived, sent := time.Unix(100, 0), time.Unix(50, 0)
	report := &gst.Sample{Captured: sent, Timed: true, Age: time.Second}
	plain, untimed := &gst.Sample{Timed: true, Age: time.Second}, &gst.Sample{Captured: sent}
	second := arrived.Add(-time.Second)
	for _, c := range []struct {
		clock  string
		live   bool
		sample *gst.Sample
		want   frame.Clock
		at     time.Time
		since  time.Time
	}{
		{"", true, report, frame.ClockRTCP, sent, second},
		{"rtcp", true, report, frame.ClockRTCP, sent, second},
		{"rtcp", true, untimed, frame.ClockRTCP, sent, arrived},
		{"rtcp", true, plain, frame.ClockWall, second, second},
		{"wall", true, report, frame.ClockWall, second, second},
		{"wall", true, untimed, frame.ClockWall, arrived, arrived},
		{"pts", true, report, frame.ClockPTS, time.Time{}, time.Time{}},
		{"", false, plain, frame.ClockPTS, time.Time{}, time.Time{}},
	} {
		p := plan{live: c.live, aged: c.live, clock: c.clock}
		if clock, at, since := p.capture(c.sample, arrived); clock != c.want || !at.Equal(c.at) || !since.Equal(c.since) {
			t.Errorf("clock %q, live %t: %v at %v, since %v; want %v at %v, since %v", c.clock, c.live, clock, at, since, c.want, c.at, c.since)
		}
	}
}
