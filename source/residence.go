package source

import (
	"slices"
	"time"

	"braid/internal/frame"
)

// residence foresees how long a frame will be in the graph from what frames took that found
// as many others in there: that tells of waiting, of workers side by side and of times
// that vary, whatever the graph. It is not safe for concurrent use.
type residence struct {
	inside int       // frames in the graph
	left   int       // frames that have left it
	found  []history // by the frames that were inside

	gap   time.Duration // mean time between two that leave while there are more
	since time.Time     // when the last one left
	flows bool          // there were more then
}

// history is how long frames were in the graph that found the same number of others.
type history struct {
	stays   [remembered]time.Duration // of the last ones
	longest time.Duration             // of them
	n       int                       // in all
	last    int                       // residence.left when the last one left
}

const (
	// remembered is how many frames of each history count: the longest of them is not
	// exceeded but by one of so many and one.
	remembered = 64
	// forgotten is after how many frames a history without a new one is out of date. Then
	// as many in the graph are tried again, with one frame of so many.
	forgotten = 256
	// smoothing is the weight of the newest gap.
	smoothing = 16
)

// expected is how long a frame that enters now will be in the graph at most, but for about
// one in a hundred; 0 where nothing is known. Each frame inside more than was seen of late
// is a gap more, and so is little experience.
func (r *residence) expected() (most time.Duration) {
	seen := 0
	for n := range min(r.inside+1, len(r.found)) {
		if h := &r.found[n]; h.n > 0 && r.left-h.last < forgotten {
			seen = n
			if h.n < remembered {
				seen--
			}
			most = max(most, h.longest)
		}
	}
	if most == 0 {
		return 0
	}
	return most + time.Duration(r.inside-seen)*r.gap
}

// enter notes a frame that the graph takes.
func (r *residence) enter(m *frame.Meta, now time.Time) {
	m.Taken, m.Found = now, r.inside
	r.inside++
}

// leave notes a frame that has left the graph.
func (r *residence) leave(m *frame.Meta, now time.Time) {
	for len(r.found) <= m.Found { // up to the frames in flight, once
		r.found = append(r.found, history{})
	}
	h := &r.found[m.Found]
	if h.n > 0 && r.left-h.last >= forgotten {
		h.n = 0
	}
	h.stays[h.n%remembered] = now.Sub(m.Taken)
	h.n++
	h.longest = slices.Max(h.stays[:min(h.n, remembered)])
	r.left++
	h.last = r.left
	if r.flows {
		r.gap += (now.Sub(r.since) - r.gap) / smoothing
	}
	r.inside--
	r.since, r.flows = now, r.inside > 0
}
