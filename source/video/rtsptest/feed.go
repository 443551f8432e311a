//go:build e2e && !nogst

package rtsptest

import (
	"time"

	"github.com/bluenviron/gortsplib/v5"
)

// settle is how long a session is left alone before its first frame: the server
// drops what it is given while it still answers PLAY.
const settle = 100 * time.Millisecond

// feed is one session.
type feed struct {
	*Server
	session    *gortsplib.ServerSession
	track      *track
	opts       Options // as they were when it began
	done, stop chan struct{}
}

// run sends frames in real time.
func (f *feed) run() {
	select {
	case <-time.After(settle):
	case <-f.done:
		return
	case <-f.stop:
		return
	}
	tick := time.NewTicker(time.Second / fps)
	defer tick.Stop()
	start := time.Now().Add(f.opts.ClockOffset)
	f.mu.Lock()
	f.first = start
	f.mu.Unlock()
	for n := 0; ; n++ {
		select {
		case <-f.done:
			return
		case <-f.stop:
			return
		case <-tick.C:
		}
		switch o := f.opts; {
		case after(o.CloseAfter, n) || after(o.ThenAfter, n) && o.Then.jpeg != f.track.clip.jpeg:
			f.close(after(o.ThenAfter, n))
			return
		case after(o.SilentAfter, n):
			continue
		}
		if f.send(n, start) != nil {
			return
		}
	}
}

func after(limit, n int) bool { return limit > 0 && n >= limit }

// close ends the session; with another codec, the next one has that.
func (f *feed) close(other bool) {
	f.session.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	if other && f.server != nil {
		f.changed, f.opts.ThenAfter, f.Server.opts.ThenAfter = true, 0, 0
		_ = f.change(f.clip()) // the test misses the pictures then
	}
}

// send sends frame n of a session that began at start.
func (f *feed) send(n int, start time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.opts.JumpAfter > 0 && n == f.opts.JumpAfter {
		f.ahead += uint32(f.opts.Jump.Milliseconds() * rtpClock / 1000)
	}
	stamp := f.stamp(f.sent)
	if f.opts.Reports && n%fps == 0 {
		f.track.report(start.Add(time.Duration(n)*time.Second/fps), stamp, f.sent)
	}
	clip := f.track.clip
	if after(f.opts.ThenAfter, n) {
		clip = f.opts.Then
	}
	f.sent++
	return f.track.send(clip, n, stamp, f.lost)
}

// stamp is the RTP time stamp of frame n, from an arbitrary begin.
func (f *feed) stamp(n int) uint32 { return 1234567 + f.ahead + uint32(n)*rtpClock/fps }

// lost says whether the net loses the next packet.
func (f *feed) lost() bool {
	f.packets++
	return f.opts.LoseEvery > 0 && f.packets%f.opts.LoseEvery == 0
}
