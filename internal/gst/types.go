// Package gst runs GStreamer pipelines for the rest of the program. It is the
// only package that imports go-gst, and it hands out plain Go values: no
// wrapper object and no finalizer of go-gst leaves it.
//
// Built with the tag nogst it has the same exported names, and everything that
// would need GStreamer returns ErrNoGStreamer.
package gst

import (
	"errors"
	"fmt"
	"time"

	"braid/internal/frame"
)

// ErrNoGStreamer is returned by every function of a build without GStreamer.
var ErrNoGStreamer = errors.New("this build has no GStreamer (braid-nogst): use bin/braid")

// ErrStuck is returned where a pipeline did not change its state in time. What
// it holds is not freed then: the driver that hangs may still use it.
var ErrStuck = errors.New("GStreamer did not change state in time")

// ErrStalled is returned by Next where no first frame came for Options.Start.
var ErrStalled = errors.New("the pipeline sent no frame")

// Sample is one decoded picture. Its planes lie in GStreamer's memory and are
// gone at the next call of Next or Close; their rows may be padded, but not the
// last one.
type Sample struct {
	Format        frame.PixelFormat
	Color         frame.Colorimetry
	Width, Height int
	Planes        [3]frame.Plane
	FPS           float64       // of the caps, 0 where unknown or variable
	PTS           time.Duration // stream time, negative where the buffer has none
	Duration      time.Duration // negative where the buffer has none
	Age           time.Duration // pipeline clock now minus the buffer's own time; only if Timed
	Timed         bool          // Age is known
	Captured      time.Time     // by the sender's NTP clock; zero where unknown
}

// Property is set on an element after the launch string was parsed, so that
// paths and passwords need no quoting and never appear in a parse error.
type Property struct {
	Element, Name string
	Value         any // of exactly the property's type
}

// Options say what a Reader runs.
type Options struct {
	// Launch is a pipeline without its sink. A converter to one of the Formats
	// and the sink are added behind its last element.
	Launch     string
	Properties []Property
	// Sync delivers each frame when the pipeline's clock reaches its time stamp
	// instead of as soon as it is decoded.
	Sync bool
	// Start is how long Next waits for the first frame; 0: for ever. Files need a
	// limit: decodebin can swallow the error of a demuxer that fails at once.
	Start time.Duration
	// Stop is how long Close waits for the pipeline to stop; 0: 5 s.
	Stop time.Duration
	// Threads limits the threads of the decoder, where it has such a property;
	// 0 leaves its default.
	Threads int
	// Rotate turns pictures clockwise by 0, 90, 180 or 270 degrees.
	Rotate int
	// Lockstep decodes only while Next waits: the decoder gets nothing more to do
	// once a frame has reached the sink.
	Lockstep bool
}

// Kind sorts the errors of a pipeline by what the user can do about them.
type Kind uint8

// The kinds of a pipeline's Error.
const (
	Other         Kind = iota
	NotFound           // file, device or address does not exist
	Auth               // user name or password refused
	MissingPlugin      // an element or decoder is not installed
	NoVideo            // there is no video stream
	Damaged            // demuxing or decoding failed
	DiskFull           // the disk has no room for the file that is written
)

// Error is an error that a pipeline posted on its bus.
type Error struct {
	Kind    Kind
	Element string // the element that failed, by its name in the pipeline
	Text    string // for people; may hold what the launch string held
	Debug   string // for the log
	Package string // MissingPlugin: the Debian package to install
}

func (e *Error) Error() string {
	if e.Kind == MissingPlugin {
		return fmt.Sprintf("%s is missing: install the Debian package %s", e.Text, e.Package)
	}
	if e.Kind == DiskFull {
		return "the disk is full"
	}
	return fmt.Sprintf("%s: %s", e.Element, e.Text)
}
