package stages

import (
	"sync"
	"time"
)

// fault lets one report a second of a repeated fault through.
type fault struct {
	mu   sync.Mutex
	last time.Time
	held int
}

// report calls emit with the number of reports held back since the last one, or
// holds this one back.
func (f *fault) report(emit func(more int)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if !f.last.IsZero() && now.Sub(f.last) < time.Second {
		f.held++
		return
	}
	emit(f.held)
	f.last, f.held = now, 0
}
