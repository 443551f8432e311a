//go:build nogst

package gst

import (
	"context"
	"time"

	"braid/internal/frame"
)

// Reader cannot be opened in this build.
type Reader struct{}

// Version is "": this build has no GStreamer.
func Version() string { return "" }

// AtLeast is false: this build has no GStreamer.
func AtLeast(int, int) bool { return false }

// HasElement is false: this build has no GStreamer.
func HasElement(string) bool { return false }

// Check returns ErrNoGStreamer.
func Check(Options) error { return ErrNoGStreamer }

// Open returns ErrNoGStreamer.
func Open(context.Context, Options) (*Reader, error) { return nil, ErrNoGStreamer }

// Next returns ErrNoGStreamer.
func (*Reader) Next(context.Context) (*Sample, error) { return nil, ErrNoGStreamer }

// Warnings is nil.
func (*Reader) Warnings() []*Error { return nil }

// Duration is unknown.
func (*Reader) Duration() (time.Duration, bool) { return 0, false }

// Live is false.
func (*Reader) Live() bool { return false }

// Input is 0.
func (*Reader) Input() int { return 0 }

// Decoder is unknown.
func (*Reader) Decoder() string { return "" }

// Close does nothing.
func (*Reader) Close() error { return nil }

// Freed is nil.
func (*Reader) Freed() <-chan struct{} { return nil }

// Writer cannot be opened in this build.
type Writer struct{}

// CheckWriter returns ErrNoGStreamer.
func CheckWriter(string) error { return ErrNoGStreamer }

// NewWriter returns ErrNoGStreamer.
func NewWriter(context.Context, WriterConfig) (*Writer, error) { return nil, ErrNoGStreamer }

// Write returns ErrNoGStreamer.
func (*Writer) Write(context.Context, [3]frame.Plane, time.Duration) error { return ErrNoGStreamer }

// Discard does nothing.
func (*Writer) Discard() error { return nil }

// Close does nothing.
func (*Writer) Close(context.Context) error { return nil }
