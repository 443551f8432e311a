//go:build e2e && !nogst

package video

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"braid/source"
	"braid/source/video/rtsptest"
)

// TestFaults has one camera do one thing wrong, and says what becomes of it.
func TestFaults(t *testing.T) {
	t.Parallel()
	clip, other, pictures := rtsptest.NewClip(t, 320, 240, 20), rtsptest.NewClip(t, 642, 362, 20), rtsptest.NewPictures(t, 160, 120, 20)
	for _, tt := range []struct {
		name  string
		fault rtsptest.Options
		opts  source.Backoff
		// what it comes to, and what must hold then
		until func(w *watched, cam *rtsptest.Server) bool
		check func(t *testing.T, w *watched, cam *rtsptest.Server)
	}{
		{
			name: "hangs in the handshake", fault: rtsptest.Options{Hang: true, Faults: 2}, opts: source.Backoff{Stall: 2 * time.Second},
			until: frames(20),
			check: func(t *testing.T, w *watched, _ *rtsptest.Server) {
				if st, _ := w.last(source.Stalled); w.been(source.Stalled) != 2 || !errors.Is(st.Err, source.ErrStalled) || w.been(source.Playing) != 1 {
					t.Errorf("states %s", w.log())
				}
			},
		},
		{
			name: "refuses the password", fault: rtsptest.Options{User: "admin", Password: "right"}, opts: source.Backoff{Refused: 400 * time.Millisecond},
			until: func(w *watched, _ *rtsptest.Server) bool { return w.been(source.Waiting) >= 3 },
			check: func(t *testing.T, w *watched, cam *rtsptest.Server) {
				st, _ := w.last(source.Waiting)
				if !errors.Is(st.Err, source.ErrAuth) || st.Pause < 800*time.Millisecond || strings.Contains(st.Err.Error(), password) || strings.Contains(st.Err.Error(), "\n") {
					t.Errorf("%v, next try in %v", st.Err, st.Pause)
				}
				if n := cam.Tries(); n > 2*(w.been(source.Waiting)+1) { // each try asks without and with the password
					t.Errorf("the camera was asked %d times", n)
				}
			},
		},
		{
			name: "is not there", fault: rtsptest.Options{NotFound: true, Faults: 3}, until: frames(20),
			check: func(t *testing.T, w *watched, _ *rtsptest.Server) {
				if st, _ := w.last(source.Waiting); !errors.Is(st.Err, source.ErrNotFound) || w.been(source.Playing) != 1 {
					t.Errorf("states %s", w.log())
				}
			},
		},
		{
			name: "stops sending", fault: rtsptest.Options{SilentAfter: 20, Faults: 1}, opts: source.Backoff{Stall: time.Second},
			until: frames(40),
			check: func(t *testing.T, w *watched, _ *rtsptest.Server) {
				if w.been(source.Stalled) != 1 || w.been(source.Playing) != 2 {
					t.Errorf("states %s", w.log())
				}
			},
		},
		{
			name: "closes", fault: rtsptest.Options{CloseAfter: 10}, until: frames(50),
			check: func(t *testing.T, w *watched, cam *rtsptest.Server) {
				if st, _ := w.last(source.Waiting); !errors.Is(st.Err, ErrEnded) || w.been(source.Playing) < 4 {
					t.Errorf("states %s", w.log())
				}
			},
		},
		{
			name: "loses packets", fault: rtsptest.Options{LoseEvery: 13}, until: frames(60),
			check: stayed,
		},
		{
			name: "jumps an hour ahead", fault: rtsptest.Options{Jump: time.Hour, JumpAfter: 20}, until: frames(60),
			check: stayed,
		},
		{
			name: "jumps ten minutes back", fault: rtsptest.Options{Jump: -10 * time.Minute, JumpAfter: 20}, until: frames(60),
			check: stayed,
		},
		{
			name: "changes its resolution", fault: rtsptest.Options{Then: other, ThenAfter: 20}, until: frames(45),
			check: func(t *testing.T, w *watched, cam *rtsptest.Server) {
				stayed(t, w, cam)
				if w.sizes["320x240"] != 20 || w.sizes["642x362"] < 25 {
					t.Errorf("sizes %v", w.sizes)
				}
			},
		},
		{
			name: "changes its codec", fault: rtsptest.Options{Then: pictures, ThenAfter: 20}, until: frames(45),
			check: func(t *testing.T, w *watched, _ *rtsptest.Server) {
				if w.sizes["160x120"] < 20 || w.been(source.Playing) != 2 {
					t.Errorf("sizes %v, states %s", w.sizes, w.log())
				}
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.fault.Clip = clip
			cam := rtsptest.Start(t, tt.fault)
			s := newStation(t)
			w := s.add(Config{Name: "cam", URL: strings.Replace(cam.URL, "rtsp://", "rtsp://admin:"+password+"@", 1)}, tt.opts)
			s.until("what it should", func() bool { return tt.until(w, cam) })
			s.mu.Lock()
			defer s.mu.Unlock()
			tt.check(t, w, cam)
		})
	}
}

