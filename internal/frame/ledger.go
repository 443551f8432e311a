package frame

import (
	"maps"
	"sync"
	"sync/atomic"
)

// Reason is why a frame was dropped.
type Reason uint8

// The reasons of the contract: the Gate's policy, a rate limit (max_fps,
// every-n), a deadline that cannot be met, the end of the program. Spool is the
// only one behind the graph: the frame's message waited on disk for a server that
// was away, and had to make room.
const (
	Policy Reason = iota
	Rate
	Late
	Cancelled
	Spool
	numReasons
)

func (r Reason) String() string {
	return [...]string{"policy", "rate", "late", "cancelled", "spool"}[r]
}

// Reasons are all of them as Counts spells them.
func Reasons() []string {
	out := make([]string, numReasons)
	for r := range numReasons {
		out[r] = r.String()
	}
	return out
}

// Ledger accounts for every frame of one camera: each that came in ends in
// exactly one of published, failed or dropped, or is still in flight. Its
// methods are safe for concurrent use and allocate nothing, but for the first
// failure in a stage.
type Ledger struct {
	in, published atomic.Uint64
	spooled       atomic.Int64
	dropped       [numReasons]atomic.Uint64

	mu     sync.Mutex
	failed map[string]uint64
}

// CountIn counts a decoded frame that reached the Gate.
func (l *Ledger) CountIn() { l.in.Add(1) }

// CountPublished counts a frame that every required sink took.
func (l *Ledger) CountPublished() { l.published.Add(1) }

// CountSpooled counts a frame, still in flight, whose message a sink has put on
// disk, and CountUnspooled one that has left the disk, which the sink may do first.
func (l *Ledger) CountSpooled() { l.spooled.Add(1) }

// CountUnspooled is CountSpooled's end.
func (l *Ledger) CountUnspooled() { l.spooled.Add(-1) }

// CountDropped counts a frame that was given up for a reason.
func (l *Ledger) CountDropped(why Reason) { l.dropped[why].Add(1) }

// CountFailed counts a frame that failed in a stage or sink, by its name.
func (l *Ledger) CountFailed(where string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil {
		l.failed = map[string]uint64{}
	}
	l.failed[where]++
}

// Counts is a Ledger at one moment.
type Counts struct {
	In        uint64            `json:"in"`
	Published uint64            `json:"published"`
	Failed    map[string]uint64 `json:"failed,omitempty"`  // by stage or sink
	Dropped   map[string]uint64 `json:"dropped,omitempty"` // by reason
	InFlight  uint64            `json:"in_flight"`
	Spooled   uint64            `json:"spooled,omitempty"` // of those in flight, whose message waits on disk for its server
}

// Counts reads the Ledger. While frames move, InFlight may be off by the few
// that moved during the call; at rest it is exact.
func (l *Ledger) Counts() Counts {
	c := Counts{Spooled: uint64(max(l.spooled.Load(), 0)), Published: l.published.Load()}
	done := c.Published
	for r := range l.dropped {
		if n := l.dropped[r].Load(); n > 0 {
			if c.Dropped == nil {
				c.Dropped = map[string]uint64{}
			}
			c.Dropped[Reason(r).String()] = n
			done += n
		}
	}
	l.mu.Lock()
	c.Failed = maps.Clone(l.failed)
	l.mu.Unlock()
	for _, n := range c.Failed {
		done += n
	}
	// Read last: a frame is counted in before it can be done.
	c.In = l.in.Load()
	c.InFlight = c.In - done
	c.Spooled = min(c.Spooled, c.InFlight)
	return c
}
