package source

import (
	"sync/atomic"
	"time"
)

// pulse tells the supervisor that frames arrive at a Gate.
type pulse struct {
	born    time.Time
	last    atomic.Int64  // time of the last Offer since born, 0: none since arm
	waiting atomic.Bool   // Block holds the source: silence is not its fault
	first   chan struct{} // a token at the first Offer since arm
}

// arm forgets what was, before a source runs again.
func (p *pulse) arm() {
	p.last.Store(0)
	select {
	case <-p.first:
	default:
	}
}

func (p *pulse) beat() {
	if p.last.Swap(int64(time.Since(p.born))+1) == 0 {
		notify(p.first)
	}
}

// hold marks the source as held by the Gate, until release.
func (p *pulse) hold() { p.waiting.Store(true) }

func (p *pulse) release() {
	p.beat()
	p.waiting.Store(false)
}

// silent is how long no frame came, since `since` at most. It is 0 while the
// source is held.
func (p *pulse) silent(since time.Time) time.Duration {
	if p.waiting.Load() {
		return 0
	}
	if last := p.last.Load(); last > 0 {
		since = p.born.Add(time.Duration(last))
	}
	return time.Since(since)
}
