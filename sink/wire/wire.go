// Package wire is the braid.v1 message format: what subscribers may rely on.
// docs/messages.md describes it field by field. It imports the standard library
// only, so that a Go subscriber can use it alone.
package wire

import "time"

// The schema names of the messages.
const (
	SchemaFrame  = "braid.v1.Frame"
	SchemaCamera = "braid.v1.Camera"
	SchemaStats  = "braid.v1.Stats"
)

// Frame is what was found in one analysed frame.
type Frame struct {
	Schema string `json:"schema"`
	Site   string `json:"site,omitempty"`
	Camera string `json:"camera"`
	Run    string `json:"run"`
	Seq    uint64 `json:"seq"` // dense per camera and run, from 1
	File   string `json:"file,omitempty"`

	Capture time.Time `json:"capture_ts,omitzero"` // UTC
	Clock   string    `json:"clock"`               // rtcp, wall or pts
	PTS     int64     `json:"pts_ns"`
	Size    [2]int    `json:"size"` // width and height of the frame, pixels

	Model   string   `json:"model"`
	Plan    string   `json:"plan"`
	Skipped *Skipped `json:"skipped,omitempty"`
	Age     float64  `json:"age_ms,omitempty"` // from capture to this message
	Stages  []Stage  `json:"-"`                // written as the object stages_us, in order
	Error   string   `json:"error,omitempty"`
	Objects []Object `json:"objects"`
}

// Skipped counts the camera's frames that were dropped since its last message.
type Skipped struct {
	N   uint64 `json:"n"`
	Why string `json:"why"` // policy, rate, late or cancelled
}

// Stage is how long a frame spent in one step of the graph.
type Stage struct {
	Name string
	Time time.Duration
}

// Object is one detection.
type Object struct {
	Label string     `json:"label"`
	Class int        `json:"class"`
	Score float32    `json:"score"`
	Box   [4]float32 `json:"box"` // x, y (top left), width, height; fractions of the frame
}
