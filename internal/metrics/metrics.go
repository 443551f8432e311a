// Package metrics shows a running braid to Prometheus and to those who ask whether it is
// well. It owns the names of the metrics and the HTTP listener. Nothing is counted here:
// at each scrape it reads what the parts of the program count anyway, so that a frame
// costs nothing more.
package metrics

import (
	"braid/internal/frame"
	"braid/internal/histogram"
)

// Snapshot is an instance at one moment.
type Snapshot struct {
	Version string // of the program
	Cameras []Camera
	Stages  []Stage
	Sinks   []Sink
}

// Camera is one camera, from its source to its last message.
type Camera struct {
	Name    string
	State   string // as source.State spells it
	Attempt int    // to connect, since it last played well, from 1
	Counts  frame.Counts
	Queued  int               // frames that wait for the graph
	Age     *histogram.Counts // of messages, from capture; nil where the capture is not known
}

// Stage is one node of a model's graph.
type Stage struct {
	Model, Name            string
	On                     string // devices
	Workers                int
	Queued, Queue          int               // jobs that wait behind it, of so many
	Busy, Blocked, Starved *histogram.Counts // job by job
}

// Sink is where messages go.
type Sink struct {
	Name      string
	Connected bool
	Pending   uint64 // messages that the server has not confirmed yet
	Spooled   uint64 // messages that wait on disk
	Dropped   uint64 // messages that were given up
}
