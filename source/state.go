package source

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// State is what a supervised Source does.
type State uint8

// The states of a camera. Stalled is a source that is open but has sent nothing
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

// Status is a source's state and how it came to it.
type Status struct {
	State   State
	Since   time.Time     // when it entered State
	Attempt int           // tries since the source last played well, from 1
	Tries   uint64        // tries in all
	Err     error         // what went wrong last; kept until the source has played well, or ended
	Pause   time.Duration // Waiting: time until the next try
}

// Backoff says how a live source is tried again. The longest pause doubles from
// First to Max with each failure, and the pause is drawn from all of it ("full
// jitter"), so that cameras behind one switch do not come back in step. It is
// never below a tenth of First.
type Backoff struct {
	First time.Duration // 0: 1 s
	Max   time.Duration // 0: 30 s
	// Refused is First where the camera refused the user or password: cameras lock
	// an account after a few wrong ones. It doubles to 15 times as long, and no
	// more than half of a pause is left to chance. 0: 1 min.
	Refused time.Duration
	Good    time.Duration  // a source that has sent frames for so long starts at First again; 0: 30 s
	Stall   time.Duration  // longest silence of a live source, also while connecting; 0: 10 s
	Rand    func() float64 // in [0,1); nil: math/rand
}

func (b Backoff) withDefaults() Backoff {
	for _, d := range []struct {
		of    *time.Duration
		value time.Duration
	}{{&b.First, time.Second}, {&b.Max, 30 * time.Second}, {&b.Refused, time.Minute}, {&b.Good, 30 * time.Second}, {&b.Stall, 10 * time.Second}} {
		if *d.of <= 0 {
			*d.of = d.value
		}
	}
	b.Max = max(b.Max, b.First)
	if b.Rand == nil {
		b.Rand = rand.Float64
	}
	return b
}

// pause before the next try, after `failures` in a row (at least 1), the last of
// which was err.
func (b Backoff) pause(failures int, err error) time.Duration {
	if errors.Is(err, ErrAuth) {
		d := doubled(b.Refused, 15*b.Refused, failures)
		return d - time.Duration(b.Rand()*float64(d)/2)
	}
	d := doubled(b.First, b.Max, failures)
	return max(time.Duration(b.Rand()*float64(d)), b.First/10)
}

// doubled is first, doubled with each failure behind the first one, up to most.
func doubled(first, most time.Duration, failures int) time.Duration {
	d := first
	for range failures - 1 {
		if d >= most {
			break
		}
		d *= 2
	}
	return min(d, most)
}

// machine is the state of one source as its supervisor drives it: each method is
// an event and gives the new Status. It waits for nothing.
type machine struct {
	opts   Backoff
	live   bool
	status Status
}

func (m *machine) to(s State) Status {
	m.status.State, m.status.Since, m.status.Pause = s, time.Now(), 0
	return m.status
}

// try begins a try.
func (m *machine) try() Status {
	m.status.Attempt++
	m.status.Tries++
	return m.to(Connecting)
}

// frame is the first frame of a try.
func (m *machine) frame() Status { return m.to(Playing) }

// playedWell says that frames have come for Backoff.Good: what went wrong before
// is over. The state stays, and so does the time since when.
func (m *machine) playedWell() Status {
	m.status.Attempt, m.status.Err = 1, nil
	return m.status
}

// stall is a silence that was too long.
func (m *machine) stall(err error) Status {
	m.status.Err = err
	return m.to(Stalled)
}

// fail is a try that ended with err, which retrying may mend or not.
func (m *machine) fail(err error) Status {
	m.status.Err = err
	if m.hopeless(err) {
		return m.to(Failed)
	}
	pause := m.opts.pause(m.status.Attempt, err)
	m.to(Waiting)
	m.status.Pause = pause
	return m.status
}

// end is the end of the stream, or of whoever wanted it.
func (m *machine) end() Status {
	m.status.Err = nil
	return m.to(Ended)
}

// hopeless says that trying again mends nothing: a recording does not change, also where it
// is played like a camera, and a plugin that is missing stays missing.
func (m *machine) hopeless(err error) bool {
	return !m.live || errors.Is(err, ErrMissingPlugin) || errors.Is(err, ErrTruncated) || errors.Is(err, ErrUnplayable)
}
