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

// Frame is what was found in one analysed frame. AppendJSON writes it; Schema
// is set by ParseFrame and not looked at when writing.
type Frame struct {
	Schema string `json:"schema" jsonschema:"always braid.v1.Frame"`
	Site   string `json:"site,omitempty" jsonschema:"name of the installation"`
	Camera string `json:"camera" jsonschema:"name of the camera as its user wrote it; in a batch the slug of the input's name"`
	Run    string `json:"run" jsonschema:"what seq counts in: one run of one camera, or in a batch a hash of input, model and card"`
	Seq    uint64 `json:"seq" jsonschema:"number of the message, dense per camera and run, from 1"`
	File   string `json:"file,omitempty" jsonschema:"batch: the input, or the image of a folder"`

	Capture time.Time `json:"capture_ts,omitzero" jsonschema:"when the frame was captured, UTC, RFC 3339 with microseconds"`
	Clock   string    `json:"clock" jsonschema:"where capture_ts is from: rtcp is the camera's clock, wall is this host's at arrival, pts means that there is none"`
	PTS     int64     `json:"pts_ns" jsonschema:"stream time, nanoseconds"`
	Size    [2]int    `json:"size" jsonschema:"width and height of the frame as the camera sent it, pixels"`

	Model   string   `json:"model" jsonschema:"name@hash of the model"`
	Plan    string   `json:"plan" jsonschema:"id of the plan that ran it"`
	Skipped *Skipped `json:"skipped,omitempty" jsonschema:"the camera's frames that were dropped since its last message"`
	Age     float64  `json:"age_ms,omitempty" jsonschema:"from capture to this message, milliseconds"`
	Stages  []Stage  `json:"-"` // written as the object stages_us, in order
	Error   string   `json:"error,omitempty" jsonschema:"why the frame failed; there are no objects then"`
	Objects []Object `json:"objects" jsonschema:"what was found; left out only beside error"`
}

// Skipped counts the camera's frames that were dropped since its last message.
type Skipped struct {
	N   uint64 `json:"n" jsonschema:"how many"`
	Why string `json:"why" jsonschema:"why the last of them was: policy, rate, late or cancelled"`
}

// Stage is how long a frame spent in one step of the graph.
type Stage struct {
	Name string
	Time time.Duration
}

// Object is one detection.
type Object struct {
	Label string     `json:"label" jsonschema:"the class by name"`
	Class int        `json:"class" jsonschema:"the class by the model's number"`
	Score float32    `json:"score" jsonschema:"confidence, 0 to 1"`
	Box   [4]float32 `json:"box" jsonschema:"x and y of the top left corner, width and height, as fractions of the frame"`
}
