package stages

import (
	"sync"
	"time"

	"braid/internal/histogram"
)

// A node's time is judged by the median of a window, so that a few slow frames are
// no drift. Fewer than driftLeast frames tell little: the window then goes on.
const (
	driftTick   = time.Second
	driftWindow = 10 * time.Second
	driftEnough = 500 // frames that end a window before its time
	driftLeast  = 30
	driftRatio  = 1.25
)

// drift holds a node's time in Process against its Expect. One goroutine uses it.
type drift struct {
	*node
	begun  time.Time         // the window
	before *histogram.Counts // what the node had done then
	said   time.Duration     // the time that was logged last, at first Expect
}

// watch looks at the nodes that expect something, until the function that it gives
// is called; that one looks once more. The cost is a reading of their histograms
// once a second, and nothing for a frame.
func (g *Graph) watch() (stop func()) {
	var watched []*drift
	for _, n := range g.nodes {
		if n.Expect > 0 {
			watched = append(watched, &drift{node: n, begun: time.Now(), before: n.busy.Read(), said: n.Expect})
		}
	}
	if watched == nil {
		return func() {}
	}
	ended := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		ticker := time.NewTicker(driftTick)
		defer ticker.Stop()
		for open := true; open; {
			select {
			case <-ticker.C:
			case <-ended:
				open = false
			}
			for _, d := range watched {
				d.look(time.Now())
			}
		}
	})
	return func() { close(ended); group.Wait() }
}

// look judges the window if it is over, and begins the next one.
func (d *drift) look(now time.Time) {
	all := d.busy.Read()
	window := all.Since(d.before)
	over := window.N >= driftEnough || window.N >= driftLeast && now.Sub(d.begun) >= driftWindow
	if !over {
		return
	}
	d.begun, d.before = now, all
	d.judge(window.Quantile(0.5))
}

// judge logs a time that is far from what the log has said last: at first from
// Expect, later from the last line, so that a lasting drift is one line. One that is too short
// is no warning: where frames come more slowly than the plan could take them, stages have
// the cores to themselves.
func (d *drift) judge(seen time.Duration) {
	if !longer(seen, d.said) && !longer(d.said, seen) {
		return
	}
	d.said = seen
	log := d.log.With("stage", d.Name, "expected", d.Expect, "seen", seen.Round(time.Microsecond))
	switch {
	case longer(seen, d.Expect):
		log.Warn("stage drifts from its plan")
	case longer(d.Expect, seen):
		log.Info("stage is faster than its plan")
	default:
		log.Info("stage keeps to its plan again")
	}
}

// longer says whether one time is over 25 % more than the other.
func longer(a, b time.Duration) bool { return float64(a) > driftRatio*float64(b) }
