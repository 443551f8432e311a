// Package source brings frames to the graph's door. A Source delivers the
// frames of one camera into that camera's Gate, the only place where frames are
// dropped; a Mux takes them out of several Gates in turn.
package source

import (
	"context"
	"errors"
	"time"
)

// Source is one camera, file or folder.
type Source interface {
	// Run delivers frames into g until the stream ends (nil), ctx ends (its
	// cause) or the source fails. It may be called again after it returned; each
	// call starts anew, but a live source's stream times go on. It does not close
	// g.
	Run(ctx context.Context, g *Gate) error
	Info() Info
}

// Info describes a Source. It is valid before, during and after Run; what a
// source learns only from its stream is zero until then.
type Info struct {
	URL      string        // without credentials
	Live     bool          // paced by a camera or a clock: a failure is tried again
	Frames   int64         // how many there will be, 0 where unknown
	Duration time.Duration // 0 where unknown
	Decoder  string        // the element or library that decodes, "" until known
	// Abandoned counts what a Run had to leave behind because it did not stop in
	// time: memory, threads and descriptors that are in use until it does.
	Abandoned int
}

// ErrNotFound is wrapped where a file, folder or device does not exist.
var ErrNotFound = errors.New("not found")

// ErrMissingPlugin is wrapped where GStreamer lacks an element.
var ErrMissingPlugin = errors.New("missing GStreamer plugin")

// ErrAuth is wrapped where a camera refused the user name or password.
var ErrAuth = errors.New("authentication failed")

// ErrUnplayable is wrapped where there is something, but no recording: a
// folder, an empty file, a picture that is none.
var ErrUnplayable = errors.New("cannot be played")

// ErrTruncated is wrapped where a recording ends in the middle.
var ErrTruncated = errors.New("truncated")
