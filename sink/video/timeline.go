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

// live is the capture clock. Cameras without one go by this host's, unless there
// is but one: its stream times are then as good.
type live struct {
	start time.Time
	alone *reel // nil where there are several cameras
}

func (l *live) at(f *frame.Frame) time.Duration {
	now := f.Capture
	switch {
	case !now.IsZero():
	case l.alone != nil:
		return l.alone.at(f)
	default:
		now = f.Arrived
	}
	if l.start.IsZero() {
		l.start = now
	}
	return now.Sub(l.start)
}
