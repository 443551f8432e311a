package stages

import (
	"time"

	"braid/internal/histogram"
)

// NodeStats is what one node did since the Graph was made. The times are sums
// over its workers; a wait or a call that still goes on is not in them, nor is the
// wait behind the last Job. The node with the highest Busy per worker is the
// bottleneck.
type NodeStats struct {
	Name    string
	Workers []uint64      // Jobs that went through Process, by worker
	Busy    time.Duration // in Process, and waiting for room on a device
	Blocked time.Duration // waiting for room behind the node; 0 in RunSerial
	Starved time.Duration // waiting for a Job; 0 in RunSerial
	Queued  int           // Jobs that wait behind the node now, of Queue
	Queue   int

	// The same times Job by Job. They are the caller's: what was counted later is
	// found by Since.
	BusyEach, BlockedEach, StarvedEach *histogram.Counts
}

// Stats reads the nodes in data order. It may be called while the Graph runs.
func (g *Graph) Stats() []NodeStats {
	g.mu.Lock()
	edges := g.edges
	g.mu.Unlock()
	out := make([]NodeStats, len(g.nodes))
	for i, n := range g.nodes {
		busy, blocked, starved := n.busy.Read(), n.blocked.Read(), n.starved.Read()
		out[i] = NodeStats{
			Name:    n.Name,
			Workers: n.counts(),
			Busy:    busy.Sum, Blocked: blocked.Sum, Starved: starved.Sum,
			BusyEach: busy, BlockedEach: blocked, StarvedEach: starved,
			Queue: n.Queue,
		}
		if i+1 < len(edges) {
			out[i].Queued = len(edges[i+1].jobs)
		}
	}
	return out
}

func (n *node) counts() []uint64 {
	out := make([]uint64, len(n.workers))
	for i, w := range n.workers {
		out[i] = w.count.Load()
	}
	return out
}
