package video

import (
	"time"

	"braid/internal/frame"
)

// timeline says when in the clip a frame is shown.
type timeline interface {
	at(f *frame.Frame) time.Duration
}

// usual is how long a frame lasts where nothing tells.
const usual = 40 * time.Millisecond

// reel lays recordings one behind the other, each by its own stream times.
type reel struct {
	camera string
	offset time.Duration // added to the stream time of that camera
	last   time.Duration
	step   time.Duration // between the last two frames
}

func newReel() *reel { return &reel{last: -usual, step: usual} }

func (r *reel) at(f *frame.Frame) time.Duration {
	if f.Camera != r.camera {
		r.camera, r.offset = f.Camera, r.last+r.step-f.PTS
	}
	at := f.PTS + r.offset
	if at > r.last {
		r.step = at - r.last
	}
	r.last = at
	return at
}

// live is this host's clock. A capture clock says only how far apart the frames
// of a camera are: it may be hours off, and a camera's own takes the place of this
// host's when its first sender report comes. Cameras without one go by when their
// frames arrive, unless there is but one: its stream times are then as good.
type live struct {
	start time.Time
	skew  map[string]time.Duration // by camera: what its clock lacks
	alone *reel                    // nil where there are several cameras
}

// leeway is how far a capture clock may be from this host's before it is set.
// Latency is less, as a rule.
const leeway = 2 * time.Second

func newLive(cameras []string) *live {
	l := &live{skew: map[string]time.Duration{}}
	if len(cameras) == 1 {
		l.alone = newReel()
	}
	return l
}

func (l *live) at(f *frame.Frame) time.Duration {
	now := f.Arrived
	switch {
	case !f.Capture.IsZero():
		now = l.captured(f)
	case l.alone != nil:
		return l.alone.at(f)
	}
	if l.start.IsZero() {
		l.start = now
	}
	return now.Sub(l.start)
}

// captured is when a frame was taken, by this host's clock. It is told from the
// arrival, whose monotonic reading outlasts a change of this host's time.
func (l *live) captured(f *frame.Frame) time.Time {
	ahead := f.Capture.Add(l.skew[f.Camera]).Sub(f.Arrived)
	if ahead.Abs() > leeway {
		l.skew[f.Camera], ahead = f.Arrived.Sub(f.Capture), 0
	}
	return f.Arrived.Add(ahead)
}
