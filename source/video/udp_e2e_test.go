//go:build e2e && !nogst

package video

import (
	"errors"
	"strings"
	"testing"
	"time"

	"braid/source"
	"braid/source/video/rtsptest"
)

// TestFaultsOverUDP is TestFaults where packets come by themselves: the connection says
// nothing of those that are lost. The station holds seq and PTS of every frame.
func TestFaultsOverUDP(t *testing.T) {
	t.Parallel()
	clip := rtsptest.NewClip(t, 320, 240, 20)
	for _, tt := range []struct {
		name  string
		fault rtsptest.Options
		opts  source.Backoff
		until func(w *watched, cam *rtsptest.Server) bool
		check func(t *testing.T, w *watched, cam *rtsptest.Server)
	}{
		{name: "plays", fault: rtsptest.Options{UDP: true}, until: frames(50), check: stayed},
		{
			name: "loses packets", fault: rtsptest.Options{UDP: true, LoseEvery: 7}, until: frames(60),
			check: func(t *testing.T, w *watched, cam *rtsptest.Server) {
				stayed(t, w, cam)
				if w.frames > cam.Sent() {
					t.Errorf("%d frames came, %d were sent", w.frames, cam.Sent())
				}
			},
		},
		{
			name: "no packet arrives", fault: rtsptest.Options{UDP: true, LoseEvery: 1, Faults: 2}, opts: source.Backoff{Stall: 2 * time.Second},
			until: frames(20),
			check: func(t *testing.T, w *watched, _ *rtsptest.Server) {
				if st, _ := w.last(source.Stalled); w.been(source.Stalled) != 2 || !errors.Is(st.Err, source.ErrStalled) || w.been(source.Playing) != 1 {
					t.Errorf("states %s", w.log())
				}
			},
		},
		{
			name: "stops sending", fault: rtsptest.Options{UDP: true, SilentAfter: 20, Faults: 1}, opts: source.Backoff{Stall: time.Second},
			until: frames(40),
			check: func(t *testing.T, w *watched, _ *rtsptest.Server) {
				if w.been(source.Stalled) != 1 || w.been(source.Playing) != 2 {
					t.Errorf("states %s", w.log())
				}
			},
		},
		{
			name: "closes", fault: rtsptest.Options{UDP: true, CloseAfter: 10}, opts: source.Backoff{Stall: 2 * time.Second}, until: frames(25),
			check: func(t *testing.T, w *watched, _ *rtsptest.Server) {
				if w.been(source.Playing) < 3 || w.been(source.Waiting) < 2 {
					t.Errorf("states %s", w.log())
				}
			},
		},
		{
			name: "speaks no UDP", until: func(w *watched, _ *rtsptest.Server) bool { return w.been(source.Waiting) >= 2 },
			check: func(t *testing.T, w *watched, _ *rtsptest.Server) {
				if st, _ := w.last(source.Waiting); st.Err == nil || !strings.HasSuffix(st.Err.Error(), "write transport: tcp") || w.frames > 0 {
					t.Errorf("states %s", w.log())
				}
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.fault.Clip = clip
			cam := rtsptest.Start(t, tt.fault)
			s := newStation(t)
			w := s.add(Config{Name: "cam", URL: cam.URL, Transport: "udp"}, tt.opts)
			s.until("what it should", func() bool { return tt.until(w, cam) })
			s.mu.Lock()
			defer s.mu.Unlock()
			tt.check(t, w, cam)
			t.Logf("%d frames of %d sent, states%s", w.frames, cam.Sent(), w.log())
		})
	}
}

// TestComesBackOverUDP takes the camera down and up again, with other ports for RTP.
func TestComesBackOverUDP(t *testing.T) {
	t.Parallel()
	cam := rtsptest.Start(t, rtsptest.Options{Clip: rtsptest.NewClip(t, 320, 240, 20), UDP: true})
	s := newStation(t)
	w := s.add(Config{Name: "cam", URL: cam.URL, Transport: "udp"}, source.Backoff{Stall: 2 * time.Second})
	s.until("play", func() bool { return w.frames >= 10 })
	cam.GoDown()
	s.until("be refused a few times", func() bool { return w.been(source.Waiting) >= 3 })
	s.mu.Lock()
	before := w.frames
	s.mu.Unlock()
	cam.ComeBack(t)
	s.until("play again", func() bool { return w.frames >= before+20 })
}
