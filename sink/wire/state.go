package wire

import (
	"encoding/json"
	"time"
)

// Camera says that a camera changed its state. It is published on each change;
// the last one again when the connection to NATS comes back. MarshalJSON fills Schema.
type Camera struct {
	Schema   string    `json:"schema" jsonschema:"always braid.v1.Camera"`
	Site     string    `json:"site" jsonschema:"name of the installation"`
	Instance string    `json:"instance" jsonschema:"which braid runs the camera"`
	Camera   string    `json:"camera" jsonschema:"name of the camera as its user wrote it"`
	Run      string    `json:"run,omitempty" jsonschema:"the run of its frames"`
	State    string    `json:"state" jsonschema:"connecting, playing, stalled, backoff, failed or ended"`
	Since    time.Time `json:"since" jsonschema:"when the camera entered this state, UTC"`
	Attempt  int       `json:"attempt,omitempty" jsonschema:"how often it was tried since it last played for half a minute"`
	Error    string    `json:"error,omitempty" jsonschema:"what went wrong last, in one line"`
	URL      string    `json:"url,omitempty" jsonschema:"where the camera is, without user and password"`
	Counts   Counts    `json:"counts" jsonschema:"the camera's ledger"`
}

// The states of a Camera.
const (
	StateConnecting = "connecting" // being opened; no frame yet
	StatePlaying    = "playing"    // frames arrive
	StateStalled    = "stalled"    // open, but no frame for too long
	StateBackoff    = "backoff"    // waiting before the next attempt
	StateFailed     = "failed"     // given up
	StateEnded      = "ended"      // a file or folder was read to its end
)

// Counts is a camera's ledger: in = published + failed + dropped + in_flight.
type Counts struct {
	In        uint64            `json:"in" jsonschema:"frames that the source delivered"`
	Published uint64            `json:"published" jsonschema:"frames whose message every required sink took"`
	Failed    map[string]uint64 `json:"failed,omitempty" jsonschema:"frames that failed, by stage or sink"`
	Dropped   map[string]uint64 `json:"dropped,omitempty" jsonschema:"frames that were given up, by reason: policy, rate, late, cancelled, or spool (on disk, before the server had the message)"`
	InFlight  uint64            `json:"in_flight" jsonschema:"frames that are in the graph or on their way to a sink"`
	Spooled   uint64            `json:"spooled,omitempty" jsonschema:"of those in flight, whose message waits on disk for the server"`
}

// Stats is the state of one braid. It is published once a second.
type Stats struct {
	Schema    string        `json:"schema" jsonschema:"always braid.v1.Stats"`
	Site      string        `json:"site" jsonschema:"name of the installation"`
	Instance  string        `json:"instance" jsonschema:"which braid this is"`
	Time      time.Time     `json:"ts" jsonschema:"when this was measured, UTC"`
	Model     string        `json:"model" jsonschema:"name@hash of the model"`
	Plan      string        `json:"plan" jsonschema:"id of the plan"`
	Simulated []string      `json:"simulated,omitempty" jsonschema:"devices of the plan that are declared and not there, if any"`
	Cameras   []CameraStats `json:"cameras" jsonschema:"every camera, in the order of the configuration"`
	Nodes     []NodeStats   `json:"nodes" jsonschema:"every step of the graph, in the order of the data"`
	Spool     *Spool        `json:"spool,omitempty" jsonschema:"the messages that wait on disk for the server, where they do"`
}

// Spool is the messages that a braid keeps on disk until its server has them.
type Spool struct {
	Waiting uint64 `json:"waiting" jsonschema:"messages that the server has not confirmed"`
	Bytes   int64  `json:"bytes" jsonschema:"the size of the files that they are in"`
	Dropped uint64 `json:"dropped" jsonschema:"messages that were given up before the server had them, since the start of this instance: an earlier one may have left them there"`
}

// CameraStats is one camera's part of Stats.
type CameraStats struct {
	Camera string `json:"camera" jsonschema:"name of the camera as its user wrote it"`
	State  string `json:"state" jsonschema:"as in braid.v1.Camera"`
	Counts
	FPS float64 `json:"fps" jsonschema:"messages published in the last second"`
}

// NodeStats says what the workers of one step did in the last second. The three
// shares add up to at most 1; the node with the highest busy share is the
// bottleneck.
type NodeStats struct {
	Name    string  `json:"name" jsonschema:"name of the step, as in stages_us"`
	Workers int     `json:"workers" jsonschema:"how many goroutines do this step"`
	Busy    float64 `json:"busy" jsonschema:"share of the workers' time spent on frames, 0 to 1"`
	Starved float64 `json:"starved" jsonschema:"share of the workers' time spent waiting for a frame, 0 to 1"`
	Blocked float64 `json:"blocked" jsonschema:"share of the workers' time spent waiting for room behind, 0 to 1"`
	Queue   int     `json:"queue" jsonschema:"frames that wait before the step"`
}

// MarshalJSON writes the message with its schema name, times in UTC.
func (c Camera) MarshalJSON() ([]byte, error) {
	type plain Camera
	c.Schema, c.Since = SchemaCamera, c.Since.UTC()
	return json.Marshal(plain(c))
}

// MarshalJSON writes the message with its schema name, times in UTC, lists
// never null and shares and rates with at most four decimals.
func (s Stats) MarshalJSON() ([]byte, error) {
	type plain Stats
	s.Schema, s.Time = SchemaStats, s.Time.UTC()
	cameras := make([]CameraStats, len(s.Cameras))
	for i, c := range s.Cameras {
		c.FPS = round4(c.FPS)
		cameras[i] = c
	}
	nodes := make([]NodeStats, len(s.Nodes))
	for i, n := range s.Nodes {
		n.Busy, n.Starved, n.Blocked = round4(n.Busy), round4(n.Starved), round4(n.Blocked)
		nodes[i] = n
	}
	s.Cameras, s.Nodes = cameras, nodes
	return json.Marshal(plain(s))
}
