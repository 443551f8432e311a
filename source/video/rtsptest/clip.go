//go:build e2e && !nogst

// Package rtsptest is a camera for tests: an RTSP server inside the test's
// process that plays a short H.264 clip and misbehaves when it is told to. It
// listens on 127.0.0.1, on a port that the system chooses.
package rtsptest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Launch runs a gst-launch-1.0 pipeline to its end, to make media for tests.
func Launch(t testing.TB, format string, args ...any) {
	t.Helper()
	tool, err := exec.LookPath("gst-launch-1.0")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("gst-launch-1.0 is missing: install gstreamer1.0-tools")
		}
		t.Skip("gst-launch-1.0 is missing: install gstreamer1.0-tools")
	}
	pipeline := fmt.Sprintf(format, args...)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "sh", "-c", "exec "+tool+" -q -e "+pipeline).CombinedOutput()
	if err != nil {
		t.Fatalf("gst-launch-1.0 %s: %v\n%s", pipeline, err, out)
	}
}

// Clip is a short H.264 stream: NAL units by access unit, the first of which
// can be decoded alone.
type Clip struct {
	Width, Height int
	units         [][][]byte
}

// NewClip encodes frames of GStreamer's test picture; every tenth is a key
// frame.
func NewClip(t testing.TB, width, height, frames int) Clip {
	t.Helper()
	file := filepath.Join(t.TempDir(), "clip.h264")
	Launch(t, "videotestsrc num-buffers=%d ! video/x-raw,format=I420,width=%d,height=%d,framerate=25/1 ! "+
		"x264enc speed-preset=ultrafast tune=zerolatency key-int-max=10 aud=true ! "+
		"video/x-h264,stream-format=byte-stream,alignment=au ! filesink location=%s", frames, width, height, file)
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c := Clip{Width: width, Height: height, units: split(b)}
	if len(c.units) != frames {
		t.Fatalf("the clip has %d access units, want %d", len(c.units), frames)
	}
	return c
}

const accessUnitDelimiter = 9

// split cuts an Annex B byte stream at its start codes and delimiters.
func split(b []byte) [][][]byte {
	var units [][][]byte
	for nal := range bytes.SplitSeq(b, []byte{0, 0, 1}) {
		nal = bytes.TrimRight(nal, "\x00")
		if len(nal) == 0 {
			continue
		}
		if nal[0]&31 == accessUnitDelimiter {
			units = append(units, nil)
		}
		if n := len(units); n > 0 {
			units[n-1] = append(units[n-1], nal)
		}
	}
	return units
}