func frames(n int) func(*watched, *rtsptest.Server) bool {
	return func(w *watched, _ *rtsptest.Server) bool { return w.frames >= n }
}

// stayed wants a camera that never stopped playing.
func stayed(t *testing.T, w *watched, _ *rtsptest.Server) {
	t.Helper()
	if w.been(source.Playing) != 1 || w.been(source.Waiting)+w.been(source.Stalled) > 0 {
		t.Errorf("states %s", w.log())
	}
}

// A camera that goes down and comes back, on its old address, is found again, and
// so is one that was not there at the start.
func TestComesBackLater(t *testing.T) {
	t.Parallel()
	clip := rtsptest.NewClip(t, 320, 240, 20)
	for _, absent := range []bool{false, true} {
		t.Run(fmt.Sprint("absent at the start ", absent), func(t *testing.T) {
			t.Parallel()
			cam := rtsptest.Start(t, rtsptest.Options{Clip: clip, Down: absent})
			s := newStation(t)
			w := s.add(Config{Name: "cam", URL: cam.URL}, source.Backoff{})
			if !absent {
				s.until("play", func() bool { return w.frames >= 10 })
				cam.GoDown()
			}
			s.until("be refused a few times", func() bool { return w.been(source.Waiting) >= 4 })
			s.mu.Lock()
			before := w.frames
			st, _ := w.last(source.Waiting)
			s.mu.Unlock()
			if st.Err == nil || st.Attempt < 3 {
				t.Errorf("while it is away: %+v", st)
			}
			cam.ComeBack(t)
			s.until("play again", func() bool { return w.frames >= before+20 })
		})
	}
}

// TestFaultsStayWithTheirCamera has five of twenty cameras misbehave. The others
// send a number of frames and fall silent: every one of them arrives.
func TestFaultsStayWithTheirCamera(t *testing.T) {
	const good, each = 15, 200
	clip := rtsptest.NewClip(t, 320, 240, 20)
	s := newStation(t)
	faults := []rtsptest.Options{
		{Clip: clip, CloseAfter: 5},
		{Clip: clip, Hang: true},
		{Clip: clip, SilentAfter: 5},
		{Clip: clip, User: "u", Password: "p"},
		{Clip: clip, Down: true},
	}
	opts := source.Backoff{Stall: 500 * time.Millisecond, First: 20 * time.Millisecond, Max: 200 * time.Millisecond, Refused: 100 * time.Millisecond}
	var bad []*watched
	for i, o := range faults {
		bad = append(bad, s.add(Config{Name: fmt.Sprint("bad", i), URL: rtsptest.Start(t, o).URL}, opts))
	}
	var cams []*rtsptest.Server
	var watchedOnes []*watched
	for i := range good {
		cam := rtsptest.Start(t, rtsptest.Options{Clip: clip, SilentAfter: each})
		cams = append(cams, cam)
		watchedOnes = append(watchedOnes, s.add(Config{Name: fmt.Sprint("good", i), URL: cam.URL}, source.Backoff{Stall: time.Minute}))
	}
	s.until("all frames of the good cameras", func() bool {
		for _, w := range watchedOnes {
			if w.frames < each {
				return false
			}
		}
		return true
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, w := range watchedOnes {
		c := w.ledger.Counts()
		if sent := cams[i].Sent(); sent != each || c.In != each || w.frames != each || w.skipped != 0 || len(c.Dropped) > 0 {
			t.Errorf("good camera %d: sent %d, %d arrived, skipped %d, ledger %+v", i, sent, w.frames, w.skipped, c)
		}
		stayed(t, w, cams[i])
	}
	for i, w := range bad {
		if w.been(source.Waiting) < 3 {
			t.Errorf("bad camera %d: states %s", i, w.log())
		}
	}
}
