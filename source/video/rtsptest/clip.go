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

// Clip is a short stream at 25 frames/s: what a packetiser takes by frame, the NAL
// units of H.264 or one JPEG picture. The first frame can be decoded alone.
type Clip struct {
	Width, Height int
	jpeg          bool
	units         [][][]byte
}

// NewClip encodes frames of GStreamer's test picture as H.264; every tenth is a key
// frame.
func NewClip(t testing.TB, width, height, frames int) Clip {
	t.Helper()
	b := record(t, frames, width, height, "x264enc speed-preset=ultrafast tune=zerolatency key-int-max=10 aud=true ! "+
		"video/x-h264,stream-format=byte-stream,alignment=au")
	c := Clip{Width: width, Height: height, units: split(b)}
	c.check(t, frames)
	return c
}

// NewPictures encodes frames as JPEG. Width and height are multiples of 8.
func NewPictures(t testing.TB, width, height, frames int) Clip {
	t.Helper()
	c := Clip{Width: width, Height: height, jpeg: true}
	const begin = "\xff\xd8\xff"
	for p := range bytes.SplitSeq(record(t, frames, width, height, "jpegenc"), []byte(begin)) {
		if len(p) > 0 {
			c.units = append(c.units, [][]byte{append([]byte(begin), p...)})
		}
	}
	c.check(t, frames)
	return c
}

func (c Clip) check(t testing.TB, frames int) {
	t.Helper()
	if len(c.units) != frames {
		t.Fatalf("the clip has %d frames, want %d", len(c.units), frames)
	}
}

// record gives the bytes that an encoder makes of test pictures.
func record(t testing.TB, frames, width, height int, encoder string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "clip")
	Launch(t, "videotestsrc num-buffers=%d ! video/x-raw,format=I420,width=%d,height=%d,framerate=25/1 ! %s ! filesink location=%s",
		frames, width, height, encoder, file)
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
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
