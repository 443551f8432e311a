//go:build e2e && !nogst

package main

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"braid/internal/gst"
	"braid/sink/wire"
	"braid/source/video/rtsptest"
)

// TestCamerasTellWhatIsWrong runs a camera that works beside one that refuses the
// password, one that is not there and one whose decoder is missing: their states and
// errors are told, the password is not.
func TestCamerasTellWhatIsWrong(t *testing.T) {
	const password = "hunter2-geheim"
	clip := rtsptest.NewClip(t, 320, 240, 20)
	good := rtsptest.Start(t, rtsptest.Options{Clip: clip, User: "u", Password: password, Reports: true})
	locked := rtsptest.Start(t, rtsptest.Options{Clip: clip, User: "u", Password: "another"})
	gone := rtsptest.Start(t, rtsptest.Options{Clip: clip, Down: true})
	with := func(url string) string { return strings.Replace(url, "rtsp://", "rtsp://u:"+password+"@", 1) }
	s := serve(t, fmt.Sprintf(`
site: test
nats: {url: embedded, listen: "127.0.0.1:0"}
model: ball
cameras:
  - {name: good, url: %q, clock: rtcp, rotate: 90}
  - {name: locked, url: %q}
  - {name: gone, url: %q, username: u, password: %q}
  - {name: lacking, url: "gst:no-such-element"}
`, with(good.URL), with(locked.URL), gone.URL, password))
	cameras := awaitCameras(t, s, "gone backoff", "good playing", "lacking failed", "locked backoff")
	for i, want := range []string{"", "", "no-such-element is missing: install", "authentication failed"} {
		if m := cameras[i]; !strings.Contains(m.Error, want) || (m.Error == "") != (m.State == wire.StatePlaying) || m.URL == "" {
			t.Errorf("camera %s: %+v", m.Camera, m)
		}
	}
	rtcp := 0
	for _, f := range s.watch(t, "30", "--camera", "good") {
		if f.Size != [2]int{240, 320} {
			t.Fatalf("a picture that was turned has %v", f.Size)
		}
		if f.Clock == "rtcp" {
			rtcp++
		}
	}
	if rtcp == 0 && gst.AtLeast(1, 22) {
		t.Error("no frame has the camera's own time")
	}
	table := mustRun(t, "cameras", "ls", "--nats", s.url)
	balancedOf(t, s.stop(t, syscall.SIGTERM, 0), "good")
	if all := s.logs.String() + s.out.String() + table.out; strings.Contains(all, password) {
		t.Error("the password is told")
	}
}

// balancedOf holds the ledger of one camera of a finished run.
func balancedOf(t *testing.T, s summary, camera string) {
	t.Helper()
	kept := s.Cameras[:0]
	for _, c := range s.Cameras {
		if c.Camera == camera {
			kept = append(kept, c)
		}
	}
	s.Cameras = kept
	balanced(t, s)
}
