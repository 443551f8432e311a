package video

import "time"

const (
	// fallbackStep is the distance of frames of which nothing is known.
	fallbackStep = 40 * time.Millisecond
	// slack is how far time stamps may run back before it is a jump and not a
	// camera that numbers its frames badly.
	slack = time.Second
	// maxStep bounds the step after a frame that claims to last for ever.
	maxStep = time.Hour
)

// timeline makes strictly increasing stream times out of a stream's PTS, over
// missing ones, jumps back and new starts.
type timeline struct {
	last   time.Duration // PTS given to the frame before
	step   time.Duration // distance of the frame after it
	offset time.Duration // added to the stream's own PTS
	begun  bool
	rebase bool          // the next PTS continues where the last frame ended
	gap    time.Duration // and so much later
}

// restart says that the stream begins again: what follows continues after the
// last frame.
func (t *timeline) restart() { t.rebase = t.begun }

// resume says that the stream begins again some time after its last frame, which is
// the distance of the next one.
func (t *timeline) resume(after time.Duration) {
	t.restart()
	t.gap = max(after-t.step, 0)
}

// next is the stream time of a frame with the given PTS and duration (negative:
// unknown) in a stream of fps (0: unknown). A first frame without PTS is at 0. A
// jump forward is kept, a small step back becomes the smallest step forward, a
// large one continues after the last frame.
func (t *timeline) next(pts, duration time.Duration, fps float64) time.Duration {
	at := pts + t.offset
	switch {
	case !t.begun && pts < 0:
		at = 0
	case !t.begun:
	case pts < 0:
		at = t.last + t.step + t.gap
	case t.rebase || at < t.last-slack:
		at = t.last + t.step + t.gap
		t.offset = at - pts
	case at <= t.last:
		at = t.last + 1
	}
	t.begun, t.last, t.gap = true, at, 0
	if pts >= 0 {
		t.rebase = false
	}
	t.step = stepOf(duration, fps)
	return at
}

// stepOf is how long a frame lasts, at most maxStep.
func stepOf(duration time.Duration, fps float64) time.Duration {
	switch {
	case duration > 0:
		return min(duration, maxStep)
	case fps*maxStep.Seconds() > 1:
		return max(1, time.Duration(float64(time.Second)/fps))
	case fps > 0:
		return maxStep
	}
	return fallbackStep
}
