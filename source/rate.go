package source

import "time"

// rate is the limit of one camera: every-n, then max_fps.
type rate struct {
	every, count int
	period       time.Duration // of max_fps, 0: no limit

	started bool
	pts     time.Duration // of the frame before
	wall    time.Time     // and when it came
	step    time.Duration // last advance of the PTS
	now     time.Duration // stream time, made to advance
	due     time.Duration // when the next frame is wanted
}

func newRate(every int, maxFPS float64) rate {
	r := rate{every: every}
	if maxFPS > 0 {
		// Rounded down: a stream of just that rate must not lose a frame.
		r.period = time.Duration(min(float64(time.Second)/maxFPS, float64(1<<60)))
	}
	return r
}

// admit says whether the next frame is within the limits.
func (r *rate) admit(pts time.Duration) bool {
	if r.every > 1 {
		nth := r.count
		r.count = (r.count + 1) % r.every
		if nth != 0 {
			return false
		}
	}
	return r.period == 0 || r.onTime(pts)
}

// onTime keeps the frames nearest to a grid of one per period. The grid, not
// the frame before, fixes the next due time: so the average is exact whatever
// the stream's own rate. A quarter period of slack absorbs jitter.
func (r *rate) onTime(pts time.Duration) bool {
	r.advance(pts)
	if r.now+r.period/4 < r.due {
		return false
	}
	r.due += r.period
	if r.due < r.now { // more than a period late: no burst afterwards
		r.due = r.now + r.period
	}
	return true
}

// advance moves stream time on by the PTS where it grows. Where it went back (a
// loop, a camera's clock set) it takes the last step again; where it stands
// still, or nothing else is known, the time that passed here.
func (r *rate) advance(pts time.Duration) {
	d := pts - r.pts
	switch {
	case !r.started:
		r.started, d = true, 0
	case d > 0:
		r.step = d
	case d < 0 && r.step > 0:
		d = r.step
	default:
		d = time.Since(r.wall)
	}
	r.pts, r.wall = pts, time.Now()
	r.now += d
}
